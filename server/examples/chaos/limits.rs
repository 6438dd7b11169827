//! Moments and numbers that come once: the second at which 31 bits are not enough for the time, the last ones of the century
//! that the standard can write, and the tick at which 32 bits are not enough for generations. They cannot be waited for, so
//! this goes the way of a report with the time as an argument: bytes of a frame, report, fleet, cell, mirror.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use fleet::{Applied, Fleet, Now, Rules, SourceId};
use gb32960::encode::ReportWriter;
use gb32960::full::Position2016;
use gb32960::{Command, Datum, Edition, Split, Time};
use wire::{
    CellChanges, CellKey, CellMirror, CellPoint, Cells, Down, Enter, Look, WorldPoint, cell_of,
};

/// 2038-01-19T03:14:08Z, and 2099-12-31T23:59:55 in China.
const MOMENTS: [i64; 2] = [1 << 31, 4_102_415_995];
const SECONDS: i64 = 5;
const VEHICLES: u32 = 50;
const LEVEL: u8 = 11;

/// What went well, in words.
///
/// # Errors
/// What did not.
pub fn outlive() -> Result<Vec<String>> {
    let mut shown = 0;
    for moment in MOMENTS {
        shown += across(moment).with_context(|| format!("around second {moment}"))?;
    }
    let ticks = past_the_last_generation().context("around tick 2^32")?;
    Ok(vec![
        format!(
            "{shown} reports around 2038-01-19 and at the end of 2099, each shown where it was"
        ),
        format!("{ticks} ticks around tick 2³², with a new generation before and after"),
    ])
}

/// Vehicles report once a second from before the moment until it is over; gives how many reports were shown.
fn across(moment: i64) -> Result<u32> {
    let mut fleet = Fleet::new(Rules::default());
    let mut shown = 0;
    let start = place(0, 0);
    let (key, _) = cell_of(start, LEVEL, fleet::EXACT);
    fleet.watch(key);
    for step in -SECONDS..SECONDS {
        let now = Now {
            unix_ms: (moment + step) * 1_000,
            mono_ms: (SECONDS + step) as u64 * 1_000,
        };
        let mut expected = BTreeSet::new();
        for vehicle in 0..VEHICLES {
            let frame = Bytes::from(frame(vehicle, moment + step, step)?);
            let Split::Frame { frame: split, .. } = gb32960::split(&frame) else {
                anyhow::bail!("its own frame is none");
            };
            let report = intake::report_of(&split, &frame, SourceId(0), Datum::Wgs84);
            let report = report
                .map_err(|kind| anyhow::anyhow!("refused as {kind}"))?
                .0;
            ensure!(
                report.stamp_unix_s == moment + step,
                "stamped {}",
                report.stamp_unix_s
            );
            let applied = fleet.apply(&report, now);
            ensure!(applied == Applied::Fresh, "{applied:?}");
            let (of, at) = cell_of(place(vehicle, step), LEVEL, fleet::EXACT);
            ensure!(of == key, "the test drives out of its cell");
            expected.insert((at.x, at.y));
        }
        let summary = fleet.tick(now);
        ensure!(
            summary.tick as i64 == step + SECONDS + 1,
            "tick {}",
            summary.tick
        );
        let stream = fleet.cell(&key).context("no cell")?;
        ensure!(
            dots(&stream.lacking(None))? == expected,
            "other dots than vehicles"
        );
        shown += VEHICLES;
    }
    Ok(shown)
}

fn place_e6(vehicle: u32, step: i64) -> (i32, i32) {
    (
        121_470_000 + vehicle as i32 * 1_000,
        31_230_000 + step as i32 * 300,
    )
}

fn place(vehicle: u32, step: i64) -> WorldPoint {
    let (lon_e6, lat_e6) = place_e6(vehicle, step);
    WorldPoint::from_lon_lat(f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6)
}

fn frame(vehicle: u32, unix_s: i64, step: i64) -> Result<Vec<u8>> {
    let vin = gb32960::vin::build(b"LGX", b"CE4CB", b'P', b'0', vehicle);
    let (lon_e6, lat_e6) = place_e6(vehicle, step);
    let mut out = Vec::new();
    ReportWriter::new(
        &mut out,
        Edition::V2016,
        Command::RealTime,
        &vin,
        Time::from_unix_s(unix_s),
    )
    .position(&Position2016::at(lon_e6, lat_e6, true))
    .finish()
    .ok()
    .context("no frame")?;
    Ok(out)
}

fn dots(frames: &[Bytes]) -> Result<BTreeSet<(u16, u16)>> {
    let mut cells = Cells::default();
    for frame in frames.iter().flat_map(|bytes| wire::frames(bytes)) {
        cells.take(&frame?, |_, _| {})?;
    }
    let (_, mirror) = cells.iter().next().context("no base")?;
    let points = mirror.dots().flatten().map(|(at, _)| (at.x, at.y));
    Ok(points.collect())
}

/// A cell whose ticks grow over 32 bits, as its server writes it and a page reads it; gives how many ticks that were.
fn past_the_last_generation() -> Result<u64> {
    const AROUND: u64 = 6;
    let last = u64::from(u32::MAX);
    let key = CellKey {
        scope: 0,
        level: LEVEL,
        x: 1,
        y: 1,
    };
    let first = last - AROUND;
    let dots = [(CellPoint { x: 7, y: 7 }, Look::default())];
    let (mut ours, _) = CellMirror::from_dots(first as u32, first, &dots);
    let mut bytes = Vec::new();
    ours.encode_base(&key, &mut bytes);
    let Down::Base {
        generation,
        tick,
        body,
        ..
    } = Down::decode(&bytes)?
    else {
        anyhow::bail!("it is no base");
    };
    let mut theirs = CellMirror::from_base(generation, tick, body)?;
    for tick in first + 1..=last + AROUND {
        let mut changes = CellChanges::default();
        changes.enters.push(Enter {
            at: CellPoint {
                x: (tick % 4_096) as u16,
                y: 9,
            },
            look: Look::default(),
            from: None,
        });
        bytes.clear();
        ours.encode_delta(&key, tick, &mut changes, &mut bytes);
        let Down::Delta {
            generation,
            tick,
            follows,
            body,
            ..
        } = Down::decode(&bytes)?
        else {
            anyhow::bail!("it is no delta");
        };
        theirs.apply_delta(generation, tick, follows, body, |_| {})?;
        if tick == last || tick == last + 2 {
            let digest32 = ours.renumber(tick as u32).digest32;
            let said = Down::Rebase {
                key,
                generation: tick as u32,
                digest32,
                tick,
            }
            .to_vec();
            let Down::Rebase {
                generation,
                digest32,
                ..
            } = Down::decode(&said)?
            else {
                anyhow::bail!("it is no rebase");
            };
            theirs.rebase(generation, digest32, |_, _| {})?;
        }
        ensure!(ours == theirs, "they part at tick {tick}");
    }
    Ok(2 * AROUND)
}
