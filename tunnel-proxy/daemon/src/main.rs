//! The program `ctdb-tunneld`; all of it is in the library of this crate.
fn main() -> std::process::ExitCode {
    tunneld::main()
}
