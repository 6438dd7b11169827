//! Traffic goes out: files that go with it, listeners, the driver's thread, the end.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use sim::catalogue::{MAKERS, Makers};
use sim::dialect::{Dialects, Editions};
use sim::hub::Hub;
use sim::report::Traffic;
use sim::session::{self, Session};
use sim::trouble::{Injected, Rates, Trouble};
use sim::truth::Truth;
use sim::{driver, identity, platforms, stream, truth};
use tokio::net::TcpListener;
use tracing::info;

#[derive(Args)]
pub struct Serve {
    /// Address of the WebSocket stream; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:32960")]
    listen: SocketAddr,
    /// Address of the truth feed (HTTP): what was sent last, for tests.
    #[arg(long)]
    truth: Option<SocketAddr>,
    /// Write the registry that goes with these vehicles: vin,make,model,class.
    #[arg(long, value_name = "FILE.csv")]
    registry_out: Option<PathBuf>,
    /// Where makers' platforms log in over TCP, as a centre listens for them; they try until it is there.
    #[arg(long, value_name = "ADDR", requires = "platforms_out")]
    tcp: Option<SocketAddr>,
    /// Write who logs in, with passwords drawn anew, for the centre to read.
    #[arg(long, value_name = "FILE.toml", requires = "tcp")]
    platforms_out: Option<PathBuf>,
    /// Who logs in over TCP: all, or slugs with commas between them; the others are streamed. By default about half.
    #[arg(long, value_name = "MAKERS", requires = "tcp")]
    tcp_makers: Option<Makers>,
    /// Begin when the first subscriber connects, or the first platform has logged in.
    #[arg(long)]
    wait: bool,
    /// Break things on purpose: kind=rate,… of cut, flipped, duplicated, delayed, reordered, future (share of
    /// frames), frozen, lost (chance per second).
    #[arg(long, default_value = "")]
    trouble: Rates,
    /// 2016: everyone sends plain 2016 frames (default for recordings). mixed: each maker its own edition, datum
    /// and custom blocks (default for the fleet).
    #[arg(long)]
    editions: Option<Editions>,
    /// Send motors, cell voltages, temperatures and engines too: about 400 bytes a report instead of 90.
    #[arg(long)]
    detail: bool,
}

pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Serves until the traffic is finished or somebody asks to end.
pub fn serve(
    traffic: impl Traffic + 'static,
    options: &Serve,
    usual: Editions,
) -> anyhow::Result<()> {
    let here = traffic
        .identities()
        .iter()
        .fold(Makers::NONE, |makers, who| makers.and(who.platform()));
    let wanted = match options.tcp {
        Some(_) => options.tcp_makers.unwrap_or_else(Makers::by_session),
        None => Makers::NONE,
    };
    let by_tcp = here.but(here.but(wanted));
    let mut dialects = Dialects::new(options.editions.unwrap_or(usual), by_tcp);
    if options.detail {
        dialects = dialects.in_detail();
    }
    let accounts = platforms::accounts(by_tcp, &dialects);
    if let Some(path) = &options.registry_out {
        let file =
            File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        let mut file = BufWriter::new(file);
        identity::write_registry(traffic.identities(), &mut file)
            .and_then(|()| file.flush())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &options.platforms_out {
        platforms::write(path, &accounts, &dialects, traffic.identities())?;
    }
    let hub = Hub::default();
    let sessions = Arc::new(session::Counts::default());
    let injected = Injected::default();
    runtime()?.block_on(async {
        let listener = bind(options.listen).await?;
        let mut known = None;
        if let Some(address) = options.truth {
            let listener = bind(address).await?;
            println!("truth http://{}", listener.local_addr()?);
            let board = Truth::new(
                traffic.identities(),
                hub.clone(),
                injected.clone(),
                Arc::clone(&sessions),
            );
            tokio::spawn(truth::serve(listener, board.clone()));
            known = Some(board);
        }
        let streamed = here.but(by_tcp);
        let address = listener.local_addr()?;
        for maker in streamed.iter() {
            let slug = MAKERS[usize::from(maker)].slug;
            println!("stream ws://{address}/platform/{slug}");
        }
        println!("listening ws://{address}");
        std::io::stdout().flush()?;

        let stop = Arc::new(AtomicBool::new(false));
        let streaming = tokio::spawn(stream::serve(listener, hub.clone(), streamed));
        for (account, centre) in accounts.into_iter().zip(std::iter::repeat(options.tcp)) {
            let Some(centre) = centre else { break };
            let session = Session::new(account, centre, hub.clone(), Arc::clone(&sessions));
            tokio::spawn(session.keep());
        }
        let driving = {
            let (hub, stop) = (hub.clone(), stop.clone());
            let trouble = Trouble::new(options.trouble, 1, injected);
            let options = driver::Options {
                wait: options.wait,
                dialects,
            };
            tokio::task::spawn_blocking(move || {
                driver::drive(traffic, &hub, known.as_ref(), &options, trouble, &stop);
            })
        };
        let mut driving = std::pin::pin!(driving);
        tokio::select! {
            ended = &mut driving => {
                info!("the recording is at its end");
                ended?;
            }
            () = asked_to_end() => {
                stop.store(true, Ordering::Relaxed);
                driving.await?;
            }
        }
        // Subscribers get a moment to take the goodbye; a stuck one is dropped.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
        while hub.subscribers() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        streaming.abort();
        Ok(())
    })
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
