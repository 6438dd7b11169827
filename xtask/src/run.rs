//! `cargo xtask run`: a telemetry stream and the server that shows it, started together and ended together.
//!
//! Both children get their own process group, so that Ctrl-C in a terminal reaches only this program, which then asks each
//! of them to end and waits. When one of them ends by itself, the other is ended and this program says which it was.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::root;
use crate::site;

/// How long the stream may take to say where it listens.
const START: Duration = Duration::from_secs(120);
/// How long a child may take to end after it was asked to; then it is killed.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often the children are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// What the children say at their start is over after so long; only then it is said where to look, so that it stays in sight.
const FIRST_WORDS: Duration = Duration::from_secs(2);

#[derive(Args)]
pub struct RunOptions {
    /// Play this recording (NDJSON, .gz or not) instead of the built-in simulated fleet
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// Port of the page on 127.0.0.1
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// How many times faster than life
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Vehicles of the simulated fleet
    #[arg(long, default_value_t = 222_000, conflicts_with = "recording")]
    vehicles: u32,
    /// Where the server keeps accounts and the audit log
    #[arg(long, default_value = ".evwall")]
    data_dir: PathBuf,
    /// Build fast instead of small and quick
    #[arg(long)]
    dev: bool,
    /// Start what was built the last time
    #[arg(long)]
    no_build: bool,
}

pub fn run(options: &RunOptions) -> Result<()> {
    if let Some(recording) = &options.recording
        && !recording.is_file()
    {
        bail!("there is no recording {}", recording.display());
    }
    let built = site::built(options.dev, options.no_build)?;

    let (news, heard) = channel();
    let interrupted = news.clone();
    ctrlc::set_handler(move || drop(interrupted.send(News::Interrupted)))
        .context("Ctrl-C cannot be caught")?;

    let data_dir = root::root().join(&options.data_dir);
    std::fs::create_dir_all(&data_dir)
        .with_context(|| format!("{} cannot be made", data_dir.display()))?;
    let registry = data_dir.join("demo-registry.csv");
    let platforms = data_dir.join("demo-platforms.toml");
    let platforms_at = platforms_at(options.port)?;
    let mut sim = Command::new(&built.sim);
    match &options.recording {
        Some(recording) => sim.arg("play").arg(recording).arg("--loop"),
        None => sim.args(["fleet", "--vehicles", &options.vehicles.to_string()]),
    };
    sim.args(["--speed", &options.speed.to_string()])
        .args(["--listen", "127.0.0.1:0", "--registry-out"])
        .arg(&registry)
        .args(["--tcp", &platforms_at.to_string(), "--platforms-out"])
        .arg(&platforms);
    let mut stream = Running::start(
        "the telemetry stream (evwall-sim)",
        sim.stdout(Stdio::piped()),
    )?;
    let lines = stream.lines()?;
    let of_stream = news.clone();
    std::thread::spawn(move || forward(lines, &of_stream));
    let streams = listening(&heard, &mut stream)?;

    let mut server = Command::new(&built.server);
    server
        .args(["serve", "--demo"])
        .args(streams.iter().flat_map(|url| ["--telemetry", url]))
        .args(["--listen-32960", &platforms_at.to_string(), "--platforms"])
        .arg(&platforms)
        .args(["--listen", &format!("127.0.0.1:{}", options.port)])
        .arg("--site")
        .arg(&built.site)
        .arg("--data-dir")
        .arg(&data_dir)
        .arg("--registry")
        .arg(&registry);
    let mut server = Running::start("the server (evwall)", server.stdout(Stdio::piped()))?;
    let lines = server.lines()?;
    std::thread::spawn(move || forward_server(lines, &news));

    let mut both = [server, stream];
    let mut page = None;
    let mut say_at = None;
    loop {
        match heard.recv_timeout(LOOK) {
            Ok(News::Page(url)) => page = Some(url),
            Ok(News::SignIn(how)) => {
                say_at = page
                    .take()
                    .map(|url| (Instant::now() + FIRST_WORDS, url, how));
            }
            Ok(News::Interrupted) => {
                eprintln!("\nending the server and the stream …");
                for running in &mut both {
                    running.end();
                }
                return Ok(());
            }
            // The forwarding thread ends with the stream; its end is seen below.
            Ok(News::Stream(_) | News::Ready)
            | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if let Some((_, url, how)) = say_at.take_if(|(at, ..)| *at <= Instant::now()) {
            eprintln!(
                "\n  evwall is at {url}, its wall at {url}/wall\n  {how}\n  Ctrl-C ends it\n"
            );
        }
        for running in &mut both {
            if let Some(status) = running.child.try_wait()? {
                bail!("{} ended by itself with {status}", running.name);
            }
        }
    }
}

/// Where platforms log in: behind the page's port and that of the metrics, or anywhere if the page may be anywhere.
fn platforms_at(page_port: u16) -> Result<SocketAddr> {
    let port = match page_port {
        0 => 0,
        _ => page_port.checked_add(2).unwrap_or(0),
    };
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Both sides must know the port before one of them listens.
    let free = TcpListener::bind(wanted).with_context(|| format!("{wanted} is not free"))?;
    Ok(free.local_addr()?)
}

enum News {
    Interrupted,
    /// One maker's stream.
    Stream(String),
    /// All streams are named, and there.
    Ready,
    /// Where the server has its page.
    Page(String),
    /// As whom.
    SignIn(String),
}

/// Passes the lines of the stream on and catches those that say where makers are streamed.
fn forward(lines: impl BufRead, news: &Sender<News>) {
    for line in lines.lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix("stream ") {
            drop(news.send(News::Stream(url.to_owned())));
        } else if line.starts_with("listening ") {
            drop(news.send(News::Ready));
        }
        eprintln!("sim: {line}");
    }
}

/// The same of the server's lines, and catches where the page is and who may sign in.
fn forward_server(lines: impl BufRead, news: &Sender<News>) {
    for line in lines.lines().map_while(Result::ok) {
        println!("{line}");
        if let Some(url) = line.strip_prefix("listening ") {
            drop(news.send(News::Page(url.to_owned())));
        } else if line.starts_with("sign in as ") {
            drop(news.send(News::SignIn(line)));
        }
    }
}

/// The streams of the makers that do not log in.
fn listening(heard: &std::sync::mpsc::Receiver<News>, stream: &mut Running) -> Result<Vec<String>> {
    let begun = Instant::now();
    let mut streams = Vec::new();
    while begun.elapsed() < START {
        match heard.recv_timeout(LOOK) {
            Ok(News::Stream(url)) => streams.push(url),
            Ok(News::Ready) => return Ok(streams),
            Ok(News::Interrupted) => bail!("interrupted"),
            Ok(News::Page(_) | News::SignIn(_)) | Err(_) => {}
        }
        if let Some(status) = stream.child.try_wait()? {
            bail!("{} ended by itself with {status}", stream.name);
        }
    }
    bail!(
        "{} did not say where it listens within {} s",
        stream.name,
        START.as_secs()
    )
}

/// A child that does not outlive this value.
struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        Ok(Self { name, child })
    }

    /// What it says, which must have been piped.
    fn lines(&mut self) -> Result<BufReader<ChildStdout>> {
        let output = self.child.stdout.take();
        let output = output.with_context(|| format!("{} has no output", self.name))?;
        Ok(BufReader::new(output))
    }

    /// Asks the child to end, waits, and kills it when asking was not enough.
    fn end(&mut self) {
        if self.ended().is_some() {
            return;
        }
        let asked = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let begun = Instant::now();
        while asked.as_ref().is_ok_and(ExitStatus::success) && begun.elapsed() < FAREWELL {
            if self.ended().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        eprintln!("{} did not end when asked: killed", self.name);
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
