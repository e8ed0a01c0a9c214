//! The table of scenes.

mod addresses;
mod databases;
mod events;
mod nodes;
mod samba;
mod tool;
mod tunnels;

use compat_tests::Builder;

use crate::stage::Stage;

/// Something that a cluster does, to be recorded.
pub(crate) struct Scene {
    /// Name of the scene and of its recordings.
    pub(crate) name: &'static str,
    /// What happens, for people.
    pub(crate) what: &'static str,
    /// What has to be in the recordings: C names of operations, controls and messages.
    pub(crate) shows: &'static [&'static str],
    /// What is special about its cluster.
    pub(crate) cluster: fn(Builder) -> Builder,
    /// Plays it on a cluster that is healthy unless [`Scene::cluster`] says otherwise.
    pub(crate) play: fn(&Stage) -> anyhow::Result<()>,
}

/// All scenes.
pub(crate) const SCENES: &[Scene] = &[
    nodes::STARTUP,
    databases::ATTACH,
    databases::MIGRATION,
    databases::READONLY,
    databases::TRAVERSE,
    databases::VACUUM,
    databases::RECOVERY,
    samba::TRANSACTIONS,
    samba::SMBD_SOCKET,
    addresses::ADDRESSES,
    nodes::NODE_LOSS,
    nodes::BAN,
    nodes::RELOADNODES,
    tool::QUESTIONS,
    tool::CHANGES,
    tunnels::TUNNELS,
    events::EVENTS,
];
