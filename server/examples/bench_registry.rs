//! How long it takes to import the registry of a country with the real binary, and until a server that runs has taken it in.
//! The argument is the number of vehicles.

#[path = "programs/mod.rs"]
mod programs;

use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

const VEHICLES: usize = 1_100_000;
const CLASSES: [&str; 6] = ["private", "taxi", "bus", "logistics", "sanitation", "other"];
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> Result<()> {
    let vehicles = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => VEHICLES,
    };
    let evwall = programs::programs()?.join("evwall");
    let folder = tempfile::tempdir()?;
    let csv = folder.path().join("vehicles.csv");
    std::fs::write(&csv, registry(vehicles))?;
    let data_dir = folder.path().join("data");
    let site = folder.path().join("site");
    std::fs::create_dir_all(site.join("pkg"))?;
    let server = Server::start(&evwall, &site, &data_dir)?;

    let began = Instant::now();
    let imported = Command::new(&evwall)
        .args(["registry", "import"])
        .arg(&csv)
        .arg("--data-dir")
        .arg(&data_dir)
        .stdout(Stdio::null())
        .status()?;
    ensure!(imported.success(), "the import ended with {imported}");
    say("registry_import_s", began.elapsed());
    while server.registered()? < vehicles {
        ensure!(began.elapsed() < PATIENCE, "the server has not taken it in");
        std::thread::sleep(Duration::from_millis(20));
    }
    say("registry_live_s", began.elapsed());
    Ok(())
}

/// Made-up vehicles, each VIN its own.
fn registry(vehicles: usize) -> String {
    let mut csv = "vin,make,model,class\n".to_owned();
    for serial in 0..vehicles {
        // Six digits are a million vehicles; those beyond have another letter before them.
        let letter = char::from(b'A' + (serial / 1_000_000) as u8);
        let _ = writeln!(
            csv,
            "LTEST00000{letter}{:06},Maker {},Model {},{}",
            serial % 1_000_000,
            serial % 40,
            serial % 300,
            CLASSES[serial % CLASSES.len()]
        );
    }
    csv
}

struct Server {
    child: Child,
    ops: SocketAddr,
}

impl Server {
    fn start(evwall: &Path, site: &Path, data_dir: &Path) -> Result<Self> {
        let mut child = Command::new(evwall)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--ops-listen",
                "127.0.0.1:0",
            ])
            .arg("--site")
            .arg(site)
            .arg("--data-dir")
            .arg(data_dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        for line in lines {
            if let Some(addr) = line?
                .strip_prefix("metrics http://")
                .and_then(|rest| rest.strip_suffix("/metrics"))
            {
                let ops = addr.parse()?;
                return Ok(Self { child, ops });
            }
        }
        anyhow::bail!("the server did not say where its metrics are")
    }

    fn registered(&self) -> Result<usize> {
        let mut socket = TcpStream::connect(self.ops)?;
        std::io::Write::write_all(
            &mut socket,
            b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n",
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let value = answer
            .lines()
            .find_map(|line| line.strip_prefix("evwall_vehicles_registered "));
        Ok(value.map_or(Ok(0.0), str::parse::<f64>)? as usize)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(metric: &str, took: Duration) {
    let seconds = (took.as_secs_f64() * 100.0).round() / 100.0;
    println!(
        "{{\"bench\":\"registry\",\"metric\":\"{metric}\",\"value\":{seconds},\"unit\":\"s\"}}"
    );
}
