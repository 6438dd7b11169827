//! What can be said on the command line, and what of it is refused.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use intake::{check_url, is_on_this_machine};

use crate::ground::GroundArgs;
use crate::outside::Outside;
use crate::retention::Retention;
use crate::tls;
use crate::viewers::Limits;

#[derive(Debug, Parser)]
#[command(
    name = "evwall",
    version,
    about = "The real-time wall map of an electric-vehicle monitoring centre"
)]
pub struct Cli {
    /// Settings in a TOML file: the options of `serve`, without their dashes. The command line and the environment go before it.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What the log shows: error, warn, info, debug or trace, or such a level for each part. Read again at SIGHUP.
    #[arg(long, value_name = "LEVEL", default_value = "info", global = true, value_parser = log_level)]
    pub log: String,
    /// Lines of the log for people, or one JSON object each for a program that collects them.
    #[arg(long, value_name = "FORM", default_value = "text", global = true)]
    pub log_format: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Subscribe to the telemetry and serve the map.
    Serve(Box<Serve>),
    /// Say every setting of `serve`, its value and where that comes from, and whether a server would start with them.
    CheckConfig(Box<Serve>),
    /// Manage accounts (the server may be running).
    User(User),
    /// Check or export the audit log.
    Audit(Audit),
    /// Give the server the vehicles there are (it may be running).
    Registry(Registry),
    /// Say which evwall this is: version, commit, wire version, and which site is inside.
    Version,
    /// Read frames of GB/T 32960 in hexadecimal, a line each, and print a JSON line each.
    Decode {
        /// Print the passwords of platform logins too.
        #[arg(long)]
        secrets: bool,
    },
}

#[derive(Debug, Clone, Args)]
pub struct DataDir {
    /// Where the database and the first password are kept.
    #[arg(
        long = "data-dir",
        value_name = "DIR",
        default_value = ".evwall",
        global = true
    )]
    pub path: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address of the map. One that other machines reach needs --tls-cert and --tls-key, or --behind-proxy.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Address of /metrics; loopback only. By default the port after the map's.
    #[arg(long)]
    pub ops_listen: Option<SocketAddr>,
    /// A telemetry stream to subscribe to, ws://HOST:PORT/PATH; may be given several times. One that asks for credentials
    /// is a [[stream]] of --platforms.
    #[arg(long = "telemetry", value_name = "URL")]
    pub telemetry: Vec<String>,
    /// Address on which platforms send by the rules of GB/T 32960.3; loopback only. Needs --platforms.
    #[arg(long, value_name = "ADDR", requires = "platforms")]
    pub listen_32960: Option<SocketAddr>,
    /// Who sends: TOML, a [[platform]] for each that may send there, a [[stream]] for each to subscribe to.
    #[arg(long, value_name = "FILE")]
    pub platforms: Option<PathBuf>,
    /// Registry of vehicles, as `evwall registry import` leaves it; a newer one is taken in while the server runs. By default
    /// registry.csv in the data dir, where there is one.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    #[command(flatten)]
    pub data_dir: DataDir,
    /// A folder with the built site: scripts, styles, ground map. By default the one inside this program, where it was built
    /// with one, else target/site.
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
    /// Certificate chain in PEM: serve HTTPS. Read again at SIGHUP.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A reverse proxy speaks TLS before this server: cookies are for HTTPS only, and the address of a client is the
    /// last one in the X-Forwarded-For of a proxy on this machine. The proxy must hand on Host unchanged.
    #[arg(long, conflicts_with = "tls_cert")]
    pub behind_proxy: bool,
    /// Where the heads of the audit log are appended, best on another machine. By default audit-heads in the data dir.
    #[arg(long, value_name = "FILE")]
    pub audit_heads: Option<PathBuf>,
    /// The finest level at which screens and viewers see dots: 11 is about 4 m, each one less doubles it.
    #[arg(long, default_value_t = 11, value_parser = clap::value_parser!(u8).range(0..=14))]
    pub blurred_level: u8,
    /// How far a private vehicle is displaced for screens and viewers, at most, east or west and north or south each, in
    /// metres.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u16).range(0..=2000))]
    pub blur_radius_m: u16,
    /// Displace private vehicles only while they are at rest. Whoever watches one drive then sees where it stops.
    #[arg(long)]
    pub private_driving_exact: bool,
    /// A file with the key of the picture that is kept over restarts: 64 hexadecimal digits. By default the credential
    /// state-key of systemd, else a file that is made in the data dir.
    #[arg(long, value_name = "FILE")]
    pub state_key: Option<PathBuf>,
    #[command(flatten)]
    pub retention: Retention,
    /// Precision zones: GeoJSON, polygons in which dots are hidden, coarsened or shown late. Read again at SIGHUP.
    #[arg(long, value_name = "FILE", env = "EVWALL_ZONES")]
    pub zones: Option<PathBuf>,
    /// Numbers of vehicles in a district that are smaller are not told to screens and viewers, nor what they count on the map
    /// more finely than in tens; 0 tells all.
    #[arg(long, default_value_t = 5, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub suppress_below: u32,
    /// Create a demo supervisor with a random password and print it. For simulated or recorded streams only.
    #[arg(long)]
    pub demo: bool,
    #[command(flatten)]
    pub ground: GroundArgs,
    #[command(flatten)]
    pub limits: Limits,
    /// Length of a tick. Shorter ticks are for tests.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(20..=5000), hide = true)]
    pub tick_ms: u32,
}

#[derive(Debug, Clone, Args)]
pub struct User {
    #[command(flatten)]
    pub data_dir: DataDir,
    #[command(subcommand)]
    pub command: UserCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Create an account; its random password is printed once.
    Add { name: String, role: String },
    /// List all accounts.
    List,
    /// Close an account and end its sessions.
    Disable { name: String },
    /// Give an account a new random password, printed once, and end its sessions.
    Password { name: String },
    /// Change the role of an account and end its sessions.
    Role { name: String, role: String },
}

#[derive(Debug, Clone, Args)]
pub struct Registry {
    #[command(flatten)]
    pub data_dir: DataDir,
    /// The file that the server reads, where it was started with --registry.
    #[arg(long, value_name = "FILE", global = true)]
    pub registry: Option<PathBuf>,
    #[command(subcommand)]
    pub command: RegistryCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum RegistryCommand {
    /// Check a CSV file with the columns vin,make,model,class and put it in place of the registry, whole or not at all.
    Import { file: PathBuf },
}

fn log_level(text: &str) -> Result<String, tracing_subscriber::filter::ParseError> {
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned())
}

/// The registry's place in the data dir.
#[must_use]
pub fn registry_in(data_dir: &std::path::Path) -> PathBuf {
    data_dir.join("registry.csv")
}

#[derive(Debug, Clone, Args)]
pub struct Audit {
    #[command(flatten)]
    pub data_dir: DataDir,
    #[command(subcommand)]
    pub command: AuditCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Check the chain; with --heads also that nothing after an exported head was cut off.
    Verify {
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// Write who looked at one vehicle, when and for what purpose; the VIN is read from standard input. It is a row of the log.
    Vehicle,
    /// Check that a report on a vehicle is as it was made, by the log's row about it and the chain that row is part of.
    CheckReport {
        file: PathBuf,
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// Confirm that this machine's clock is right although the log has rows of a later time. All sessions end.
    AcceptClock,
}

impl Serve {
    /// # Errors
    /// An address that is not loopback, a stream that is not a WebSocket, or a demo for others than this machine.
    pub fn check(&self) -> Result<()> {
        if !self.listen.ip().is_loopback() && self.outside() == Outside::Loopback {
            bail!(
                "--listen {} is reachable from other machines, and without TLS anybody on the way could read along: \
                 give --tls-cert FILE and --tls-key FILE, or put a reverse proxy with TLS before it and say \
                 --behind-proxy, or listen on 127.0.0.1",
                self.listen
            );
        }
        if let Some(addr) = self.ops_listen.filter(|addr| !addr.ip().is_loopback()) {
            bail!(
                "--ops-listen {addr} is reachable from other machines, and /metrics asks for no password: listen on \
                 127.0.0.1"
            );
        }
        if self.demo && !self.listen.ip().is_loopback() {
            bail!(
                "--demo is for this machine only, not {}: its supervisor's password stands in the log",
                self.listen
            );
        }
        if let Some(addr) = self.listen_32960.filter(|addr| !addr.ip().is_loopback()) {
            bail!(
                "--listen-32960 {addr} is reachable from other machines, and the platforms' passwords would go over \
                 the wire in the clear: listen on 127.0.0.1 and put a TLS proxy before it"
            );
        }
        for url in &self.telemetry {
            // Not the address itself: it may hold what must not be shown.
            check_url(url).map_err(|why| anyhow!("--telemetry: {why}"))?;
            self.check_demo(url)?;
        }
        Ok(())
    }

    /// # Errors
    /// A stream of another machine, in demo mode.
    pub fn check_demo(&self, url: &str) -> Result<()> {
        if self.demo && !is_on_this_machine(url) {
            bail!(
                "--demo is for streams of this machine only, not {url}: its supervisor's password stands in the log"
            );
        }
        Ok(())
    }

    /// How the world reaches this server.
    #[must_use]
    pub fn outside(&self) -> Outside {
        if self.tls_cert.is_some() {
            Outside::Tls
        } else if self.behind_proxy {
            Outside::BehindProxy
        } else {
            Outside::Loopback
        }
    }

    /// The files of TLS, where it is asked for.
    #[must_use]
    pub fn tls(&self) -> Option<tls::Files> {
        Some(tls::Files {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
        })
    }

    /// The registry's file, and whether it has to be there.
    #[must_use]
    pub fn registry_file(&self) -> (PathBuf, bool) {
        match &self.registry {
            Some(named) => (named.clone(), true),
            None => (registry_in(&self.data_dir.path), false),
        }
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.path.join("evwall.db")
    }

    #[must_use]
    pub fn heads_file(&self) -> PathBuf {
        self.audit_heads
            .clone()
            .unwrap_or_else(|| self.data_dir.path.join("audit-heads"))
    }

    /// The address of `/metrics`; port 0 where the map's own port is 0.
    #[must_use]
    pub fn ops_addr(&self, map_addr: SocketAddr) -> SocketAddr {
        self.ops_listen.unwrap_or_else(|| {
            let port = match self.listen.port() {
                0 => 0,
                _ => map_addr.port().checked_add(1).unwrap_or(0),
            };
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
        })
    }

    /// # Errors
    /// When the folder cannot be made.
    pub fn make_data_dir(&self) -> Result<()> {
        make_private_dir(&self.data_dir.path)
    }
}

/// Makes a folder that only this user can enter.
///
/// # Errors
/// When it cannot be made.
pub fn make_private_dir(dir: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("cannot make the data folder {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(args: &[&str]) -> Serve {
        let cli = Cli::try_parse_from(["evwall", "serve"].iter().chain(args)).unwrap();
        match cli.command {
            Command::Serve(serve) => *serve,
            _ => unreachable!(),
        }
    }

    #[test]
    fn an_address_that_others_reach_is_refused_with_advice() {
        let error = serve(&["--listen", "0.0.0.0:3000"])
            .check()
            .unwrap_err()
            .to_string();
        for advice in [
            "--listen 0.0.0.0:3000",
            "--tls-cert",
            "--behind-proxy",
            "127.0.0.1",
        ] {
            assert!(error.contains(advice), "{error}");
        }
        for secured in [
            &["--listen", "0.0.0.0:3000", "--behind-proxy"][..],
            &[
                "--listen",
                "0.0.0.0:3000",
                "--tls-cert",
                "a",
                "--tls-key",
                "b",
            ],
        ] {
            assert!(serve(secured).check().is_ok());
            let demo = [secured, &["--demo"]].concat();
            let error = serve(&demo).check().unwrap_err().to_string();
            assert!(error.contains("--demo"), "{error}");
        }
        let error = serve(&["--ops-listen", "192.0.2.1:9"])
            .check()
            .unwrap_err()
            .to_string();
        assert!(error.contains("--ops-listen"), "{error}");
    }

    #[test]
    fn a_certificate_comes_with_its_key_and_without_a_proxy() {
        for args in [
            &["--tls-cert", "a"][..],
            &["--tls-key", "b"],
            &["--tls-cert", "a", "--tls-key", "b", "--behind-proxy"],
        ] {
            let all = ["evwall", "serve"].iter().chain(args);
            assert!(Cli::try_parse_from(all).is_err(), "{args:?}");
        }
    }

    #[test]
    fn the_demo_account_exists_for_local_streams_only() {
        let error = serve(&["--demo", "--telemetry", "ws://192.0.2.7:1/"])
            .check()
            .unwrap_err();
        assert!(error.to_string().contains("--demo"), "{error}");
    }

    #[test]
    fn a_stream_that_is_no_websocket_is_named() {
        let error = serve(&["--telemetry", "http://127.0.0.1:9"])
            .check()
            .unwrap_err();
        assert!(error.to_string().contains("ws://"), "{error}");
    }
}
