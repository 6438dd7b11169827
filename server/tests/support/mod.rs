//! The real binary on ports of its own, watched from outside: over HTTP, by its metrics, and by what it says on stderr.
//!
//! Nothing sleeps for a guessed time: everything waits for a condition, and gives up with what it saw.

#![allow(
    dead_code,
    reason = "each test file uses its own part of this module, so no expectation holds for all of them"
)]

pub mod viewer;

use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gb32960::encode::ReportWriter;
use gb32960::full::Position2016;
use gb32960::{Edition, Time, Vin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};

/// How long anything may take before a test gives up; long, because a busy machine is slow and not wrong.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A running server; dropped, it is killed.
pub struct Evwall {
    pub child: Child,
    pub map: SocketAddr,
    pub ops: SocketAddr,
    /// What it printed to stdout after the two addresses.
    pub said: Arc<Mutex<String>>,
    /// What it logged.
    pub logged: Arc<Mutex<String>>,
    pub folder: Folder,
}

/// A folder with a site that holds one script, and room for the database.
pub struct Folder(pub tempfile::TempDir);

/// What stands in the one script of the site: whoever reads this was let in.
pub const SCRIPT: &str = "export const inside = 'only with a session';";

impl Folder {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("site/pkg")).unwrap();
        std::fs::write(dir.path().join("site/pkg/inside.js"), SCRIPT).unwrap();
        Self(dir)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// `evwall serve` with this folder; later arguments are added by the caller.
    pub fn serve(&self) -> Command {
        let mut command = evwall();
        command
            .arg("serve")
            .args(["--site", &self.path("site")])
            .args(["--data-dir", &self.path("data")])
            .args(["--tick-ms", "50"]);
        command
    }
}

pub fn evwall() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evwall"));
    // Or the words of a line would stand apart by escape codes.
    command.env("NO_COLOR", "1");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EVWALL_") {
            command.env_remove(name);
        }
    }
    command
}

/// Sends a signal, `-HUP`, `-TERM` and so on, as people do.
pub fn signal(process: &Child, name: &str) {
    let pid = process.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status();
    assert!(sent.unwrap().success());
}

impl Evwall {
    pub async fn start(args: &[&str]) -> Self {
        Self::start_in(Folder::new(), args).await
    }

    pub async fn start_in(folder: Folder, args: &[&str]) -> Self {
        Self::start_told(folder, |command| {
            command.args(args);
        })
        .await
    }

    /// The same with a command that is told more than arguments.
    pub async fn start_told(folder: Folder, tell: impl FnOnce(&mut Command)) -> Self {
        let mut command = folder.serve();
        command.args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"]);
        tell(&mut command);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = collect(child.stdout.take().unwrap());
        let logged = collect(child.stderr.take().unwrap());
        let address = |line: &str, before: &str, after: &str| -> Option<SocketAddr> {
            let rest = line.strip_prefix(before)?.strip_suffix(after)?;
            rest.parse().ok()
        };
        let mut found = (None, None);
        poll("the addresses on stdout", || {
            for line in said.lock().unwrap().lines() {
                found.0 = found.0.or(address(line, "listening http://", ""));
                found.0 = found.0.or(address(line, "listening https://", ""));
                found.1 = found.1.or(address(line, "metrics http://", "/metrics"));
            }
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended: {}",
                logged.lock().unwrap()
            );
            let ready = found.0.is_some() && found.1.is_some();
            async move { ready }
        })
        .await;
        Self {
            child,
            map: found.0.unwrap(),
            ops: found.1.unwrap(),
            said,
            logged,
            folder,
        }
    }

    /// The folder of a server that has ended, for the next one.
    pub fn into_folder(mut self) -> Folder {
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// The folder of a server that is killed, as a power cut would end it.
    pub fn into_folder_at_once(mut self) -> Folder {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.into_folder()
    }

    pub async fn get(&self, path: &str) -> Answer {
        ask(self.map, "GET", path, &[], b"").await
    }

    pub async fn metrics(&self) -> Metrics {
        let answer = ask(self.ops, "GET", "/metrics", &[], b"").await;
        assert_eq!(answer.status, 200);
        Metrics(answer.text())
    }

    /// Waits until the metrics are as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Metrics) -> bool) -> Metrics {
        let deadline = Instant::now() + PATIENCE;
        let mut looks = interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            let metrics = self.metrics().await;
            if wanted(&metrics) {
                return metrics;
            }
            assert!(
                Instant::now() < deadline,
                "not in time: {what}\n{}\n{}",
                metrics.0,
                self.logged.lock().unwrap()
            );
        }
    }

    /// Waits until the log holds these words.
    pub async fn until_logged(&self, words: &str) {
        poll(words, || {
            let found = self.logged.lock().unwrap().contains(words);
            async move { found }
        })
        .await;
    }

    /// Makes an account with `evwall user add` while the server runs, and signs it in; gives the cookie.
    pub async fn signed_in(&self, name: &str, role: &str) -> String {
        let output = evwall()
            .args(["user", "add", name, role])
            .args(["--data-dir", &self.folder.path("data")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let password = said.trim().rsplit(' ').next().unwrap().to_owned();
        let form = format!("name={name}&password={password}");
        let answer = ask(self.map, "POST", "/login", FORM, form.as_bytes()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

pub const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded")];

impl Drop for Evwall {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&text);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut kept = kept.lock().unwrap();
            kept.push_str(&line);
            kept.push('\n');
        }
    });
    text
}

/// Looks again and again until it is so.
pub async fn poll<F: Future<Output = bool>>(what: &str, mut look: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    let mut looks = interval(Duration::from_millis(20));
    loop {
        looks.tick().await;
        if look().await {
            return;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
    }
}

/// One scrape.
pub struct Metrics(pub String);

impl Metrics {
    /// The value of `name{labels}` as it stands in the scrape; 0 for what was never counted.
    pub fn of(&self, series: &str) -> f64 {
        self.0
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .find(|(name, _)| *name == series)
            .map_or(0.0, |(_, value)| value.parse().unwrap())
    }

    pub fn damaged(&self, kind: &str) -> f64 {
        self.of(&format!("evwall_damaged_total{{kind=\"{kind}\"}}"))
    }
}

/// An answer over HTTP/1.1, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn is_login_page(&self) -> bool {
        self.text()
            .contains("<form method=\"post\" action=\"/login\">")
    }
}

/// One request on a connection of its own.
pub async fn ask(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
    let has = |name: &str| {
        headers
            .iter()
            .any(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    if !has("host") {
        request.extend_from_slice(format!("Host: {addr}\r\n").as_bytes());
    }
    if !has("content-length") && !has("transfer-encoding") {
        request.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    for (name, value) in headers {
        request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    ask_raw(addr, &request).await
}

/// Any bytes as a request. An answer that upgrades the connection is given without waiting for its end.
pub async fn ask_raw(addr: SocketAddr, request: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    // A server that has seen enough may answer and close before it has read everything.
    let _ = socket.write_all(request).await;
    let mut bytes = Vec::new();
    let reading = async {
        let mut piece = [0; 4096];
        loop {
            match socket.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(len) => bytes.extend_from_slice(&piece[..len]),
            }
            if bytes.starts_with(b"HTTP/1.1 101") && bytes.ends_with(b"\r\n\r\n") {
                return;
            }
        }
    };
    assert!(
        timeout(PATIENCE, reading).await.is_ok(),
        "no end of the answer"
    );
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        // Closed without a word: as empty as an answer can be.
        assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(bytes));
        return Answer {
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: bytes[end + 4..].to_vec(),
    }
}

/// A start that must fail: gives the one line in which the program says why.
pub fn refused(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "it started: {stderr}");
    let own: Vec<_> = stderr
        .lines()
        .filter(|line| line.starts_with("evwall: "))
        .collect();
    assert_eq!(own.len(), 1, "one line says why: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    own[0].to_owned()
}

pub fn now_unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

pub fn vin(serial: u32) -> Vin {
    gb32960::vin::build(b"LGX", b"CE4CB", b'P', b'0', serial)
}

/// A report of now, with a fix in Shanghai.
pub fn report(vin: &Vin) -> Vec<u8> {
    report_at(vin, now_unix_s(), 121_473_700, 31_230_400)
}

pub fn report_at(vin: &Vin, unix_s: i64, lon_e6: i32, lat_e6: i32) -> Vec<u8> {
    let mut out = Vec::new();
    ReportWriter::new(
        &mut out,
        Edition::V2016,
        gb32960::Command::RealTime,
        vin,
        Time::from_unix_s(unix_s),
    )
    .position(&Position2016::at(lon_e6, lat_e6, true))
    .finish()
    .unwrap();
    out
}
