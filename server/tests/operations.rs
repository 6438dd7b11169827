//! What an operator does to a server and hears from it: settings that are read again, settings that are checked, lines for a
//! program that collects them, and the word to systemd.

mod support;

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::{Output, Stdio};

use support::{Evwall, Folder, PATIENCE, ask, evwall, signal};

#[tokio::test]
async fn settings_are_read_again_at_sighup_and_each_that_waits_is_named_until_the_next_start() {
    let folder = Folder::new();
    let file = folder.path("evwall.toml");
    std::fs::write(&file, "blurred-level = 11\n").unwrap();
    let server = Evwall::start_in(folder, &["--config", &file]).await;
    let times = |words: &str| server.logged.lock().unwrap().matches(words).count();

    std::fs::write(&file, "blurred-level = 9\nlog = \"debug\"\n").unwrap();
    signal(&server.child, "-HUP");
    server.until_logged("the log shows this from now on").await;
    server.until_logged("settings=\"blurred-level\"").await;

    // A file that cannot be taken changes nothing, and is told with its line.
    std::fs::write(&file, "blurred-level = 9\nblured = 1\n").unwrap();
    signal(&server.child, "-HUP");
    server.until_logged("the settings stay as they were").await;
    assert_eq!(times("line 2"), 1);

    // It still waits, and the log level goes back.
    std::fs::write(&file, "blurred-level = 9\n").unwrap();
    signal(&server.child, "-HUP");
    support::poll("both again", || {
        let told = (
            times("settings=\"blurred-level\""),
            times("the log shows this from now on"),
        );
        async move { told == (2, 2) }
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_words_nobody_reads_goes_on() {
    let folder = Folder::new();
    // It cannot tell where it is.
    let ops = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let ops = ops.unwrap();
    let mut child = folder
        .serve()
        .args(["--listen", "127.0.0.1:0", "--log", "debug"])
        .args(["--ops-listen", &ops.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    let is_well = || async move {
        tokio::net::TcpStream::connect(ops).await.is_ok()
            && ask(ops, "GET", "/metrics", &[], b"").await.status == 200
    };
    support::poll("the metrics", is_well).await;
    signal(&child, "-HUP");
    support::poll("the metrics", is_well).await;
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[tokio::test]
async fn systemd_hears_that_the_server_is_ready_when_ticks_run_and_that_they_go_on() {
    let folder = Folder::new();
    let path = folder.path("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(PATIENCE)).unwrap();
    let _server = Evwall::start_told(folder, |command| {
        command.env("NOTIFY_SOCKET", &path);
    })
    .await;
    let heard = || {
        let mut bytes = [0; 256];
        let len = systemd.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    };
    let first = heard();
    assert!(
        first.contains("READY=1") && first.contains("WATCHDOG=1"),
        "{first}"
    );
    let next = heard();
    assert!(
        next.contains("WATCHDOG=1") && !next.contains("READY"),
        "{next}"
    );
}

#[tokio::test]
async fn lines_of_the_log_are_objects_where_that_is_wished() {
    let server = Evwall::start(&["--log-format", "json"]).await;
    server.until_logged("serving").await;
    let logged = server.logged.lock().unwrap().clone();
    for line in logged.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["timestamp"].is_string() && line["message"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn check_config_finds_what_would_keep_a_server_from_starting() {
    let folder = Folder::new();
    let said = |output: &Output| {
        String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
    };
    let check = |more: &[&str]| {
        let output = evwall()
            .args([
                "check-config",
                "--site",
                &folder.path("site"),
                "--data-dir",
                &folder.path("data"),
            ])
            .args(more)
            .output()
            .unwrap();
        (output.status.success(), said(&output))
    };
    let (starts, said) = check(&[]);
    assert!(starts && said.contains("A server would start"), "{said}");
    assert!(
        !std::path::Path::new(&folder.path("data")).exists(),
        "it makes nothing"
    );

    let key = folder.path("key");
    let (starts, said) = check(&["--state-key", &key]);
    assert!(!starts && said.contains(&key), "{said}");
    std::fs::write(&key, "short").unwrap();
    let (starts, said) = check(&["--state-key", &key]);
    assert!(!starts && said.contains("holds no key"), "{said}");
    let heads = folder.path("heads");
    std::fs::create_dir(&heads).unwrap();
    let (starts, said) = check(&["--audit-heads", &heads]);
    assert!(!starts && said.contains("heads"), "{said}");
    std::fs::remove_dir_all(folder.path("site/pkg")).unwrap();
    let (starts, said) = check(&[]);
    assert!(!starts && said.contains("no built site"), "{said}");
}
