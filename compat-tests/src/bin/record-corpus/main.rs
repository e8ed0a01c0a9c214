//! `make corpus`: plays scenes on clusters of real ctdbd and records what is said, for `captures/data/`.
//!
//! A scene is one function: it steers a cluster of its own and says what its recording has to show. Afterwards the
//! recording is read, checked and compared with that, so that none is there which shows nothing. How each recording was
//! made stands in `captures/data/README.md`; nothing here is needed by the product.

mod client;
mod scenes;
mod stage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;

use crate::scenes::{SCENES, Scene};
use crate::stage::{Stage, Taken};

const USAGE: &str = "\
record-corpus [SCENE...]

Plays the scenes and records them in captures/data/NAME-VERSION.pcap (between the nodes) and .pcapng (on the sockets of
ctdbd). A scene that is named is recorded again; without names those are recorded that have no recording yet.

  OUT=DIR   another directory

Scenes:";

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if names.iter().any(|name| name.starts_with('-')) {
        println!("{USAGE}");
        for scene in SCENES {
            println!("  {:16} {}", scene.name, scene.what);
        }
        return ExitCode::from(2);
    }
    match run(&names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("record-corpus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(names: &[String]) -> anyhow::Result<bool> {
    let unknown: Vec<&String> = names.iter().filter(|name| scene(name).is_none()).collect();
    anyhow::ensure!(unknown.is_empty(), "no such scene: {unknown:?}; --help lists them");
    let out = std::env::var_os("OUT").map_or_else(data, PathBuf::from);
    std::fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let version = stage::version()?;
    let wanted = |scene: &&Scene| match names {
        [] => {
            !["pcap", "pcapng"].iter().any(|ext| out.join(format!("{}-{version}.{ext}", scene.name)).exists())
        }
        names => names.iter().any(|name| name == scene.name),
    };
    let mut good = true;
    for scene in SCENES.iter().filter(wanted) {
        let begun = Instant::now();
        match play(scene).and_then(|taken| taken.keep(&out, scene, &version)) {
            Ok(true) => {}
            Ok(false) => good = false,
            Err(error) => {
                good = false;
                println!("{}: FAILED: {error:#}", scene.name);
            }
        }
        println!("{}: {:.0} s", scene.name, begun.elapsed().as_secs_f64());
    }
    Ok(good)
}

fn scene(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.name == name)
}

fn play(scene: &Scene) -> anyhow::Result<Taken> {
    let stage = Stage::open(scene)?;
    match (scene.play)(&stage) {
        Ok(()) => stage.close(),
        Err(error) => {
            stage.cluster.mark_failed();
            Err(error)
        }
    }
}

/// The folder of the corpus in the sources.
fn data() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).join("captures/data")
}
