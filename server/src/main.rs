//! evwall: subscribes to the telemetry of electric vehicles and pushes what a viewport shows to every open map.
//!
//! In the order of the data: [`source`] → [`fleet_thread`] → [`viewers`]; beside them the [`door`] before every route
//! with its table of [`places`], the [`centre`] that answers for single vehicles, the [`office`] for accounts and the
//! log, [`picture`] for what is kept over a restart, [`ground`] for what lies under the dots, [`settings`] and what of them is [`reload`]ed at SIGHUP, and [`ops`] for operators.

#![recursion_limit = "256"]

mod accounts;
mod alarms;
mod card;
mod card_fields;
mod card_groups;
#[cfg(test)]
mod card_items_tests;
mod card_plots;
mod centre;
mod clock;
mod config;
mod desk_work;
mod destination;
mod districts;
mod door;
mod export;
mod fleet_thread;
mod gazetteer;
mod ground;
mod handles;
mod heads;
mod memory;
mod metrics;
mod office;
mod ops;
mod outside;
mod picture;
mod places;
mod queues;
mod rates;
mod registry;
mod registry_live;
mod reload;
mod retention;
mod routes;
mod screens;
mod serve;
mod settings;
mod site;
mod source;
mod source_board;
mod state;
mod systemd;
mod tls;
mod vehicle_report;
mod viewers;
mod walls;
#[cfg(test)]
mod ways_tests;
mod zones;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, reload as reloadable};

use crate::config::{Command, LogFormat};
use crate::settings::{Refused, Settings};

const SHUTDOWN: Duration = Duration::from_millis(500);

/// As `cargo xtask dist` says it while this is compiled.
const COMMIT: Option<&str> = option_env!("EVWALL_COMMIT");

fn version() -> String {
    let site = site::embedded_number();
    let site = site.map_or("none inside".to_owned(), |number| format!("{number:016x}"));
    format!(
        "evwall {}\ncommit {}\nwire {}\nsite {site}\n",
        env!("CARGO_PKG_VERSION"),
        COMMIT.unwrap_or("unknown"),
        wire::VERSION
    )
}

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let settings = match Settings::read(&args) {
        Ok(settings) => settings,
        Err(Refused::Usage(error)) => error.exit(),
        Err(Refused::File(error)) => {
            eprintln!("evwall: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let (filter, level) = reloadable::Layer::new(EnvFilter::new(&settings.cli.log));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // It would be told to the very output that could not be written to, and end the process.
        .log_internal_errors(false);
    let lines = match settings.cli.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("evwall: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match settings.cli.command.clone() {
            Command::Serve(serve) => {
                let hangup = |stop| reload::keep(args, settings, level, stop);
                serve::run(*serve, hangup).await
            }
            Command::CheckConfig(serve) => {
                print!("{}", settings.explained());
                serve::check(&serve)
            }
            Command::Version => {
                print!("{}", version());
                Ok(())
            }
            Command::User(user) => accounts::user(user).await,
            Command::Audit(audit) => accounts::audit(audit).await,
            Command::Registry(registry) => accounts::registry(registry),
            Command::Decode { secrets } => accounts::decode(secrets),
        }
    });
    // What still blocks a thread is not waited for.
    runtime.shutdown_timeout(SHUTDOWN);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evwall: {error:#}");
            ExitCode::FAILURE
        }
    }
}
