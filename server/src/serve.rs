//! `evwall serve`: puts the parts together and takes them apart again.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use access::Access;
use anyhow::{Context, Result, bail};
use axum::Router;
use axum::extract::connect_info::{Connected, IntoMakeServiceWithConnectInfo};
use axum::serve::{IncomingStream, Listener};
use fleet::{Fleet, RegistryEntry, Rules, SourceId, Zones};
use intake::Stream;
use leptos::config::{Env, LeptosOptions};
use tokio::net::{TcpListener, TcpSocket};
use tokio_tungstenite::Connector;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::config::Serve;
use crate::ground::Ground;
use crate::handles::{self, Handles};
use crate::outside::{Peer, PlainListener};
use crate::picture::Picture;
use crate::queues::Queues;
use crate::registry_live::{Registered, Seen};
use crate::retention::{Keeper, Steady, Stores};
use crate::screens::Screens;
use crate::site::Site;
use crate::state::{AppState, SiteNumber};
use crate::tls::TlsListener;
use crate::viewers::Seats;
use crate::{
    clock, districts, fleet_thread, gazetteer, heads, metrics, ops, registry, registry_live,
    routes, site, source, systemd, zones,
};

/// How long open requests may take to end, and then the tasks, the one that keeps the picture among them.
const DRAIN: Duration = Duration::from_secs(3);
/// After a signal the process ends within this, whatever hangs.
const END_WITHIN: Duration = Duration::from_millis(9_500);
/// What the system holds for a viewer that does not read. Linux doubles it: enough for a megabyte a second over a line of
/// a tenth of a second.
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// Connections that may wait to be accepted: after a restart all maps come back at once.
const BACKLOG: u32 = 2048;

/// Everything that is read before a port is opened.
struct Prepared {
    ground: Arc<Ground>,
    registry_file: PathBuf,
    registry_seen: Seen,
    entries: Vec<RegistryEntry>,
    platforms: intake::Platforms,
    /// And how many they are.
    zones: Option<(Zones, usize)>,
    streams: Vec<(Stream, Option<Connector>)>,
}

impl Prepared {
    fn read(config: &Serve) -> Result<Self> {
        config.check()?;
        if let Some(files) = config.tls() {
            files.load()?;
        }
        let ground = Arc::new(Ground::open(&config.ground)?);
        let (registry_file, must_be) = config.registry_file();
        let registry_seen = Seen::of(&registry_file);
        let entries = if must_be || registry_seen.is_there() {
            registry::read(&registry_file)?
        } else {
            Vec::new()
        };
        let platforms = match &config.platforms {
            Some(path) => source::read_platforms(path)?,
            None => intake::Platforms::default(),
        };
        if !platforms.all.is_empty() && config.listen_32960.is_none() {
            bail!(
                "--platforms names a [[platform]], and without --listen-32960 ADDR it cannot connect"
            );
        }
        if platforms.all.is_empty() && config.listen_32960.is_some() {
            bail!("--listen-32960 waits for platforms, and --platforms names no [[platform]]");
        }
        let streams = streams(config, &platforms)?;
        let zones = config.zones.as_deref().map(zones::read).transpose()?;
        Ok(Self {
            ground,
            registry_file,
            registry_seen,
            entries,
            platforms,
            zones,
            streams,
        })
    }
}

/// Reads everything that a start would read, and opens nothing: neither a port nor the database, which a server may be
/// running on.
///
/// # Errors
/// Whatever of that would keep the server from starting, in one sentence.
pub fn check(config: &Serve) -> Result<()> {
    let prepared = Prepared::read(config)?;
    let beside = tempfile::tempdir()?;
    let site = Site::open(config.site.as_deref(), beside.path())?;
    site::fingerprint(site.path())?;
    gazetteer::read(site.path(), &districts::read(site.path())?)?;
    Picture::check_key(&config.data_dir.path, config.state_key.as_deref())?;
    access::read_heads(&config.heads_file())?;
    println!(
        "# A server would start: {} streams, {} platforms, {} vehicles in the registry, {} zones.",
        prepared.streams.len(),
        prepared.platforms.all.len(),
        prepared.entries.len(),
        prepared.zones.map_or(0, |(_, count)| count)
    );
    Ok(())
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// Whatever keeps it from starting, in one sentence.
pub async fn run<F>(config: Serve, at_hangup: impl FnOnce(CancellationToken) -> F) -> Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    // First of all: a SIGHUP that nobody listens to ends the process.
    tasks.spawn(at_hangup(stop.clone()));
    let Prepared {
        ground,
        registry_file,
        registry_seen,
        entries,
        platforms,
        zones,
        streams,
    } = Prepared::read(&config)?;
    let prometheus = metrics::install()?;
    let listener = bind_map(config.listen)?;
    let map_addr = listener.local_addr()?;
    let ops_listener = bind(config.ops_addr(map_addr), "--ops-listen").await?;
    let ops_addr = ops_listener.local_addr()?;
    let platform_listener = match config.listen_32960 {
        Some(addr) => Some(bind(addr, "--listen-32960").await?),
        None => None,
    };
    // From here on the data dir is this process's alone.
    let access = open_access(&config).await?;
    let site = Site::open(config.site.as_deref(), &config.data_dir.path)?;
    let page = SiteNumber(site::fingerprint(site.path())?);
    let heads_file = config.heads_file();
    let ran_unix_s = heads::check(&heads_file)?;

    let mut fleet = Fleet::new(Rules {
        // Whoever knew the seed could undo the displacement of parked cars.
        seed: rand::random(),
        blurred_finest_level: config.blurred_level,
        blur_radius_m: f64::from(config.blur_radius_m),
        private_driving_exact: config.private_driving_exact,
        suppress_below: config.suppress_below,
        ..Rules::default()
    });
    let districts = districts::read(site.path())?;
    fleet.set_districts(&districts);
    if let Some((set, count)) = zones {
        fleet.set_zones(set);
        zones::taken(count);
    }
    let gazetteer = gazetteer::read(site.path(), &districts)?;
    let registered = Registered::new(entries.iter().map(|entry| entry.vin));
    for entry in &entries {
        if fleet.register(entry).is_none() {
            bail!("the registry has more vehicles than one server holds");
        }
    }
    let sources = source::Names::new(
        streams
            .iter()
            .map(|(stream, _)| stream.name.clone())
            .collect(),
    );
    u16::try_from(streams.len()).context("more than 65,535 streams")?;
    let keep_ms = u64::from(config.retention.vehicle_days) * 86_400_000;
    let rolls = source::Rolls::new(platforms, sources.clone(), keep_ms)?;
    let picture = picture(&config, sources.clone())?;
    if let Some(picture) = &picture {
        picture.take_up(&mut fleet, clock::now());
    }
    let quarantines = source::Quarantines::new(sources.clone());
    let fleet = fleet_thread::start(fleet, sources.clone(), config.tick_ms)?
        .with_districts(districts::names(&districts));
    for source in 0..u16::try_from(sources.all().len())? {
        // A wall names also who has never come.
        fleet.source_connected(SourceId(source), false).await;
    }

    let subscribed = streams.len();
    for (index, (stream, tls)) in streams.into_iter().enumerate() {
        let id = SourceId(u16::try_from(index)?);
        tasks.spawn(source::subscribe(
            stream,
            tls,
            id,
            quarantines.of(id),
            fleet.clone(),
            stop.clone(),
        ));
    }
    if let Some(listener) = platform_listener {
        tell(format_args!("platforms tcp://{}", listener.local_addr()?));
        info!(
            platforms = rolls.newest().platforms.all.len(),
            "listening for platforms; a reply of success means taken into memory and no more: evwall is a mirror and \
             must never be a maker's only receiver"
        );
        let gateway = source::Gateway::new(
            rolls.clone(),
            quarantines.clone(),
            registered.clone(),
            fleet.clone(),
            stop.clone(),
        );
        tasks.spawn(gateway.listen(listener));
    }
    if let Some(path) = config.platforms.clone() {
        tasks.spawn(rolls.keep(path, fleet.clone(), stop.clone()));
    }
    tasks.spawn(registry_live::keep(
        registry_file,
        registry_seen,
        registered.clone(),
        fleet.clone(),
        stop.clone(),
    ));
    if let Some(picture) = picture {
        tasks.spawn(picture.keep(fleet.clone(), stop.clone()));
    }
    if let Some(path) = &config.zones {
        tasks.spawn(zones::keep(path.clone(), fleet.clone(), stop.clone()));
    }
    tasks.spawn(keep_access(access.clone(), stop.clone()));
    let handles = Arc::new(Handles::default());
    tasks.spawn(handles::close_abandoned(
        Arc::clone(&handles),
        access.clone(),
        stop.clone(),
    ));
    tasks.spawn(heads::keep(
        access.clone(),
        heads_file.clone(),
        stop.clone(),
    ));

    let queues = Queues::default();
    fleet.tell_of(&queues);
    for queue in access.queues() {
        queues.add(queue.name, queue.bound, queue.length);
    }
    let state = AppState {
        leptos: LeptosOptions::builder()
            .output_name("evwall")
            .site_root(site.path().to_string_lossy())
            .site_pkg_dir("pkg")
            .env(Env::PROD)
            .site_addr(map_addr)
            .build(),
        access: access.clone(),
        fleet,
        handles,
        seats: Seats::new(config.limits),
        ground,
        site: page,
        sources: sources.clone(),
        alarms: Arc::default(),
        walls: Arc::default(),
        screens: Arc::new(Screens::new()),
        gazetteer: gazetteer.into(),
        stop: stop.clone(),
    };
    let stores = Stores {
        access: access.clone(),
        fleet: state.fleet.clone(),
        quarantines: quarantines.clone(),
        handles: Arc::clone(&state.handles),
        walls: Arc::clone(&state.walls),
        screens: Arc::clone(&state.screens),
    };
    let steady = Steady::new(ran_unix_s, clock::now());
    tasks.spawn(Keeper::new(stores, config.retention, steady).keep(stop.clone()));
    tasks.spawn(metrics::keep_small(prometheus.clone(), stop.clone()));
    tasks.spawn(ops::serve(
        ops_listener,
        prometheus,
        quarantines,
        queues.clone(),
        sources,
        stop.clone().cancelled_owned(),
    ));

    info!(
        registered = registered.len(),
        streams = subscribed,
        "serving; evwall is a mirror of the stream and keeps no history"
    );
    let scheme = match config.tls_cert {
        Some(_) => "https",
        None => "http",
    };
    tell(format_args!("listening {scheme}://{map_addr}"));
    tell(format_args!("metrics http://{ops_addr}/metrics"));
    if config.demo {
        let password = access
            .create_demo("demo", clock::unix_s())
            .await
            .context("cannot create the demo account")?;
        tell(format_args!("sign in as demo with password {password}"));
    }

    tasks.spawn(systemd::keep(state.fleet.published(), stop.clone()));
    let router = routes::router(state, site.path(), config.outside())
        .into_make_service_with_connect_info::<Peer>();
    let serving = async {
        match config.tls() {
            Some(files) => {
                serve_on(TlsListener::start(listener, files, &queues)?, router, &stop).await
            }
            None => serve_on(PlainListener(listener), router, &stop).await,
        }
    };
    tokio::select! {
        served = serving => served?,
        () = drained(stop.clone()) => warn!("some requests did not end in time"),
    }
    stop.cancel();
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        warn!("some tasks did not end in time");
    }
    access.stop(clock::unix_s()).await;
    heads::at_stop(&config.database(), &heads_file).await;
    Ok(())
}

/// Until a signal, or until the listener breaks.
async fn serve_on<L>(
    listener: L,
    router: IntoMakeServiceWithConnectInfo<Router, Peer>,
    stop: &CancellationToken,
) -> Result<()>
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let stop = stop.clone();
    let shutdown = async move {
        wait_for_signal().await;
        info!("stopping");
        end_within(END_WITHIN);
        stop.cancel();
    };
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await
        .context("the listener broke")
}

/// Ends the process after a time if nothing else has; from a thread of its own, so that nothing can keep it from that.
fn end_within(time: Duration) {
    let end = move || {
        std::thread::sleep(time);
        error!("something hung for too long: the process ends without it");
        std::process::exit(1);
    };
    let thread = std::thread::Builder::new().name("end".to_owned());
    if let Err(error) = thread.spawn(end) {
        warn!(%error, "nothing watches over the end of the process");
    }
}

/// Resolves some time after the stop: a viewer that does not read cannot keep the server from ending.
async fn drained(stop: CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}

/// Connections inherit the size of the listener's send buffer.
fn bind_map(addr: SocketAddr) -> Result<TcpListener> {
    let with_buffer = || {
        let socket = match addr {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(addr)?;
        socket.listen(BACKLOG)
    };
    bound(with_buffer(), addr, "--listen")
}

async fn bind(addr: SocketAddr, flag: &str) -> Result<TcpListener> {
    bound(TcpListener::bind(addr).await, addr, flag)
}

fn bound(
    listener: std::io::Result<TcpListener>,
    addr: SocketAddr,
    flag: &str,
) -> Result<TcpListener> {
    match listener {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!("{flag} {addr}: the port is in use; stop what uses it or choose another")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {flag} {addr}")),
    }
}

/// A line for whoever started the server. That nobody listens any more is no reason to end.
fn tell(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

async fn open_access(config: &Serve) -> Result<Access> {
    config.make_data_dir()?;
    let settings = access::Settings {
        demo: config.demo,
        ..access::Settings::default()
    };
    let access = Access::open_with(config.database(), settings, clock::unix_s()).await?;
    if let Some(path) = access.first_start(clock::unix_s()).await? {
        tell(format_args!(
            "first admin: the password of \"admin\" is in {}",
            path.display()
        ));
    }
    Ok(access)
}

/// Where the picture is kept; nothing, and no older one, where it shall not be.
fn picture(config: &Serve, sources: source::Names) -> Result<Option<Picture>> {
    let folder = &config.data_dir.path;
    if config.retention.picture_hours == 0 {
        Picture::forget(folder);
        return Ok(None);
    }
    let max_age = Duration::from_secs(u64::from(config.retention.picture_hours) * 3_600);
    let blur_radius_m = f64::from(config.blur_radius_m);
    let key = config.state_key.as_deref();
    Picture::new(folder, key, max_age, sources, blur_radius_m).map(Some)
}

async fn keep_access(access: Access, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = access.keep(clock::unix_s) => {}
    }
}

/// Every stream to subscribe to, those of the command line first, with how its certificates are checked.
fn streams(
    config: &Serve,
    platforms: &intake::Platforms,
) -> Result<Vec<(Stream, Option<Connector>)>> {
    let plain = config
        .telemetry
        .iter()
        .map(|url| Stream::plain(name_of(url), url.clone()));
    plain
        .chain(platforms.streams.iter().cloned())
        .map(|stream| {
            config.check_demo(&stream.url)?;
            let tls = source::connector(&stream)?;
            Ok((stream, tls))
        })
        .collect()
}

/// What a source is called in logs and on the page: its host, port and path, never its credentials.
fn name_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('?').next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.trim_end_matches('/').to_owned()
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_without_its_credentials() {
        assert_eq!(
            name_of("wss://user:secret@bus.example:9/feed?token=x"),
            "bus.example:9/feed"
        );
        assert_eq!(name_of("ws://127.0.0.1:4000/"), "127.0.0.1:4000");
    }
}
