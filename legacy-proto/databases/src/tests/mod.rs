//! The parts that need no daemon: who may use a record, who holds a lock, what is in a backup, whose file a path is.

mod backups;
mod changes;
mod locks;
mod owner;
mod rules;
