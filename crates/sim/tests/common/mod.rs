//! The real binary, started on free ports and ended with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

pub struct Sim {
    child: Child,
    pub stream_url: String,
    pub truth_url: String,
}

impl Sim {
    /// Starts `evwall-sim` with `arguments`, a free port each for stream and truth.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_evwall-sim"))
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--truth", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Before its own line stands one for each maker that is streamed.
        let mut address = |word: &str| loop {
            let line = lines.next().expect("a line").unwrap();
            if let Some(url) = line.strip_prefix(word) {
                return url.trim().to_owned();
            }
            assert!(line.starts_with("stream ws://"), "{line}");
        };
        let truth_url = address("truth ");
        let stream_url = address("listening ");
        Self {
            child,
            stream_url,
            truth_url,
        }
    }

    /// The truth feed's answer to `path`.
    pub fn truth(&self, path: &str) -> serde_json::Value {
        let host = self.truth_url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(host).unwrap();
        write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A recording in the temporary folder, removed with the test.
pub struct File(pub PathBuf);

impl File {
    pub fn holding(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("evwall-sim-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Two vehicles driving for a minute; one has a bad line in between.
pub fn small_recording() -> String {
    let mut text = String::new();
    for second in 0..60 {
        let lon = 121.47 + f64::from(second) * 1e-4;
        let t = 1_600_000_000_000i64 + i64::from(second) * 1000;
        text += &format!(
            "{{\"t\":{t},\"id\":\"one\",\"lon\":{lon:.6},\"lat\":31.23,\"speed_kmh\":34.2,\"soc\":null}}\n"
        );
        if second == 30 {
            text += "{\"t\":16,\"id\":\n";
        }
        text += &format!(
            "{{\"t\":{t},\"id\":\"two\",\"lon\":121.5,\"lat\":31.24,\"speed_kmh\":0,\"soc\":61}}\n"
        );
    }
    text
}
