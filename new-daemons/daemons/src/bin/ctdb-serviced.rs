//! The program `ctdb-serviced`; all of it is in [`daemons::serviced`].
fn main() -> std::process::ExitCode {
    daemons::serviced::main()
}
