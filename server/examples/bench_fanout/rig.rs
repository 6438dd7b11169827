//! The real programs: a simulated city that reports, the server that hears it, and what the system says of the server.

#![allow(
    dead_code,
    reason = "each bench uses its own part of this module, so no expectation holds for all of them"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::programs::programs;

/// Clock ticks a second in `/proc/PID/stat`; Linux has had 100 on every architecture for decades.
const CLOCK_TICKS_PER_S: f64 = 100.0;
/// An account has at most ten sessions.
const SESSIONS_PER_USER: usize = 10;
const PATIENCE: Duration = Duration::from_secs(120);

/// A city of a size, and everything that is needed to start servers that hear it.
pub struct City {
    folder: PathBuf,
    programs: PathBuf,
    telemetry: Vec<String>,
    sim: Option<Child>,
    pub vehicles: u32,
    users: usize,
    /// Of the server, besides what every one gets.
    pub settings: Vec<String>,
}

/// One start of the server.
pub struct Server {
    child: Child,
    pub map: SocketAddr,
    ops: SocketAddr,
}

impl City {
    /// Starts the simulator. `others` are streams that the server subscribes to beside it.
    pub fn start(vehicles: u32, interval_s: u32, others: &[String]) -> Result<Self> {
        let mut city = Self::around(vehicles, others)?;
        let (programs, folder) = (&city.programs, &city.folder);
        let mut sim = Command::new(programs.join("evwall-sim"))
            .args(["fleet", "--listen", "127.0.0.1:0", "--wait"])
            .args(["--vehicles", &vehicles.to_string()])
            .args(["--interval-s", &interval_s.to_string()])
            .arg("--registry-out")
            .arg(folder.join("registry.csv"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator could not be started")?;
        let found = said(&mut sim, &["listening "])?;
        city.telemetry.insert(0, found[0].clone());
        city.sim = Some(sim);
        Ok(city)
    }

    /// A city of streams that come from elsewhere. Its registry is empty until somebody writes one.
    pub fn around(vehicles: u32, telemetry: &[String]) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("evwall-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("site/pkg"))?;
        // Vehicles are counted by the districts of the ground map.
        let ground = concat!(env!("CARGO_MANIFEST_DIR"), "/../public/ground");
        std::os::unix::fs::symlink(ground, folder.join("site/ground"))?;
        std::fs::write(folder.join("registry.csv"), "vin,make,model,class\n")?;
        Ok(Self {
            folder,
            programs: programs()?,
            telemetry: telemetry.to_vec(),
            sim: None,
            vehicles,
            users: 0,
            settings: Vec::new(),
        })
    }

    pub fn registry(&self) -> PathBuf {
        self.folder.join("registry.csv")
    }

    pub fn evwall(&self) -> Command {
        let mut command = Command::new(self.programs.join("evwall"));
        command.env("EVWALL_LOG", "error");
        command
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts the server, on a free port or where it was before.
    pub fn serve(&self, on: Option<SocketAddr>) -> Result<Server> {
        let listen = on.map_or("127.0.0.1:0".to_owned(), |addr| addr.to_string());
        let mut command = self.evwall();
        command
            .args(["serve", "--listen", &listen])
            .args(["--ops-listen", "127.0.0.1:0"])
            .arg("--site")
            .arg(self.folder.join("site"))
            .arg("--data-dir")
            .arg(self.data_dir())
            .arg("--registry")
            .arg(self.folder.join("registry.csv"));
        for url in &self.telemetry {
            command.args(["--telemetry", url]);
        }
        command.args(&self.settings);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("the server could not be started")?;
        let found = said(&mut child, &["listening http://", "metrics http://"])?;
        Ok(Server {
            child,
            map: found[0].parse()?,
            ops: found[1].trim_end_matches("/metrics").parse()?,
        })
    }

    /// New accounts of that role, signed in: a cookie for each session.
    pub fn sign_in(&mut self, server: &Server, role: &str, sessions: usize) -> Result<Vec<String>> {
        let mut cookies = Vec::new();
        while cookies.len() < sessions {
            let name = format!("bench{}", self.users);
            self.users += 1;
            let output = self
                .evwall()
                .args(["user", "add", &name, role, "--data-dir"])
                .arg(self.data_dir())
                .output()?;
            let said = String::from_utf8(output.stdout)?;
            let password = said.trim().rsplit(' ').next().unwrap_or_default();
            let form = format!("name={name}&password={password}");
            for _ in 0..SESSIONS_PER_USER.min(sessions - cookies.len()) {
                cookies.push(server.log_in(&form)?);
            }
        }
        Ok(cookies)
    }

    /// From now on servers subscribe to nothing.
    pub fn hush(&mut self) {
        self.telemetry.clear();
    }

    pub fn sim_cpu_s(&self) -> Result<f64> {
        cpu_s(self.sim.as_ref().context("no simulator")?.id())
    }
}

impl Drop for City {
    fn drop(&mut self) {
        if let Some(sim) = &mut self.sim {
            let _ = sim.kill();
            let _ = sim.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// How the server stands at a moment.
#[derive(Clone, Copy)]
pub struct Standing {
    pub at: Instant,
    cpu_s: f64,
    tick_s: f64,
    ticks: f64,
    reports: f64,
    bytes_out: f64,
    skipped: f64,
}

/// What it did between two moments.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub cores: f64,
    pub tick_ms: f64,
    pub reports_per_s: f64,
    pub kb_out_per_s: f64,
    pub skipped_ticks: f64,
}

impl Server {
    pub fn standing(&self) -> Result<Standing> {
        let text = self.metrics()?;
        Ok(Standing {
            at: Instant::now(),
            cpu_s: cpu_s(self.child.id())?,
            tick_s: value(&text, "evwall_tick_seconds_sum"),
            ticks: value(&text, "evwall_tick_seconds_count"),
            reports: value(&text, "evwall_reports_total"),
            bytes_out: value(&text, "evwall_viewer_bytes_total"),
            skipped: value(&text, "evwall_viewer_skipped_ticks_total"),
        })
    }

    pub fn work_since(&self, before: &Standing) -> Result<Work> {
        let now = self.standing()?;
        let seconds = (now.at - before.at).as_secs_f64();
        let ticks = (now.ticks - before.ticks).max(1.0);
        Ok(Work {
            cores: (now.cpu_s - before.cpu_s) / seconds,
            tick_ms: (now.tick_s - before.tick_s) / ticks * 1e3,
            reports_per_s: (now.reports - before.reports) / seconds,
            kb_out_per_s: (now.bytes_out - before.bytes_out) / seconds / 1e3,
            skipped_ticks: now.skipped - before.skipped,
        })
    }

    /// Waits until so many reports have come in since the start.
    pub fn wait_for_reports(&self, count: f64) -> Result<()> {
        self.wait("reports", |text| {
            value(text, "evwall_reports_total") >= count
        })
    }

    /// Waits until nobody looks at any cell any more.
    pub fn wait_for_no_cells(&self) -> Result<()> {
        self.wait("no cells", |text| {
            value(text, "evwall_viewers") == 0.0 && value(text, "evwall_cells_watched") == 0.0
        })
    }

    fn wait(&self, what: &str, until: impl Fn(&str) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !until(&self.metrics()?) {
            ensure!(Instant::now() < deadline, "not in time: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    pub fn rss_kb(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = line.and_then(|line| line.split_whitespace().next());
        Ok(kb.context("no VmRSS")?.parse()?)
    }

    fn metrics(&self) -> Result<String> {
        let request = format!(
            "GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.ops
        );
        ask(self.ops, &request)
    }

    fn log_in(&self, form: &str) -> Result<String> {
        let request = format!(
            "POST /login HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            self.map,
            form.len()
        );
        let answer = ask(self.map, &request)?;
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        Ok(cookie.context("signing in was refused")?.to_owned())
    }

    /// The value of `name{labels}` as it stands in the metrics; `None` until there is one.
    pub fn series(&self, series: &str) -> Result<Option<f64>> {
        let text = self.metrics()?;
        let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        let found = lines.find(|(name, _)| *name == series);
        Ok(found.and_then(|(_, value)| value.parse().ok()))
    }

    /// The sum of a metric over all its labels.
    pub fn sum(&self, metric: &str) -> Result<f64> {
        Ok(value(&self.metrics()?, metric))
    }

    /// Sends a form as somebody who is signed in; gives the whole answer.
    pub fn post(&self, cookie: &str, path: &str, form: &str) -> Result<String> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
            self.map,
            form.len()
        );
        ask(self.map, &request)
    }

    /// Waits until there is such a value.
    pub fn wait_for(&self, series: &str, wanted: f64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.series(series)?.is_none_or(|value| value < wanted) {
            ensure!(Instant::now() < deadline, "not in time: {series}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// As systemd would end it; gives how long that took.
    pub fn stop(mut self) -> Result<Duration> {
        let asked = Instant::now();
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status()?;
        ensure!(told.success(), "the server could not be told to stop");
        ensure!(self.child.wait()?.success(), "the server did not end well");
        Ok(asked.elapsed())
    }

    /// As a power cut would end it.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(addr: SocketAddr, request: &str) -> Result<String> {
    let mut socket = TcpStream::connect(addr)?;
    socket.write_all(request.as_bytes())?;
    let mut text = String::new();
    socket.read_to_string(&mut text)?;
    Ok(text)
}

/// The sum over all labels.
fn value(text: &str, metric: &str) -> f64 {
    let lines = text.lines().filter(|line| {
        let rest = line.strip_prefix(metric);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
    });
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

pub fn cpu_s(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything.
    let rest = stat.rsplit_once(')').context("no name in stat")?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (ticks(11), ticks(12));
    Ok((user.context("no utime")? + system.context("no stime")?) / CLOCK_TICKS_PER_S)
}

/// Waits until the program has printed a line with each of these beginnings; gives what stands behind them. Whatever it
/// prints later is read and forgotten, or it would stop at a full pipe.
fn said(child: &mut Child, beginnings: &[&str]) -> Result<Vec<String>> {
    let stdout = child.stdout.take().context("a program without an output")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut found: Vec<Option<String>> = vec![None; beginnings.len()];
    while found.iter().any(Option::is_none) {
        let Some(line) = lines.next() else {
            bail!("it ended before it said where it listens");
        };
        let line = line?;
        for (found, beginning) in found.iter_mut().zip(beginnings) {
            if let Some(rest) = line.strip_prefix(beginning) {
                *found = Some(rest.to_owned());
            }
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    Ok(found.into_iter().flatten().collect())
}
