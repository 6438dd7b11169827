//! How many reports a second come through real TCP sessions into the fleet, each of them acknowledged.
//!
//! The real binary listens; this program is the platforms: one thread a session writes frames that were encoded before,
//! another reads the answers. Both share the machine's cores with the server. Lost is every report that was sent and
//! not acknowledged, or acknowledged and not counted by the server.

#[path = "programs/mod.rs"]
mod programs;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use gb32960::codes::{BrakePedal, ChargeState, DcDc, RunningMode, VehicleState};
use gb32960::encode::{self, ReportWriter};
use gb32960::full::{Alarms, Extremes2016, Position2016, Vehicle2016};
use gb32960::quantity::{
    CellNo, Current2016, ExtremeCellVoltage, Insulation2016, Odometer, PedalPct, ProbeNo, SocPct,
    Speed2016, SubsystemNo, TempC, Voltage2016,
};
use gb32960::{Edition, Split, Time, Vin, split};

const PLATFORMS: usize = 4;
/// The vehicles of a city, shared among the platforms.
const VEHICLES: usize = 222_000;
const SENDING: Duration = Duration::from_secs(10);
/// Written at once; a platform that forwards many vehicles does the same.
const WRITE_BYTES: usize = 64 * 1024;
const WMIS: [&str; PLATFORMS] = ["LGX", "LSJ", "LRW", "LFV"];

fn main() -> Result<()> {
    let server = Server::start()?;
    let frames: Vec<Vec<u8>> = WMIS.iter().map(|wmi| frames_of(wmi)).collect();
    let per_platform = VEHICLES / PLATFORMS;
    let mean_bytes = frames[0].len() / per_platform;
    eprintln!("{PLATFORMS} sessions, {VEHICLES} vehicles, reports of {mean_bytes} bytes");

    let (sent, good, bad) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let mut sessions = Vec::new();
    for platform in 0..PLATFORMS {
        sessions.push(server.log_in(platform)?);
    }
    let started = Instant::now();
    let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (socket, frames) in sessions.iter().zip(&frames) {
            threads.push(scope.spawn(|| write(socket, frames, per_platform, &sent, &stop)));
            threads.push(scope.spawn(|| read(socket, &good, &bad)));
        }
        std::thread::sleep(SENDING);
        stop.store(true, Ordering::Relaxed);
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|outcome| outcome.expect("no thread of the bench panics"))
            .collect()
    });
    let took = started.elapsed();
    for outcome in outcomes {
        outcome?;
    }
    let (sent, good, bad) = (sent.into_inner(), good.into_inner(), bad.into_inner());
    let counted = server.count("evwall_reports_total")?;
    ensure!(bad == 0, "{bad} reports were refused");
    let lost = sent.saturating_sub(good.min(counted));
    figure(
        "tcp_reports_per_s",
        (good as f64 / took.as_secs_f64()).round(),
        "1/s",
    );
    figure("tcp_reports_lost", lost as f64, "1");
    let not_shown = server.count("evwall_reports_not_shown_total")?;
    eprintln!(
        "{sent} sent, {good} acknowledged, {counted} counted, {not_shown} not shown, {took:.2?}"
    );
    Ok(())
}

fn figure(metric: &str, value: f64, unit: &str) {
    println!(
        "{{\"bench\":\"ingest\",\"metric\":\"{metric}\",\"value\":{value},\"unit\":\"{unit}\"}}"
    );
}

/// Round after round until `stop`, then logs out. All frames are of one length, so a chunk is whole frames.
fn write(
    mut socket: &TcpStream,
    frames: &[u8],
    per_round: usize,
    sent: &AtomicU64,
    stop: &AtomicBool,
) -> Result<()> {
    let frame_bytes = frames.len() / per_round;
    let chunks = frames.chunks(WRITE_BYTES / frame_bytes * frame_bytes);
    for chunk in chunks.cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        socket
            .write_all(chunk)
            .context("the server stopped reading")?;
        sent.fetch_add((chunk.len() / frame_bytes) as u64, Ordering::Relaxed);
    }
    // The last thing it says, so that the last answer is known.
    let mut logout = Vec::new();
    let (time, command) = (Time([26, 1, 1, 0, 0, 0]), gb32960::Command::PlatformLogout);
    encode::logout(&mut logout, Edition::V2016, command, &Vin([0; 17]), time, 1);
    socket.write_all(&logout)?;
    Ok(())
}

/// Counts the answers until the one to the logout.
fn read(mut socket: &TcpStream, good: &AtomicU64, bad: &AtomicU64) -> Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..])?;
        ensure!(
            read > 0,
            "the server closed before it had answered everything"
        );
        filled += read;
        let mut at = 0;
        let (mut taken, mut refused) = (0, 0);
        while let Split::Frame { frame, len } = split(&buffer[at..filled]) {
            at += len;
            if frame.command() == gb32960::Command::PlatformLogout {
                good.fetch_add(taken, Ordering::Relaxed);
                return Ok(());
            }
            match frame.reply_flag() {
                0x01 => taken += 1,
                _ => refused += 1,
            }
        }
        good.fetch_add(taken, Ordering::Relaxed);
        bad.fetch_add(refused, Ordering::Relaxed);
        buffer.copy_within(at..filled, 0);
        filled -= at;
    }
}

/// A report of each vehicle of one platform, end to end: vehicle, position, extremes, alarms, as most of a fleet sends.
fn frames_of(wmi: &str) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let time = Time::from_unix_s(now.as_secs() as i64);
    let wmi = wmi.as_bytes().try_into().expect("three letters");
    let mut out = Vec::new();
    for serial in 0..(VEHICLES / PLATFORMS) as u32 {
        let vin = gb32960::vin::build(wmi, b"CE4CB", b'P', b'0', serial);
        // A golden-ratio walk spreads them over the city.
        let step = i64::from(serial.wrapping_mul(2_654_435_769) >> 12);
        let (lon_e6, lat_e6) = (
            121_000_000 + step % 900_000,
            30_800_000 + step / 9 % 700_000,
        );
        ReportWriter::new(
            &mut out,
            Edition::V2016,
            gb32960::Command::RealTime,
            &vin,
            time,
        )
        .vehicle(&vehicle(serial))
        .position(&Position2016::at(lon_e6 as i32, lat_e6 as i32, true))
        .extremes(&EXTREMES)
        .alarms(&Alarms::plain(Edition::V2016, 0, 0))
        .finish()
        .expect("a short report");
    }
    out
}

fn vehicle(serial: u32) -> Vehicle2016 {
    Vehicle2016 {
        state: VehicleState::Started.into(),
        charge: ChargeState::NotCharging.into(),
        mode: RunningMode::Electric.into(),
        speed: Speed2016((serial % 800) as u16),
        odometer: Odometer(serial * 7),
        voltage: Voltage2016(3600),
        current: Current2016(10_120),
        soc: SocPct((serial % 100) as u8),
        dcdc: DcDc::On.into(),
        gear: gb32960::codes::Gear2016(14),
        insulation: Insulation2016(2000),
        accelerator: PedalPct(20),
        brake: BrakePedal(0),
    }
}

const EXTREMES: Extremes2016 = Extremes2016 {
    vmax_sub: SubsystemNo(1),
    vmax_cell: CellNo(17),
    vmax: ExtremeCellVoltage(3606),
    vmin_sub: SubsystemNo(1),
    vmin_cell: CellNo(88),
    vmin: ExtremeCellVoltage(3591),
    tmax_sub: SubsystemNo(1),
    tmax_probe: ProbeNo(3),
    tmax: TempC(65),
    tmin_sub: SubsystemNo(1),
    tmin_probe: ProbeNo(12),
    tmin: TempC(63),
};

struct Server {
    child: Child,
    platforms: SocketAddr,
    ops: SocketAddr,
    folder: PathBuf,
}

impl Server {
    fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("evwall-bench-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("site/pkg"))?;
        let file = folder.join("platforms.toml");
        let mut text = String::new();
        for wmi in WMIS {
            text.push_str(&format!(
                "[[platform]]\nname = '{wmi}'\nuser = '{wmi}'\npassword = 'bench'\nfrom = ['127.0.0.1']\n\
                 wmis = ['{wmi}']\nmax_unregistered = 1_000_000\nframes_per_s = 10_000_000\n"
            ));
        }
        std::fs::write(&file, text)?;
        let mut child = Command::new(programs::programs()?.join("evwall"))
            .arg("serve")
            .args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"])
            .arg("--site")
            .arg(folder.join("site"))
            .arg("--data-dir")
            .arg(folder.join("data"))
            .args(["--listen-32960", "127.0.0.1:0", "--platforms"])
            .arg(&file)
            .env("EVWALL_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .context("the server could not be started")?;
        let stdout = child.stdout.take().context("a server without an output")?;
        let (mut platforms, mut ops) = (None, None);
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(addr) = line.strip_prefix("platforms tcp://") {
                platforms = addr.parse().ok();
            }
            if let Some(rest) = line.strip_prefix("metrics http://") {
                ops = rest
                    .strip_suffix("/metrics")
                    .and_then(|addr| addr.parse().ok());
            }
            if platforms.is_some() && ops.is_some() {
                break;
            }
        }
        Ok(Self {
            child,
            platforms: platforms.context("the server did not say where platforms connect")?,
            ops: ops.context("the server did not say where its metrics are")?,
            folder,
        })
    }

    fn log_in(&self, platform: usize) -> Result<TcpStream> {
        let mut socket = TcpStream::connect(self.platforms)?;
        socket.set_nodelay(true)?;
        let mut login = Vec::new();
        let (time, user) = (Time([26, 1, 1, 0, 0, 0]), WMIS[platform].as_bytes());
        encode::platform_login(
            &mut login,
            Edition::V2016,
            &Vin([0; 17]),
            time,
            1,
            user,
            b"bench",
        );
        socket.write_all(&login)?;
        let mut answer = [0; gb32960::MIN_FRAME_LEN + 6];
        socket.read_exact(&mut answer)?;
        ensure!(answer[3] == 0x01, "the login was refused");
        Ok(socket)
    }

    /// The sum over all labels.
    fn count(&self, metric: &str) -> Result<u64> {
        let mut socket = TcpStream::connect(self.ops)?;
        socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        let values = text
            .lines()
            .filter(|line| line.starts_with(metric))
            .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        Ok(values.sum::<f64>() as u64)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
