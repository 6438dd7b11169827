//! evwall: subscribes to the telemetry of electric vehicles and pushes what a viewport shows to every open map.
//!
//! In the order of the data: [`source`] → [`fleet_thread`] → [`viewers`]; beside them the [`door`] before every route
//! with its table of [`places`], the [`centre`] that answers for single vehicles, the [`office`] for accounts and the
//! log, [`picture`] for what is kept over a restart, [`ground`] for what lies under the dots, and [`ops`] for operators.

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
mod districts;
mod door;
mod export;
mod fleet_thread;
mod gazetteer;
mod ground;
mod handles;
mod heads;
mod metrics;
mod office;
mod ops;
mod outside;
mod picture;
mod places;
mod qr;
mod rates;
mod registry;
mod registry_live;
mod routes;
mod serve;
mod site;
mod source;
mod state;
mod tls;
mod viewers;
#[cfg(test)]
mod ways_tests;
mod zones;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::config::{Cli, Command};

const SHUTDOWN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("EVWALL_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("evwall: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => serve::run(*serve).await,
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
