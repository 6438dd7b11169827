//! Server, platforms, wall and the ways between them; and the row of a fault.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::eye::{Eye, Sight};
use crate::pipe::Pipe;
use crate::rig::{City, Server};
use crate::upstream::Upstream;

/// How long a wall may take to be right again.
pub const BAR: Duration = Duration::from_secs(5);
/// After this it counts as never.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of viewers that are closed when they say nothing: the shortest with which pings still make sense.
const SILENCE_S: &str = "12";

pub struct Bench {
    pub city: City,
    server: Option<Server>,
    pub cookie: String,
    pub upstream: Upstream,
    /// From the platforms that are streams to the server, which connects to them.
    pub streams: Pipe,
    /// From those that log in.
    pub logins: Pipe,
    /// From the server to the wall.
    pub line: Pipe,
    pub eye: Eye,
    pub viewers: usize,
    /// Folders may be mounted here.
    pub inside: bool,
    // Last, because the others live in it.
    pub runtime: Runtime,
}

impl Bench {
    pub fn start(vehicles: u32, viewers: usize, inside: bool) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let upstream = runtime.block_on(Upstream::start(vehicles))?;
        let streams = runtime.block_on(Pipe::start(upstream.addr))?;
        let urls: Vec<String> = Upstream::paths()
            .map(|path| format!("ws://{}/{path}", streams.addr))
            .collect();
        let mut city = City::around(vehicles, &urls)?;
        let platforms = city.registry().with_file_name("platforms.toml");
        // The same for every start of the server.
        let centre = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let logins = runtime.block_on(Pipe::start(centre))?;
        let settings = [
            ("--viewer-silence-s", SILENCE_S),
            ("--listen-32960", &centre.to_string()),
            ("--platforms", &platforms.to_string_lossy()),
        ];
        let settings = settings.iter().flat_map(|(name, value)| [*name, *value]);
        city.settings = settings.map(str::to_owned).collect();
        {
            let _inside = runtime.enter();
            upstream.log_in(logins.addr, &platforms)?;
        }
        let mut registry = std::fs::File::create(city.registry())?;
        sim::identity::write_registry(&upstream.identities, &mut registry)?;
        if inside {
            crate::server::small_disk(&city)?;
        }
        let server = city.serve(None)?;
        let cookie = city.sign_in(&server, "supervisor", 1)?.remove(0);
        let line = runtime.block_on(Pipe::start(server.map))?;
        let eye = {
            let _inside = runtime.enter();
            Eye::open(line.addr, cookie.clone(), upstream.truth())
        };
        Ok(Self {
            city,
            server: Some(server),
            cookie,
            upstream,
            streams,
            logins,
            line,
            eye,
            viewers,
            inside,
            runtime,
        })
    }

    pub fn server(&self) -> Result<&Server> {
        self.server.as_ref().context("the server is away")
    }

    pub fn map(&self) -> Result<SocketAddr> {
        Ok(self.server()?.map)
    }

    pub fn take_server(&mut self) -> Result<Server> {
        self.server.take().context("the server is away")
    }

    /// Does something to every way from the platforms.
    pub fn to_platforms(&self, happen: impl Fn(&Pipe)) {
        happen(&self.streams);
        happen(&self.logins);
    }

    /// Starts it again where it was; gives when that began.
    pub fn serve_again(&mut self, map: SocketAddr) -> Result<Instant> {
        let begun = self.eye.fault_over();
        self.server = Some(self.city.serve(Some(map))?);
        Ok(begun)
    }

    /// Waits until the wall shows what is true, before anything is done to it.
    pub fn is_right(&self) -> Result<()> {
        let now = self.eye.fault_over();
        let right = self.eye.right_after(now, PATIENCE);
        right.context("before the fault").map(|_| ())
    }

    /// Something goes on for a while, and then ends: how long until the wall is right again.
    pub fn during(
        &self,
        time: Duration,
        begin: impl FnOnce(&Self),
        end: impl FnOnce(&Self),
    ) -> Result<Spell> {
        let begun = Instant::now();
        begin(self);
        std::thread::sleep(time);
        let before = self.eye.last();
        end(self);
        let over = self.eye.fault_over();
        let recovery = self.eye.right_after(over, PATIENCE)?;
        let meanwhile = self.eye.between(begun, over);
        Ok(Spell {
            recovery,
            last: before.context("no tick ever came")?,
            meanwhile,
        })
    }
}

/// A fault that began and ended.
pub struct Spell {
    pub recovery: Duration,
    /// What the wall showed last while it lasted.
    pub last: Sight,
    /// What it showed with each tick while it lasted.
    pub meanwhile: Vec<Sight>,
}

impl Spell {
    pub fn ticks(&self) -> usize {
        self.meanwhile.len()
    }

    /// In how many of them something was not where it was.
    pub fn wrong_ticks(&self) -> usize {
        self.meanwhile
            .iter()
            .filter(|sight| sight.wrong > 0)
            .count()
    }
}

/// What became of a fault.
#[derive(Default)]
pub struct Row {
    recovery: Option<Duration>,
    kept: Vec<String>,
    broken: Vec<String>,
}

impl Row {
    pub fn recovered(recovery: Duration) -> Self {
        Self {
            recovery: Some(recovery),
            ..Self::default()
        }
    }

    pub fn broken(why: String) -> Self {
        Self {
            broken: vec![why],
            ..Self::default()
        }
    }

    /// Something that was promised, in words with figures.
    pub fn keep(mut self, is_kept: bool, what: String) -> Self {
        match is_kept {
            true => self.kept.push(what),
            false => self.broken.push(what),
        }
        self
    }

    /// That something was right with each of at least so many ticks.
    pub fn keep_right(self, what: &str, sights: &[Sight], at_least: usize) -> Self {
        let wrong = sights.iter().filter(|sight| sight.wrong > 0);
        let first = wrong.clone().find_map(|sight| sight.first_wrong.as_ref());
        let first = first.map_or_else(String::new, |first| format!(" ({first})"));
        let (ticks, wrong) = (sights.len(), wrong.count());
        self.keep(
            wrong == 0 && ticks >= at_least,
            format!("{what} in {} of {ticks} ticks{first}", ticks - wrong),
        )
    }

    pub fn json(&self, fault: &str, sees: &str) -> Value {
        let in_time = self.recovery.is_some_and(|recovery| recovery <= BAR);
        json!({
            "fault": fault,
            "sees": sees,
            "recovery_s": self.recovery.map(|time| (time.as_secs_f64() * 10.0).round() / 10.0),
            "kept": self.kept,
            "broken": self.broken,
            "green": in_time && self.broken.is_empty(),
        })
    }
}

impl Row {
    /// One that another process has made.
    pub fn told(line: &Value) -> Self {
        let words = |name: &str| -> Vec<String> {
            let list = line[name].as_array().into_iter().flatten();
            list.filter_map(|word| Some(word.as_str()?.to_owned()))
                .collect()
        };
        Self {
            recovery: line["recovery_s"].as_f64().map(Duration::from_secs_f64),
            kept: words("kept"),
            broken: words("broken"),
        }
    }
}
