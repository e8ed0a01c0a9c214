//! The examples of docs/health.md, taken from its text and run: a callback of a reader's own, and a program that hears of
//! addresses.

use std::fs;

use compat_tests::Cluster;

use super::{STEP, configure, gated, program, told, wait_well};

const DOCUMENT: &str = include_str!("../../../docs/health.md");

/// The blocks of a language, in their order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    DOCUMENT.split(&*fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn what_the_documentation_shows_hears_of_failures_and_of_addresses() {
    let addresses = "10.99.0.1/24 lo\n10.99.0.2/24 lo\n10.99.0.3/24 lo\n";
    let cluster = gated(Cluster::builder().nodes(1).our_eventd().file("public_addresses", addresses));
    let node = cluster.node(0);
    let at = |name: &str| node.base().join(name);
    let here = |text: &str| {
        let text = text.replace("/var/log/ctdb-failures", at("failures").to_str().unwrap());
        text.replace("/run/web-listen.conf", at("listen.conf").to_str().unwrap())
    };
    program(node, "callbacks/tell-failures", &here(blocks("sh")[0]));
    program(node, "callbacks/listen-on", &here(blocks("python")[0]));
    let sections = blocks("ini");
    assert_eq!(sections.len(), 2);
    let quick = "\tparameters = state={base}/web.state\n\tcheck interval = 500ms\n";
    configure(node, &(sections.concat() + quick));
    let _serviced = cluster.start_serviced(0).unwrap();
    wait_well(&cluster);

    let listen: String = (1..=3).map(|n| format!("listen 10.99.0.{n}:80;\n")).collect();
    let last = cluster.wait(STEP, "the service is told its addresses", || {
        let told = told(node, "service status web");
        let written = fs::read_to_string(at("listen.conf")).unwrap_or_default();
        let last = told["services"][0]["last"].clone();
        if written == listen && last["operation"] == "reconfigure" { Ok(last) } else { Err(told.to_string()) }
    });
    let last = last.unwrap();
    assert_eq!(last["result"], "ok", "{last}");
    assert!(last["output"].as_str().is_some_and(|output| output.ends_with(" gone\n")), "{last}");

    fs::remove_file(at("web.state")).unwrap();
    cluster
        .wait(STEP, "the failure is told", || {
            let told = fs::read_to_string(at("failures")).unwrap_or_default();
            if told.starts_with("web has failed: check failed") { Ok(()) } else { Err(told) }
        })
        .unwrap();
}
