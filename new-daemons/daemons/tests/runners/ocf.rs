//! Debian's resource agents as services.

use std::collections::BTreeMap;

use service::{Change, How, Work};

use super::*;

fn agent(name: &str, parameters: &[(&str, &str)]) -> Spec {
    let parameters: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Spec::new("thing", Kind::Ocf { agent: name.to_owned(), parameters })
}

#[tokio::test]
async fn debians_dummy_is_started_checked_told_and_stopped() {
    let mut site = Site::new();
    let state = site.path("state");
    let dummy = agent("ocf:heartbeat:Dummy", &[("state", state.to_str().unwrap())]);
    assert_eq!(site.how(&dummy, Work::Check).await, How::NotRunning);
    assert_eq!(site.how(&dummy, Work::Start).await, How::Ok);
    assert!(state.exists());
    assert_eq!(site.how(&dummy, Work::Check).await, How::Ok);
    assert_eq!(site.how(&dummy, Work::Reconfigure(Change::default().into())).await, How::Ok);
    assert_eq!(site.how(&dummy, Work::Start).await, How::Ok, "starting what runs is no failure");
    fs::remove_file(&state).unwrap();
    let outcome = site.does(&dummy, Work::Check).await;
    assert_eq!(outcome.how, How::NotRunning);
    assert_eq!(outcome.output.text.lines().last(), Some("No process state file found"));
    assert_eq!(site.how(&dummy, Work::Stop).await, How::Ok);
}

#[tokio::test]
async fn an_agent_whose_program_is_not_installed_says_so() {
    let mut site = Site::new();
    let squid = agent("ocf:heartbeat:Squid", &[("squid_exe", "/nowhere/squid"), ("squid_port", "3128")]);
    let outcome = site.does(&squid, Work::Start).await;
    assert!(matches!(outcome.how, How::Failed(1..=6)), "{outcome:?}");
    assert!(!outcome.output.text.trim().is_empty());
    let none = agent("ocf:heartbeat:NoSuchAgent", &[]);
    let path = "/usr/lib/ocf/resource.d/heartbeat/NoSuchAgent";
    assert_eq!(site.how(&none, Work::Check).await, How::CannotRun(format!("{path}: there is no such file")));
}

#[tokio::test]
async fn an_agent_finds_in_its_environment_what_pacemaker_would_put_there() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    let mut site = Site::with(|place| place.ocf_root = root.clone());
    let agent_path = dir.path().join("resource.d/test/Env");
    let text = "#!/bin/sh\nenv | grep -a OCF\necho \"$#:$1\"\n";
    let written = site.program("agent", text);
    fs::create_dir_all(agent_path.parent().unwrap()).unwrap();
    fs::rename(written, &agent_path).unwrap();
    let spec = agent("ocf:test:Env", &[("port", "80"), ("OCF_CHECK_LEVEL", "10")]);
    let text = site.does(&spec, Work::Check).await.output.text;
    let has = |line: &str| assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    has("1:monitor");
    has(&format!("OCF_ROOT={}", root.display()));
    has("OCF_RA_VERSION_MAJOR=1");
    has("OCF_RESOURCE_INSTANCE=thing");
    has("OCF_RESOURCE_PROVIDER=test");
    has("OCF_RESOURCE_TYPE=Env");
    has("__OCF_ACTION=monitor");
    has("OCF_RESKEY_port=80");
    has("OCF_CHECK_LEVEL=10");
    has("OCF_RESKEY_CRM_meta_timeout=30000");
    has("OCF_RESKEY_CRM_meta_interval=10000");
    let text = site.does(&spec, Work::Stop).await.output.text;
    assert!(text.contains("OCF_RESKEY_CRM_meta_interval=0\n") && text.contains("1:stop"), "{text}");
    assert!(!text.contains("OCF_CHECK_LEVEL"), "{text}");
}

#[tokio::test]
async fn an_agent_without_reload_is_left_alone_when_addresses_change() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    let mut site = Site::with(|place| place.ocf_root = root.clone());
    let path = dir.path().join("resource.d/test/Plain");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let log = site.path("log");
    let text = format!("#!/bin/sh\necho $1 >>{}\necho '<action name=\"start\"/>'\n", log.display());
    let written = site.program("agent", &text);
    fs::rename(written, &path).unwrap();
    let outcome = site.does(&agent("ocf:test:Plain", &[]), Work::Reconfigure(Change::default().into())).await;
    assert_eq!((outcome.how, read(&log).as_str()), (How::Ok, "meta-data\n"));
}

#[tokio::test]
async fn debians_nginx_agent_runs_a_real_nginx() {
    let mut site = Site::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = site.dir.path().display().to_string();
    let conf = format!(
        "pid {dir}/nginx.pid;\nerror_log {dir}/error.log; events {{}} http {{ access_log off; \
         client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; \
         uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s; \
         server {{ listen 127.0.0.1:{port}; location / {{ return 200 'test'; }} }} }}\n"
    );
    fs::write(site.path("nginx.conf"), conf).unwrap();
    let spec = agent(
        "ocf:heartbeat:nginx",
        &[("configfile", &format!("{dir}/nginx.conf")), ("port", &port.to_string())],
    );
    assert_eq!(site.how(&spec, Work::Check).await, How::NotRunning);
    let started = site.does(&spec, Work::Start).await;
    assert_eq!(started.how, How::Ok, "{}", started.output.text);
    assert_eq!(site.how(&spec, Work::Check).await, How::Ok);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let master: i32 = read(&site.path("nginx.pid")).trim().parse().unwrap();
    let workers = read(Path::new(&format!("/proc/{master}/task/{master}/children")));
    let workers = workers.split_whitespace().map(|pid| pid.parse().unwrap());
    for pid in std::iter::once(master).chain(workers) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
        // The agent takes one that nobody has collected for one that runs.
        until("nginx is gone", || !Path::new(&format!("/proc/{pid}")).exists()).await;
    }
    let checked = site.does(&spec, Work::Check).await;
    assert_eq!(checked.how, How::NotRunning, "{}", checked.output.text);
    assert_eq!(site.how(&spec, Work::Stop).await, How::Ok);
}
