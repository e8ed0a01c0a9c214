//! `compat-client`: workloads on one node, samples, dumps and audits, each as a process that can be killed.

use std::process::ExitCode;

use clap::Parser;
use compat_client::options::{Options, What};
use compat_client::work::{self, Ending};
use compat_client::{audit, dump, sample};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Options::parse().what {
        What::Work(options) => work::run(&options).await,
        What::Sample(options) => sample::run(&options).await.map(|()| Ending::Asked),
        What::Dump(options) => dump::run(&options).await.map(|()| Ending::Asked),
        What::Audit(options) => audit::run(&options).await.map(|()| Ending::Asked),
    };
    match done {
        Ok(ending) => ExitCode::from(ending.status()),
        Err(error) => {
            eprintln!("compat-client: {error:#}");
            ExitCode::FAILURE
        }
    }
}
