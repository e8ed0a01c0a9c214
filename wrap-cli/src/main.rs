//! The program `ctdbctl`; all of it is in the library of this crate.
fn main() -> std::process::ExitCode {
    ctdbctl::main()
}
