//! The switch between the network namespaces of a cluster; see `compat_tests::switch`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match compat_tests::switch::main(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("switch: {error}");
            ExitCode::FAILURE
        }
    }
}
