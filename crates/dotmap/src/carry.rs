//! A new picture of a place that is already on the screen: the same cell sent again, or the cells of another level. Dots
//! have no names, so which is which is told by the prefix property: a position at a coarse level is the upper bits of
//! the same position at a finer one. Of a cell's new dots those that stand where an old one was reported, with the same
//! look, take over its glide. The rest stand. Nothing on the screen jumps because the camera moved.

use crate::cell::Cell;
use crate::dot::{Clock, Dot};
use wire::{CellKey, CellPoint, morton};

/// Memory lent again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Old dots by place: the Morton code relative to the new cell, at the coarser of the two levels, above the slot.
    known: Vec<u64>,
    /// Which of them gave their glide to a new dot already.
    taken: Vec<bool>,
}

/// Lets the dots of `new` take over the glides of those of `old`. Returns the new slot of the old slot `follow`.
pub fn over(
    scratch: &mut Scratch,
    (old_key, old): (&CellKey, &Cell),
    (new_key, new): (&CellKey, &mut Cell),
    clock: &Clock,
    follow: Option<u32>,
) -> Option<u32> {
    // Further apart than a cell has bits there is nothing left to tell dots apart by.
    let coarser_by = u32::from(new_key.level.saturating_sub(old_key.level));
    let finer_by = u32::from(old_key.level.saturating_sub(new_key.level));
    if coarser_by >= wire::CELL_BITS || finer_by >= wire::CELL_BITS {
        return None;
    }
    // The new cell's corner and side, in steps of the coarser level.
    let corner = (
        i64::from(new_key.x) << wire::CELL_BITS >> coarser_by,
        i64::from(new_key.y) << wire::CELL_BITS >> coarser_by,
    );
    let side = i64::from(wire::CELL_SIDE) >> coarser_by;

    let Scratch { known, taken } = scratch;
    known.clear();
    for (slot, record) in old.records().iter().enumerate() {
        let dot = Dot::unpack(record);
        let still = dot.from == dot.to || clock.part(dot.start_ms, dot.glide_ms) >= 1.0;
        if dot.is_vacant() || (still && follow != Some(slot as u32)) {
            continue;
        }
        let at = |cell: u32, step: i16| {
            ((i64::from(cell) << wire::CELL_BITS) | i64::from(step)) >> finer_by
        };
        let x = at(old_key.x, dot.to.0) - corner.0;
        let y = at(old_key.y, dot.to.1) - corner.1;
        if (0..side).contains(&x) && (0..side).contains(&y) {
            let code = morton(CellPoint {
                x: x as u16,
                y: y as u16,
            });
            known.push((u64::from(code) << 32) | slot as u64);
        }
    }
    if known.is_empty() {
        return None;
    }
    known.sort_unstable();
    taken.clear();
    taken.resize(known.len(), false);

    let zoom = f32::from(coarser_by as u8).exp2() / f32::from(finer_by as u8).exp2();
    let mut followed = None;
    // The slots of a new base are in Morton order, so one walk along both lists finds all pairs.
    let mut first = 0;
    for slot in 0..new.records().len() as u32 {
        let Some(mut dot) = new.dot(slot) else {
            continue;
        };
        let up = |step: i16| step as u16 >> coarser_by;
        let code = u64::from(morton(CellPoint {
            x: up(dot.to.0),
            y: up(dot.to.1),
        }));
        while known.get(first).is_some_and(|known| known >> 32 < code) {
            first += 1;
        }
        let alike = (first..known.len())
            .take_while(|&ix| known[ix] >> 32 == code)
            .find_map(|ix| {
                let before = old
                    .dot(known[ix] as u32)
                    .filter(|before| !taken[ix] && before.look == dot.look)?;
                Some((ix, before))
            });
        let Some((ix, before)) = alike else { continue };
        taken[ix] = true;
        let from =
            |from: i16, to: i16, at: i16| f32::from(at) + (f32::from(from) - f32::from(to)) * zoom;
        let x = from(before.from.0, before.to.0, dot.to.0);
        let y = from(before.from.1, before.to.1, dot.to.1);
        // A glide longer than a record can say is over.
        if x.abs().max(y.abs()) < f32::from(i16::MAX) {
            dot.from = (crate::dot::round_step(x), crate::dot::round_step(y));
            dot.start_ms = before.start_ms;
            dot.glide_ms = before.glide_ms;
            new.glides_from(dot.from, clock.now_ms);
            new.set_dot(slot, dot);
        }
        if follow == Some(known[ix] as u32) {
            followed = Some(slot);
        }
    }
    followed
}
