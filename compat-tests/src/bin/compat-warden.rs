//! The program that outlives a test for a moment and clears up behind it; see `compat_tests::warden`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match compat_tests::warden::main(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error {error}");
            ExitCode::FAILURE
        }
    }
}
