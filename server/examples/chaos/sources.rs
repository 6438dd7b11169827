//! What platforms and the way to them do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use sim::identity::Identity;

use crate::bench::{Bench, Row, Spell};
use crate::pipe::Pipe;
use crate::rig::Server;
use crate::upstream::Upstream;

const FOR: Duration = Duration::from_secs(20);
/// Of the ticks that come in that time, one a second.
const LEAST_TICKS: usize = 15;
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const A_MINUTE: Duration = Duration::from_secs(60);
const HOUR_S: i64 = 3_600;
/// A page dims when nothing came for so long.
const OLD_MS: u32 = 5_000;
/// What the server may hold more than before a flood of any length.
const MORE_MB: f64 = 64.0;
/// Whatever was sent has been taken after this.
const ARRIVES: Duration = Duration::from_secs(2);
/// Batches that may wait for the fleet.
const QUEUE: f64 = 256.0;

/// How many platforms the wall was told were away.
fn away(spell: &Spell) -> usize {
    let sources = spell.last.status.sources.iter();
    sources.filter(|source| !source.connected).count()
}

/// That dots were shown as cut off.
fn cut_off(row: Row, spell: &Spell) -> Row {
    let dots = spell.last.dots[wire::Freshness::CutOff as usize];
    row.keep(dots > 0, format!("{dots} dots were shown as cut off"))
}

/// That the wall knew: every platform away, and the newest report old.
fn said_so(row: Row, spell: &Spell, is_away: bool) -> Row {
    let status = &spell.last.status;
    let age_ms = status.newest_report_age_ms.unwrap_or(0);
    let (away, all) = (away(spell), status.sources.len());
    let row = row.keep(
        age_ms > OLD_MS,
        format!(
            "its status said that the newest report was {} s old",
            age_ms / 1_000
        ),
    );
    let row = row.keep(
        away == if is_away { all } else { 0 },
        format!("that {away} of {all} platforms were away"),
    );
    if is_away { cut_off(row, spell) } else { row }
}

pub fn drop_out(bench: &mut Bench) -> Result<Row> {
    let spell = bench.during(
        FOR,
        |bench| bench.to_platforms(Pipe::shut),
        |bench| bench.to_platforms(Pipe::open),
    )?;
    Ok(said_so(Row::recovered(spell.recovery), &spell, true))
}

/// Of the platforms that are streams. One that logs in finds out itself, after the minute in which nothing is answered.
pub fn half_open(bench: &mut Bench) -> Result<Row> {
    let spell = bench.during(
        HALF_A_MINUTE,
        |bench| bench.streams.mute(),
        |bench| bench.streams.open(),
    )?;
    let (away, all) = (away(&spell), Upstream::paths().count());
    let row = Row::recovered(spell.recovery).keep(
        away == all,
        format!("its status said that {away} of {all} streams were away"),
    );
    Ok(cut_off(row, &spell))
}

/// How often platforms have come since the start: streams opened again, and logins.
fn comings(bench: &Bench) -> Result<f64> {
    let server = bench.server()?;
    let logins = server.series("evwall_platform_logins_total{outcome=\"ok\"}")?;
    Ok(server.sum("evwall_source_reconnects_total")? + logins.unwrap_or(0.0))
}

pub fn frozen(bench: &mut Bench) -> Result<Row> {
    let freeze = |is: bool| move |bench: &Bench| bench.upstream.order(|orders| orders.frozen = is);
    let before = comings(bench)?;
    let spell = bench.during(FOR, freeze(true), freeze(false))?;
    let again = comings(bench)? - before;
    let row = said_so(Row::recovered(spell.recovery), &spell, false);
    Ok(row.keep(again == 0.0, format!("{again} connections were made anew")))
}

pub fn all_at_once(bench: &mut Bench) -> Result<Row> {
    let before = comings(bench)?;
    let cut = |bench: &Bench| bench.to_platforms(Pipe::cut);
    let spell = bench.during(Duration::ZERO, cut, |_| {})?;
    let again = comings(bench)? - before;
    let all = bench.server()?.sum("evwall_source_connected")?;
    let row = Row::recovered(spell.recovery);
    Ok(row.keep(
        again >= all && all > 1.0,
        format!("{all} platforms came back, each after a chance time"),
    ))
}

fn fleet_queue(server: &Server) -> Result<f64> {
    let length = server.series("evwall_queue_length{queue=\"fleet\"}")?;
    length.context("the server does not say how long its queue is")
}

pub fn flood(bench: &mut Bench) -> Result<Row> {
    let server = bench.server()?;
    // In this order, so that what is on its way counts as sent and not yet taken.
    let reports = server.sum("evwall_reports_total")?;
    let (sent, missed) = bench.upstream.sent();
    let older = server
        .series("evwall_reports_not_shown_total{reason=\"older\"}")?
        .unwrap_or(0.0);
    let rss_kb = server.rss_kb()?;
    let flood =
        |rate: usize| move |bench: &Bench| bench.upstream.order(|orders| orders.flood = rate);
    let done = AtomicBool::new(false);
    let watch = || {
        let (mut most_kb, mut longest) = (rss_kb, 0.0f64);
        while !done.load(Ordering::Relaxed) {
            most_kb = most_kb.max(server.rss_kb().unwrap_or(0.0));
            longest = longest.max(fleet_queue(server).unwrap_or(QUEUE + 1.0));
            std::thread::sleep(Duration::from_millis(500));
        }
        (most_kb, longest)
    };
    let (spell, (most_kb, longest)) = std::thread::scope(|scope| {
        let watching = scope.spawn(watch);
        let spell = bench.during(FOR, flood(9), flood(0));
        done.store(true, Ordering::Relaxed);
        (spell, watching.join().expect("it only asks"))
    });
    let spell = spell?;
    let (sent, missed) = (
        bench.upstream.sent().0 - sent,
        bench.upstream.sent().1 - missed,
    );
    std::thread::sleep(ARRIVES);
    let reports = server.sum("evwall_reports_total")? - reports;
    let older = server
        .series("evwall_reports_not_shown_total{reason=\"older\"}")?
        .unwrap_or(0.0)
        - older;
    let more_mb = (most_kb - rss_kb) / 1e3;
    Ok(Row::recovered(spell.recovery)
        .keep_right("newest wins: the wall was right", &spell.meanwhile, LEAST_TICKS)
        .keep(
            reports >= sent as f64 && missed == 0,
            format!("{reports:.0} reports taken of {sent} sent, {missed} chunks not sent because nobody read"),
        )
        .keep(older > sent as f64 * 0.6, format!("{older:.0} counted as older"))
        .keep(longest <= QUEUE, format!("at most {longest:.0} batches of {QUEUE} waited"))
        .keep(more_mb < MORE_MB, format!("{more_mb:.0} MB more memory at most")))
}

pub fn garbage(bench: &mut Bench) -> Result<Row> {
    let damaged = bench.server()?.sum("evwall_damaged_total")?;
    let rss_kb = bench.server()?.rss_kb()?;
    let litter =
        |much: usize| move |bench: &Bench| bench.upstream.order(|orders| orders.garbage = much);
    let spell = bench.during(A_MINUTE, litter(200), litter(0))?;
    let damaged = bench.server()?.sum("evwall_damaged_total")? - damaged;
    let more_mb = (bench.server()?.rss_kb()? - rss_kb) / 1e3;
    let (ticks, wrong) = (spell.ticks(), spell.wrong_ticks());
    Ok(Row::recovered(spell.recovery)
        .keep(
            damaged > 60_000.0,
            format!("{damaged:.0} pieces of damage counted by kind"),
        )
        .keep(more_mb < MORE_MB, format!("{more_mb:.0} MB more memory"))
        .keep(
            ticks > 50,
            format!("{ticks} ticks came, {wrong} with a dot that waited for its next report"),
        ))
}

/// Clocks that are wrong for a while: nothing jumps, and each refused report is counted.
fn clocks(bench: &Bench, of: fn(&Identity, u32) -> i64, reasons: &[&str]) -> Result<Row> {
    let refused = |reason: &&str| -> Result<f64> {
        let series = format!("evwall_reports_not_shown_total{{reason=\"{reason}\"}}");
        Ok(bench.server()?.series(&series)?.unwrap_or(0.0))
    };
    let before: Vec<f64> = reasons.iter().map(refused).collect::<Result<_>>()?;
    let spell = bench.during(
        FOR,
        |bench| bench.upstream.order(|orders| orders.clock_s = Some(of)),
        |bench| bench.upstream.order(|orders| orders.clock_s = None),
    )?;
    let mut row = Row::recovered(spell.recovery).keep_right(
        "nobody jumped and everybody else moved",
        &spell.meanwhile,
        LEAST_TICKS,
    );
    for (reason, before) in reasons.iter().zip(before) {
        let count = refused(reason)? - before;
        row = row.keep(count > 0.0, format!("{count:.0} counted as {reason}"));
    }
    Ok(row)
}

pub fn vehicles_clocks(bench: &mut Bench) -> Result<Row> {
    let of = |_: &Identity, vehicle: u32| match vehicle % 3 {
        0 => HOUR_S,
        1 => -HOUR_S,
        _ => 0,
    };
    clocks(bench, of, &["future", "older"])
}

fn of_one_maker(who: &Identity, ahead_s: i64) -> i64 {
    if who.platform() == 0 { ahead_s } else { 0 }
}

pub fn platform_ahead(bench: &mut Bench) -> Result<Row> {
    clocks(bench, |who, _| of_one_maker(who, HOUR_S), &["future"])
}

pub fn platform_behind(bench: &mut Bench) -> Result<Row> {
    clocks(bench, |who, _| of_one_maker(who, -HOUR_S), &["older"])
}
