//! Every fault that a wall must survive, done to the real server, and what became of it: a JSON line for each, of which
//! `cargo xtask chaos` makes a table.
//!
//! | file | idea |
//! |---|---|
//! | `upstream` | the makers' platforms, and what is true |
//! | `pipe` | a network that fails |
//! | `eye` | a wall, and whether it shows what is true |
//! | `bench` | all of it together, and the row that a fault leaves |
//! | `sources`, `server`, `viewers`, `limits` | the faults |
//!
//! One server lives through most of it, as it does in life. Everything stays on this machine's loopback; only what was
//! started here is ended.

mod bench;
mod eye;
mod limits;
#[expect(
    dead_code,
    reason = "the very file that the page goes by, of which a wall without a screen needs half"
)]
#[path = "../../../crates/dotmap/src/link.rs"]
mod link;
mod pipe;
#[path = "../bench_fanout/probes.rs"]
mod probes;
#[path = "../programs/mod.rs"]
mod programs;
#[path = "../bench_fanout/rig.rs"]
mod rig;
mod server;
mod sources;
mod upstream;
#[path = "../bench_fanout/viewers.rs"]
mod viewers;
mod viewers_faults;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::bench::{Bench, Row};

#[derive(Parser)]
struct Options {
    /// Vehicles, each of which reports once a second
    #[arg(long, default_value_t = 7_400)]
    vehicles: u32,
    /// Viewers that are there when the server is restarted
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Only the faults whose names hold this; may be given several times
    #[arg(long)]
    only: Vec<String>,
    /// This is a mount namespace of its own
    #[arg(long, hide = true)]
    inside: bool,
}

/// One fault.
struct Fault {
    /// As it stands in the table.
    name: &'static str,
    /// What people see meanwhile.
    sees: &'static str,
    happen: fn(&mut Bench) -> Result<Row>,
}

const FAULTS: [Fault; 18] = [
    Fault {
        name: "every platform drops and is away for 20 s",
        sees: "after 5 s the map dims and says since when; after 10 s its dots are hollow (cut off)",
        happen: sources::drop_out,
    },
    Fault {
        name: "half-open: streams die without a word, and the way is away for 30 s",
        sees: "dots of these platforms are hollow (cut off); the old connections are never heard of again",
        happen: sources::half_open,
    },
    Fault {
        name: "frozen: platforms say nothing for 20 s on healthy sockets",
        sees: "after 5 s the map dims and says since when; no connection is made anew",
        happen: sources::frozen,
    },
    Fault {
        name: "all sources break and come back at once",
        sees: "nothing, or dots that wait for a second",
        happen: sources::all_at_once,
    },
    Fault {
        name: "flood: ten times the usual rate for 20 s, nine tenths of it old",
        sees: "nothing",
        happen: sources::flood,
    },
    Fault {
        name: "garbage between the reports for a minute",
        sees: "nothing; the source board shows damage",
        happen: sources::garbage,
    },
    Fault {
        name: "vehicles' clocks an hour off, a third ahead, a third behind",
        sees: "those stand still (late after 75 s); the source board shows their clocks",
        happen: sources::vehicles_clocks,
    },
    Fault {
        name: "a platform's clock an hour ahead",
        sees: "its vehicles stand still; the source board shows its clock",
        happen: sources::platform_ahead,
    },
    Fault {
        name: "a platform's clock an hour behind",
        sees: "its vehicles stand still; the source board shows its clock",
        happen: sources::platform_behind,
    },
    Fault {
        name: "80 ms of delay and 1 % loss, both ways, on the way to the wall and from the platforms, for 20 s",
        sees: "nothing, or a tick that comes later",
        happen: viewers_faults::slow_line,
    },
    Fault {
        name: "the wall's network is cut for 20 s, no FIN",
        sees: "after 3 s the map dims and says since when; it comes back by itself",
        happen: viewers_faults::cut,
    },
    Fault {
        name: "twenty viewers that never read",
        sees: "nothing",
        happen: viewers_faults::never_read,
    },
    Fault {
        name: "viewers that send garbage",
        sees: "nothing",
        happen: viewers_faults::send_garbage,
    },
    Fault {
        name: "disk full, and kill −9 on it",
        sees: "the map goes on; a card is refused, because its audit row cannot be written",
        happen: server::disk_full,
    },
    Fault {
        name: "kill −9 under load",
        sees: "the map dims and says since when; it comes back by itself",
        happen: server::killed,
    },
    Fault {
        name: "the state file is corrupt",
        sees: "after the restart dots come as vehicles report; the log says why",
        happen: server::corrupt,
    },
    Fault {
        name: "the server is restarted under all viewers",
        sees: "the last picture, late, within a second or two; then live",
        happen: server::restart,
    },
    Fault {
        name: "year 2038, and counters at their limits",
        sees: "nothing",
        happen: year_2038,
    },
];

/// In this process and at once: nobody can wait for it.
fn year_2038(_: &mut Bench) -> Result<Row> {
    let row = Row::recovered(std::time::Duration::ZERO);
    let kept = limits::outlive()?.into_iter();
    Ok(kept.fold(row, |row, what| row.keep(true, what)))
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A fault that cannot even be tried is a row too.
fn run(options: &Options) -> Result<()> {
    let asked = |fault: &&Fault| {
        options.only.is_empty() || options.only.iter().any(|part| fault.name.contains(part))
    };
    let mut bench = None;
    for fault in FAULTS.iter().filter(asked) {
        eprintln!("{} …", fault.name);
        let row = once(options, &mut bench, fault);
        let row = row.unwrap_or_else(|error| {
            // What it left behind shall not be blamed on the next.
            bench = None;
            Row::broken(format!("{error:#}"))
        });
        println!("{}", row.json(fault.name, fault.sees));
    }
    Ok(())
}

fn once(options: &Options, bench: &mut Option<Bench>, fault: &Fault) -> Result<Row> {
    let bench = match bench {
        Some(bench) => bench,
        None => bench.insert(Bench::start(
            options.vehicles,
            options.viewers,
            options.inside,
        )?),
    };
    bench.is_right()?;
    (fault.happen)(bench)
}
