//! `cargo xtask …`: everything that is done to evwall rather than by it.
//!
//! Building the page needs steps that cargo alone does not take (bindings, wasm-opt, the site folder); they stand here in
//! Rust so that a machine with rustup, Node, make and a C compiler needs nothing else. What is missing is installed where that
//! can be done by the ordinary tool; where it cannot, one line says what to install. No step is skipped silently.

mod attack;
mod basemap;
mod bench;
mod browser;
mod chaos;
mod ci;
mod dist;
mod marks;
mod root;
mod run;
mod screenshot;
mod shrink;
mod site;
mod soak;
mod step;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Build, run, test and measure evwall"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the page, the server and the simulator: target/site, target/release/evwall, target/release/evwall-sim
    Build(site::BuildOptions),
    /// Build, start a telemetry stream and the server, print where to look; Ctrl-C ends all of it
    Run(run::RunOptions),
    /// Every test: unit, integration, WebAssembly (in node), browser (Playwright with a real Chromium)
    Test(ci::TestOptions),
    /// What a change must pass: format, clippy for native and wasm32, then `test`
    Ci,
    /// Run the benches (all, or the named one); JSON lines to standard output and target/bench/NAME.json; `--write`: into docs/performance.md
    Bench(bench::BenchOptions),
    /// Make what a centre installs: target/dist/evwall-VERSION-ARCH.tar.gz, one program with the site inside, units, settings
    Dist(dist::DistOptions),
    /// Run stream, server and a wall in a browser for long, look at them again and again, write docs/soak.md; fails if anything rises
    Soak(soak::SoakOptions),
    /// Try on a made-up week what somebody would who watches one viewer's map; `--write`: into docs/security.md
    Attack(attack::AttackOptions),
    /// Do to the release programs every fault that they must survive, and print what became of it; `--write`: into docs/chaos.md
    Chaos(chaos::ChaosOptions),
    /// Make the default ground map and its fonts again: public/ground, public/fonts
    Basemap,
    /// Take the picture of the wall that README.md shows
    Screenshot(screenshot::ScreenshotOptions),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Build(options) => site::build(&options).map(|_| ()),
        Task::Run(options) => run::run(&options),
        Task::Test(options) => ci::test(&options),
        Task::Ci => ci::ci(),
        Task::Bench(options) => bench::bench(&options),
        Task::Dist(options) => dist::dist(&options),
        Task::Soak(options) => soak::soak(&options),
        Task::Attack(options) => attack::attack(&options),
        Task::Chaos(options) => chaos::chaos(&options),
        Task::Basemap => basemap::basemap(),
        Task::Screenshot(options) => screenshot::screenshot(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
