//! Programs that are run on the event daemon's events, in both roles.

use super::*;

/// Its program writes what it is called with into a file, line by line.
fn callback(dir: &Path) {
    let program = dir.join("callbacks/note");
    fs::create_dir_all(dir.join("callbacks")).unwrap();
    fs::write(&program, format!("#!/bin/sh\necho \"$*\" >> {}\n", dir.join("noted").display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(dir.join("conf.d")).unwrap();
    let section = "[callback note]\nevents = event.run.finished, event.script.finished\nprogram = note\n";
    fs::write(dir.join("conf.d/50-note.conf"), section).unwrap();
}

async fn wait_noted(place: &Place, wanted: &[&str]) {
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    loop {
        let noted = fs::read_to_string(place.dir.path().join("noted")).unwrap_or_default();
        if noted.lines().eq(wanted.iter().copied()) {
            return;
        }
        assert!(Instant::now() < deadline, "{noted}\n{}", place.log());
        turn.tick().await;
    }
}

#[tokio::test]
async fn programs_are_run_on_its_events_in_both_roles_and_are_seen_at_the_door() {
    for role in [ALONE, &[]] {
        let place = Place::new(role, |dir| {
            script(dir, "ip/10.a", "");
            script(dir, "ip/20.b", "[ \"$1\" != trouble ]");
            callback(dir);
        });
        let bus = place.client("me");
        wait_up(&bus).await;
        for event in ["takeip", "trouble"] {
            ask::<service::Run>(&bus, run("ip", event, &["eth0", "10.0.0.1", "24"], SOON)).await.unwrap();
        }
        let wanted = [
            "event.script.finished ip takeip 10.a ok",
            "event.script.finished ip takeip 20.b ok",
            "event.run.finished ip takeip ok",
            "event.script.finished ip trouble 10.a ok",
            "event.script.finished ip trouble 20.b failed",
            "event.run.finished ip trouble failed",
        ];
        wait_noted(&place, &wanted).await;
        let about = ask::<service::About>(&bus, ()).await.unwrap();
        assert_eq!((about.ctdbd, u32::try_from(about.pid)), (role.is_empty(), Ok(place.daemon.id())));
        let listed = post(&place, "/v1/event/callbacks", "").await;
        assert!(listed.contains(r#""name":"note""#) && listed.contains(r#""problem":null"#), "{listed}");
        let status = post(&place, "/v1/event/callback-status", r#"{"name": "note"}"#).await;
        assert!(status.contains(r#""taken":6"#), "{status}");
        let history = post(&place, "/v1/nodes/local/event/callback-history", r#"{"name": null}"#).await;
        assert!(history.contains(r#""topic":"event.run.finished""#), "{history}");
        let unknown = post(&place, "/v1/event/callback-status", r#"{"name": "other"}"#).await;
        assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
    }
}

#[tokio::test]
async fn sighup_registers_new_callbacks_in_both_roles_and_changes_nothing_when_there_is_a_mistake() {
    for role in [ALONE, &[]] {
        let place = Place::new(role, |dir| script(dir, "ip/10.a", ""));
        let bus = place.client("me");
        wait_up(&bus).await;
        callback(place.dir.path());
        place.signal(Signal::SIGHUP);
        let (deadline, mut turn) = (Instant::now() + SOON, tokio::time::interval(Duration::from_millis(20)));
        while !post(&place, "/v1/event/callbacks", "").await.contains(r#""name":"note""#) {
            assert!(Instant::now() < deadline, "{role:?}: {}", place.log());
            turn.tick().await;
        }
        ask::<service::Run>(&bus, run("ip", "first", &[], SOON)).await.unwrap();
        let first = ["event.script.finished ip first 10.a ok", "event.run.finished ip first ok"];
        wait_noted(&place, &first).await;

        fs::write(place.dir.path().join("conf.d/90-wrong.conf"), "[callback note]\nretries = many\n")
            .unwrap();
        place.signal(Signal::SIGHUP);
        while !place.log().contains("'retries' cannot be 'many'") {
            assert!(Instant::now() < deadline, "{role:?}: {}", place.log());
            turn.tick().await;
        }
        ask::<service::Run>(&bus, run("ip", "second", &[], SOON)).await.unwrap();
        let second = ["event.script.finished ip second 10.a ok", "event.run.finished ip second ok"];
        wait_noted(&place, &[first, second].concat()).await;
    }
}

#[tokio::test]
async fn evt_13_without_a_bus_its_events_still_reach_the_callbacks() {
    let place = Place::new(&[], |dir| {
        script(dir, "legacy/10.a", "");
        fs::write(dir.join("run/bus"), "in the way").unwrap();
        callback(dir);
    });
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    while !place.log().contains("not on the bus, trying on:") {
        assert!(Instant::now() < deadline, "{}", place.log());
        turn.tick().await;
    }
    let socket = place.dir.path().join("run/eventd.socket");
    let text = |text: &str| {
        [&u32::try_from(text.len() + 1).unwrap().to_le_bytes()[..], text.as_bytes(), b"\0"].concat()
    };
    let words = [text("legacy"), text("takeip"), 0u32.to_le_bytes().to_vec()].concat();
    // RUN, within 30 s.
    let body = [&1u32.to_le_bytes()[..], &words, &30u32.to_le_bytes(), &0u32.to_le_bytes()].concat();
    let length = u32::try_from(12 + body.len()).unwrap();
    let request = [&length.to_le_bytes()[..], &0u32.to_le_bytes(), &7u32.to_le_bytes(), &body].concat();
    let mut stream = UnixStream::connect(socket).unwrap();
    std::io::Write::write_all(&mut stream, &request).unwrap();
    let wanted = ["event.script.finished legacy takeip 10.a ok", "event.run.finished legacy takeip ok"];
    wait_noted(&place, &wanted).await;
}
