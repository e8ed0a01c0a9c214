//! The program `ctdb-eventd`; all of it is in [`daemons::eventd`].
fn main() -> std::process::ExitCode {
    daemons::eventd::main()
}
