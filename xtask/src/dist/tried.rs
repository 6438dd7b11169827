//! What was packed, tried as who installs it has it: unpacked, with nothing beside it, started and started again.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::step::{check, output};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the page goes by: an open one whose number is another loads itself anew.
const NUMBER: &str = "name=\"evwall-site\" content=\"";

/// Unpacks `archive` below `folder`, serves the page of it twice and gives what the program says of itself.
pub fn tried(archive: &Path, folder: &Path) -> Result<String> {
    fs::create_dir_all(folder)?;
    check(
        Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .args(["--strip-components=1", "-C"])
            .arg(folder),
    )?;
    let installed = Installed {
        program: folder.join("bin/evwall"),
        data: folder.join("data"),
    };
    let numbers = [
        installed.page_number("first")?,
        installed.page_number("second")?,
    ];
    ensure!(
        numbers[0] == numbers[1],
        "every restart would have all pages load themselves anew: {} is another page than {}",
        numbers[1],
        numbers[0]
    );
    output(Command::new(&installed.program).arg("version")).context("it says no version")
}

struct Installed {
    program: PathBuf,
    data: PathBuf,
}

impl Installed {
    /// Starts the server, signs in, reads the map's page and a file of it, and stops the server.
    fn page_number(&self, visitor: &str) -> Result<String> {
        let mut server = Server::start(self)?;
        let cookie = self.sign_in(&server.addr, visitor)?;
        let signed_in = format!("Cookie: {cookie}\r\n");
        let page = ask(&server.addr, "GET", "/", &signed_in, "")?;
        let number = between(&page, NUMBER, '"').context("the map's page has no number")?;
        let file = between(&page, "\"/pkg/", '"').context("the map's page names no file")?;
        let answer = ask(&server.addr, "GET", &format!("/pkg/{file}"), &signed_in, "")?;
        ensure!(
            answer.starts_with("HTTP/1.1 200"),
            "{file} of the page is not there"
        );
        server.stop()?;
        Ok(number.to_owned())
    }

    /// As somebody new.
    fn sign_in(&self, addr: &str, name: &str) -> Result<String> {
        let mut add = Command::new(&self.program);
        add.args(["user", "add", name, "viewer", "--data-dir"]);
        let said = output(add.arg(&self.data)).context("nobody can be given a password")?;
        let password = said.rsplit(' ').next().unwrap_or_default();
        let form = format!("name={name}&password={password}");
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = ask(addr, "POST", "/login", kind, &form)?;
        let cookie = between(&answer, "set-cookie: ", ';').context("signing in was refused")?;
        Ok(cookie.to_owned())
    }
}

/// Killed when it is dropped.
struct Server {
    child: Child,
    addr: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(installed: &Installed) -> Result<Self> {
        let child = Command::new(&installed.program)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--ops-listen", "127.0.0.1:0", "--data-dir"])
            .arg(&installed.data)
            .env("EVWALL_LOG", "warn")
            // Where no site was built.
            .current_dir(installed.data.parent().context("no folder")?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the program could not be started")?;
        let mut server = Self {
            child,
            addr: String::new(),
        };
        let output = server.child.stdout.take().context("it has no output")?;
        for line in BufReader::new(output).lines() {
            if let Some(addr) = line?.strip_prefix("listening http://") {
                server.addr = addr.to_owned();
                return Ok(server);
            }
        }
        bail!("the program ended before it listened")
    }

    fn stop(&mut self) -> Result<()> {
        // That of the shell: where images are made there may be no other.
        let kill = format!("kill -TERM {}", self.child.id());
        check(Command::new("sh").args(["-c", &kill]))?;
        let ended = self.child.wait()?;
        ensure!(ended.success(), "the program ended with {ended}");
        Ok(())
    }
}

/// The whole answer; headers end with a line's end.
fn ask(addr: &str, method: &str, path: &str, headers: &str, body: &str) -> Result<String> {
    let mut socket = TcpStream::connect(addr)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn between<'a>(text: &'a str, before: &str, after: char) -> Option<&'a str> {
    text.split_once(before)?.1.split(after).next()
}
