//! What walls and the way to them do.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{SinkExt, StreamExt};
use rand::Rng;
use tokio_tungstenite::tungstenite::Message;
use wire::Up;

use crate::bench::{Bench, Row};
use crate::viewers::{connect, read_a_byte_a_second, say, wall};

const FOR: Duration = Duration::from_secs(20);
const DELAY: Duration = Duration::from_millis(80);
const LOSS: f64 = 0.01;
const MUTES: usize = 20;
const LITTERERS: usize = 50;
/// For each viewer that does not read.
const HELD_KB: f64 = 512.0;
/// Close code of a page that sends what no page sends.
const BAD: u16 = 4002;

pub fn slow_line(bench: &mut Bench) -> Result<Row> {
    let slow = |delay: Duration, loss: f64| {
        move |bench: &Bench| {
            bench.line.slow(delay, loss);
            bench.to_platforms(|way| way.slow(delay, loss));
        }
    };
    let connected = *crate::upstream::locked(&bench.eye.connected);
    let spell = bench.during(FOR, slow(DELAY, LOSS), slow(Duration::ZERO, 0.0))?;
    let again = *crate::upstream::locked(&bench.eye.connected) - connected;
    Ok(Row::recovered(spell.recovery)
        .keep(
            spell.ticks() >= 17,
            format!(
                "{} ticks came in {} s, {} of them with a place older than two seconds",
                spell.ticks(),
                FOR.as_secs(),
                spell.wrong_ticks()
            ),
        )
        .keep(again == 0, format!("the wall connected {again} times anew")))
}

pub fn cut(bench: &mut Bench) -> Result<Row> {
    let spell = bench.during(FOR, |bench| bench.line.mute(), |bench| bench.line.open())?;
    Ok(Row::recovered(spell.recovery).keep(
        spell.ticks() < 3,
        format!(
            "{} ticks came meanwhile, so that the page knew",
            spell.ticks()
        ),
    ))
}

pub fn never_read(bench: &mut Bench) -> Result<Row> {
    let (map, cookie) = (bench.map()?, bench.cookie.clone());
    let server = bench.server()?;
    let viewers = server.sum("evwall_viewers")?;
    let rss_kb = server.rss_kb()?;
    let mut most_kb = rss_kb;
    let begun = Instant::now();
    let mutes = bench.runtime.block_on(async {
        let mut mutes = Vec::new();
        for _ in 0..MUTES {
            let mut socket = connect(map, &cookie, Some(4096)).await?;
            say(&mut socket, Up::View(wall(11))).await?;
            mutes.push(socket);
        }
        anyhow::Ok(mutes)
    })?;
    let trickle = bench
        .runtime
        .block_on(read_a_byte_a_second(map, &cookie, wall(11)))?;
    server.wait_for("evwall_viewers", viewers + (MUTES + 1) as f64)?;
    // Until the server has closed them all.
    while server.sum("evwall_viewers")? > viewers {
        ensure!(
            begun.elapsed() < Duration::from_secs(60),
            "they are not closed"
        );
        most_kb = most_kb.max(server.rss_kb()?);
        std::thread::sleep(Duration::from_millis(200));
    }
    let lasted = begun.elapsed();
    drop(mutes);
    trickle.abort();
    let over = bench.eye.fault_over();
    let recovery = bench.eye.right_after(over, FOR)?;
    let sights = bench.eye.between(begun, over);
    let each_kb = (most_kb - rss_kb) / (MUTES + 1) as f64;
    Ok(Row::recovered(recovery)
        .keep_right("the other wall was right", &sights, 1)
        .keep(each_kb < HELD_KB, format!("{each_kb:.0} kB held for each"))
        .keep(
            true,
            format!("all closed after {:.0} s", lasted.as_secs_f64()),
        ))
}

pub fn send_garbage(bench: &mut Bench) -> Result<Row> {
    let (map, cookie) = (bench.map()?, bench.cookie.clone());
    let counted = bench.server()?.sum("evwall_viewer_bad_messages_total")?;
    let begun = Instant::now();
    let closed = bench.runtime.block_on(async {
        let mut closed = 0;
        for _ in 0..LITTERERS {
            let mut socket = connect(map, &cookie, None).await?;
            let mut bytes = vec![0; rand::rng().random_range(1..200)];
            rand::rng().fill(&mut bytes[..]);
            // No frame of ours begins so.
            bytes[0] = 0xff;
            let _ = socket.send(Message::binary(bytes)).await;
            let end = async {
                while let Some(Ok(message)) = socket.next().await {
                    if let Message::Close(Some(frame)) = message {
                        return u16::from(frame.code) == BAD;
                    }
                }
                false
            };
            let is_bad = tokio::time::timeout(Duration::from_secs(5), end).await;
            closed += usize::from(is_bad.unwrap_or(false));
        }
        anyhow::Ok(closed)
    })?;
    let over = bench.eye.fault_over();
    let recovery = bench.eye.right_after(over, FOR)?;
    // It is over at once: those that came until it was sure count too.
    let sights = bench.eye.between(begun, Instant::now());
    let counted = bench.server()?.sum("evwall_viewer_bad_messages_total")? - counted;
    Ok(Row::recovered(recovery)
        .keep(
            closed == LITTERERS,
            format!("{closed} of {LITTERERS} closed with {BAD}"),
        )
        .keep(
            counted >= LITTERERS as f64,
            format!("{counted:.0} messages counted"),
        )
        .keep_right("the other wall was right", &sights, 1))
}
