//! A delta: who left, who moved and by how much, whose look changed, who came. Writer and reader apply each part as soon
//! as it is told, so that both go by the same state of the cell.
//!
//! Slots are told by gaps. Movers are told apart first by what both sides know of them (see [`Kind`]), so a gap counts only
//! the slots of its own kind. What sizes numbers have is fitted to each delta and said in it: a delta needs none before it.

use super::bits::{Reader, Writer};
use super::number::{self, ORDER_BITS, signed, zigzag};
use crate::mirror::{Change, Enter, MAX_SLOTS};
use crate::slots::{Kind, Slots};
use crate::{CELL_BITS, CELL_SIDE, CellChanges, CellPoint, Look, WireError};

/// Those who moved come first, because a move makes one of them.
const KINDS: [Kind; 3] = [Kind::Moved, Kind::Due, Kind::Standing];
/// Orders of the counts: movers of each kind; leaves, looks, enters.
const MOVERS_ORDERS: [u32; 3] = [0, 3, 0];
const OTHERS_ORDER: u32 = 0;
/// Order of the way somebody came who enters.
const ENTER_ORDER: u32 = 5;
/// The fields of a look: the first bit, and how many.
const FIELDS: [(u32, u32); 4] = [(0, 3), (3, 2), (5, 3), (8, 4)];

/// Writes a delta and applies it. The lists are sorted by slot, but for `enters`.
pub(crate) fn put_delta(out: &mut Vec<u8>, slots: &mut Slots, changes: &CellChanges) {
    let mut writer = Writer::new(out);
    let w = &mut writer;
    put_gaps(w, changes.leaves.iter().copied());
    for slot in &changes.leaves {
        slots.kill(*slot);
    }
    let mut movers = Vec::with_capacity(changes.moves.len());
    for (kind, order) in KINDS.into_iter().zip(MOVERS_ORDERS) {
        put_movers(w, slots, &changes.moves, kind, order, &mut movers);
    }
    put_gaps(w, changes.looks.iter().map(|change| change.0));
    for (slot, look) in &changes.looks {
        put_look_change(w, slots.look(*slot), *look);
        slots.set_look(*slot, *look);
    }
    number::put(w, changes.enters.len() as u32, OTHERS_ORDER);
    for enter in &changes.enters {
        put_enter(w, enter);
        slots.push(enter.at, enter.look);
    }
    writer.finish();
}

/// Reads a delta and applies it, and tells each change. Before an error some may have been applied.
pub(crate) fn take_delta(
    body: &[u8],
    slots: &mut Slots,
    mut on: impl FnMut(Change),
) -> Result<(), WireError> {
    let mut reader = Reader::new(body);
    let r = &mut reader;
    take_gaps(r, slots, "leaves", |slots, slot| {
        slots.kill(slot);
        on(Change::Leave { slot });
    })?;
    for (kind, order) in KINDS.into_iter().zip(MOVERS_ORDERS) {
        take_movers(r, slots, kind, order, &mut on)?;
    }
    let mut changed = Vec::new();
    take_gaps(r, slots, "looks", |_, slot| changed.push(slot))?;
    for slot in changed {
        let look = take_look_change(r, slots.look(slot));
        slots.set_look(slot, look);
        on(Change::Look { slot, look });
    }
    let room = MAX_SLOTS.saturating_sub(slots.len());
    let enters = take_count(r, OTHERS_ORDER, "dots of a cell", room)?;
    for _ in 0..enters {
        if r.left() < 0 {
            return Err(WireError::Short);
        }
        let Enter { at, look, from } = take_enter(r);
        let slot = slots.len();
        slots.push(at, look);
        on(Change::Enter {
            slot,
            at,
            look,
            from,
        });
    }
    reader.finish()
}

struct Mover {
    slot: u32,
    to: CellPoint,
    gap: u32,
    dx: u32,
    dy: u32,
}

fn put_movers(
    w: &mut Writer<'_>,
    slots: &mut Slots,
    moves: &[(u32, CellPoint)],
    kind: Kind,
    order: u32,
    movers: &mut Vec<Mover>,
) {
    movers.clear();
    let mut walk = slots.walk(kind);
    for (slot, to) in moves {
        if slots.is_of(kind, *slot) {
            let from = slots.at(*slot);
            movers.push(Mover {
                slot: *slot,
                to: *to,
                gap: walk.gap_to(slots, *slot),
                dx: zigzag(i32::from(to.x) - i32::from(from.x)),
                dy: zigzag(i32::from(to.y) - i32::from(from.y)),
            });
        }
    }
    number::put(w, movers.len() as u32, order);
    if movers.is_empty() {
        return;
    }
    let gap_order = number::put_fitted(w, movers.iter().map(|mover| mover.gap));
    let dx_order = number::put_fitted(w, movers.iter().map(|mover| mover.dx));
    let dy_order = number::put_fitted(w, movers.iter().map(|mover| mover.dy));
    for mover in movers {
        number::put(w, mover.gap, gap_order);
        number::put(w, mover.dx, dx_order);
        number::put(w, mover.dy, dy_order);
        slots.put(mover.slot, mover.to);
    }
}

fn take_movers(
    r: &mut Reader<'_>,
    slots: &mut Slots,
    kind: Kind,
    order: u32,
    on: &mut impl FnMut(Change),
) -> Result<(), WireError> {
    let movers = take_count(r, order, "moves", slots.len())?;
    if movers == 0 {
        return Ok(());
    }
    let [gap_order, dx_order, dy_order] = [(); 3].map(|()| r.refill_take(ORDER_BITS));
    let mut walk = slots.walk(kind);
    for _ in 0..movers {
        let gap = number::take(r, gap_order);
        let slot = walk
            .next(slots, gap)
            .ok_or(WireError::Impossible { slot: slots.len() })?;
        let from = slots.at(slot);
        let dx = signed(number::take(r, dx_order));
        let dy = signed(number::take(r, dy_order));
        let step = |from: u16, by: i32| {
            u16::try_from(i32::from(from).saturating_add(by))
                .ok()
                .filter(|to| u32::from(*to) < CELL_SIDE)
                .ok_or(WireError::Impossible { slot })
        };
        let to = CellPoint {
            x: step(from.x, dx)?,
            y: step(from.y, dy)?,
        };
        slots.put(slot, to);
        on(Change::Move { slot, from, to });
    }
    Ok(())
}

/// How many slots, and which.
fn put_gaps(w: &mut Writer<'_>, slots: impl ExactSizeIterator<Item = u32> + Clone) {
    number::put(w, slots.len() as u32, OTHERS_ORDER);
    if slots.len() == 0 {
        return;
    }
    let gaps = slots.scan(0, |next, slot| {
        let gap = slot - *next;
        *next = slot + 1;
        Some(gap)
    });
    let order = number::put_fitted(w, gaps.clone());
    for gap in gaps {
        number::put(w, gap, order);
    }
}

/// Reads slots that are alive, each once and in their order.
fn take_gaps(
    r: &mut Reader<'_>,
    slots: &mut Slots,
    what: &'static str,
    mut on: impl FnMut(&mut Slots, u32),
) -> Result<(), WireError> {
    let count = take_count(r, OTHERS_ORDER, what, slots.len())?;
    if count == 0 {
        return Ok(());
    }
    let order = r.refill_take(ORDER_BITS);
    let mut next = 0u32;
    for _ in 0..count {
        let slot = next.saturating_add(number::take(r, order));
        if !slots.is_alive(slot) {
            return Err(WireError::Impossible { slot });
        }
        on(slots, slot);
        next = slot + 1;
    }
    Ok(())
}

/// Which fields changed, then those.
fn put_look_change(w: &mut Writer<'_>, before: Look, look: Look) {
    let field =
        |look: Look, (first, bits): (u32, u32)| (u32::from(look.0) >> first) & ((1 << bits) - 1);
    let changed = |of| field(before, of) != field(look, of);
    for of in FIELDS {
        w.put(u32::from(changed(of)), 1);
    }
    for of in FIELDS.into_iter().filter(|of| changed(*of)) {
        w.put(field(look, of), of.1);
    }
}

fn take_look_change(r: &mut Reader<'_>, before: Look) -> Look {
    let changed = r.refill_take(FIELDS.len() as u32);
    let mut look = u32::from(before.0);
    for (i, (first, bits)) in FIELDS.into_iter().enumerate() {
        if changed >> i & 1 != 0 {
            look = look & !(((1 << bits) - 1) << first) | r.take(bits) << first;
        }
    }
    Look::from_bits(look as u16)
}

fn put_enter(w: &mut Writer<'_>, enter: &Enter) {
    let (x, y) = (u32::from(enter.at.x), u32::from(enter.at.y));
    w.put(x | y << CELL_BITS, 2 * CELL_BITS);
    w.put(u32::from(enter.look.0 & Look::MASK), Look::BITS);
    w.put(u32::from(enter.from.is_some()), 1);
    if let Some((from_x, from_y)) = enter.from {
        number::put(w, zigzag(from_x.wrapping_sub(x as i32)), ENTER_ORDER);
        number::put(w, zigzag(from_y.wrapping_sub(y as i32)), ENTER_ORDER);
    }
}

fn take_enter(r: &mut Reader<'_>) -> Enter {
    r.refill();
    let at = CellPoint {
        x: r.take(CELL_BITS) as u16,
        y: r.take(CELL_BITS) as u16,
    };
    let look = Look(r.take(Look::BITS) as u16);
    let from = (r.take(1) == 1).then(|| {
        let dx = signed(number::take(r, ENTER_ORDER));
        let dy = signed(number::take(r, ENTER_ORDER));
        (
            i32::from(at.x).wrapping_add(dx),
            i32::from(at.y).wrapping_add(dy),
        )
    });
    Enter { at, look, from }
}

fn take_count(
    r: &mut Reader<'_>,
    order: u32,
    what: &'static str,
    limit: u32,
) -> Result<u32, WireError> {
    let count = number::take(r, order);
    if count > limit {
        return Err(WireError::TooMany {
            what,
            count: u64::from(count),
            limit: u64::from(limit),
        });
    }
    Ok(count)
}
