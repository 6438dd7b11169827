//! A delta: who left, who moved and by how much, whose look changed, who came.
//!
//! Slots are told by gaps. Movers are told apart first by what both sides know of them: a dot that drives and has not
//! moved in this generation is likely to move next, one that has just moved is not, and one that stands never does.
//! So a gap counts only the slots of its own kind. What is expected of all these numbers is learnt from delta to
//! delta as long as a generation lasts.

use super::coder::{Chance, Coder, Reader, Writer};
use super::look::Looks;
use super::number::{Number, signed};
use crate::mirror::{DEAD, MAX_SLOTS, MOVED};
use crate::{Activity, CELL_SIDE, CellPoint, Enter, Look, WireError};

/// Kinds of movers.
const KINDS: u16 = 3;

/// How often numbers of so many bits come in a city whose vehicles report every 10 to 30 s, in thousandths. A start: each
/// cell soon knows better.
const MOVER_GAPS: [u32; 9] = [75, 65, 110, 165, 210, 195, 130, 45, 5];
const STEPS: [u32; 9] = [15, 30, 55, 95, 160, 240, 250, 130, 20];
const RARE: [u32; 7] = [660, 160, 60, 40, 40, 30, 10];
const NEARLY_NEVER: [u32; 2] = [990, 10];
/// Movers of each kind, leaves, looks, enters.
const COUNTS: [&[u32]; 6] = [
    &[20, 60, 110, 180, 200, 140, 110, 100, 50, 20, 10],
    &NEARLY_NEVER,
    &NEARLY_NEVER,
    &RARE,
    &RARE,
    &RARE,
];

/// What is expected of a delta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    counts: [Number; 6],
    mover_gaps: [Number; KINDS as usize],
    other_gaps: [Number; 2],
    /// Steps stay in the cell and have 12 bits.
    step_x: Number<16>,
    /// By the length of the step in x.
    step_y: [Number<16>; 5],
    looks: Looks,
    has_from: Chance,
    from: Number,
}

impl Expected {
    pub fn boxed() -> Box<Self> {
        Box::new(Self::new())
    }

    fn new() -> Self {
        Self {
            counts: std::array::from_fn(|i| Number::of(COUNTS[i], 4)),
            mover_gaps: std::array::from_fn(|_| Number::of(&MOVER_GAPS, 6)),
            other_gaps: std::array::from_fn(|_| Number::unknown()),
            step_x: Number::of(&STEPS, 6),
            step_y: std::array::from_fn(|_| Number::of(&STEPS, 6)),
            looks: Looks::unknown(),
            has_from: Chance::EVEN,
            from: Number::of(&STEPS, 4),
        }
    }

    #[inline]
    fn step(&mut self, coder: &mut impl Coder, (dx, dy): (i32, i32)) -> (i32, i32) {
        let dx = signed(coder, &mut self.step_x, dx);
        let length = 32 - dx.unsigned_abs().leading_zeros();
        let situation = match length {
            0..=1 => 0,
            2..=3 => 1,
            4 => 2,
            5 => 3,
            _ => 4,
        };
        (dx, signed(coder, &mut self.step_y[situation], dy))
    }

    fn enter(&mut self, coder: &mut impl Coder, enter: Enter) -> Enter {
        let at = CellPoint {
            x: coder.plain16(u32::from(enter.at.x), 12) as u16,
            y: coder.plain16(u32::from(enter.at.y), 12) as u16,
        };
        let look = self.looks.code(coder, enter.look);
        let (x, y) = (i32::from(at.x), i32::from(at.y));
        let (from_x, from_y) = enter.from.unwrap_or((x, y));
        let from = coder
            .bit(enter.from.is_some(), &mut self.has_from)
            .then(|| {
                let dx = signed(coder, &mut self.from, from_x.wrapping_sub(x));
                let dy = signed(coder, &mut self.from, from_y.wrapping_sub(y));
                (x.wrapping_add(dx), y.wrapping_add(dy))
            });
        Enter { at, look, from }
    }
}

/// Whether a slot is of a kind of movers. A dead one is of none.
#[inline]
fn is_of_kind(look: u16, kind: u16) -> bool {
    const DRIVING: u16 = Activity::Driving as u16;
    match kind {
        0 => look & (DEAD | MOVED | 7) == DRIVING,
        1 => look & (DEAD | MOVED | 7) == DRIVING | MOVED,
        _ => (look & DEAD == 0) & (look & 7 != DRIVING),
    }
}

/// The changes of one tick; slots grow within each list.
pub(crate) struct Changes<'a> {
    pub moves: &'a [(u32, CellPoint)],
    pub looks: &'a [(u32, Look)],
    pub leaves: &'a [u32],
    pub enters: &'a [Enter],
}

pub(crate) fn put_delta(
    out: &mut Vec<u8>,
    expected: &mut Expected,
    at: &[CellPoint],
    look: &[u16],
    changes: &Changes<'_>,
) {
    let mut writer = Writer::new(out);
    let coder = &mut writer;
    let mut by_kind = [0u32; KINDS as usize];
    for (slot, _) in changes.moves {
        let look = look[*slot as usize];
        for (kind, movers) in by_kind.iter_mut().enumerate() {
            *movers += u32::from(is_of_kind(look, kind as u16));
        }
    }
    expected.counts[3].code(coder, changes.leaves.len() as u32);
    expected.counts[4].code(coder, changes.looks.len() as u32);
    expected.counts[5].code(coder, changes.enters.len() as u32);
    let mut next = 0;
    for slot in changes.leaves {
        expected.other_gaps[0].code(coder, slot - next);
        next = slot + 1;
    }
    for kind in 0..KINDS {
        let movers = by_kind[usize::from(kind)];
        expected.counts[usize::from(kind)].code(coder, movers);
        let mut gap = 0;
        let mut slot = 0;
        for (moved, to) in changes.moves {
            if !is_of_kind(look[*moved as usize], kind) {
                continue;
            }
            let passed = &look[slot as usize..*moved as usize];
            gap += passed
                .iter()
                .filter(|look| is_of_kind(**look, kind))
                .count() as u32;
            expected.mover_gaps[usize::from(kind)].code(coder, gap);
            let from = at[*moved as usize];
            expected.step(
                coder,
                (
                    i32::from(to.x) - i32::from(from.x),
                    i32::from(to.y) - i32::from(from.y),
                ),
            );
            gap = 0;
            slot = moved + 1;
        }
    }
    let mut next = 0;
    for (slot, new) in changes.looks {
        expected.other_gaps[1].code(coder, slot - next);
        next = slot + 1;
        let before = Look::from_bits(look[*slot as usize]);
        expected.looks.code_change(coder, before, *new);
    }
    for enter in changes.enters {
        expected.enter(coder, *enter);
    }
    writer.finish();
}

/// A change to a dot that was there.
#[derive(Debug)]
pub(crate) enum Read {
    Leave(u32),
    Move(u32, CellPoint),
    Look(u32, Look),
}

/// What stands at the end of a delta: who came.
#[derive(Debug)]
pub(crate) struct Entering<'a> {
    reader: Reader<'a>,
    left: u32,
}

impl Entering<'_> {
    /// The next dot to enter, or that there is none and the delta ends as it should. Expected bits are so cheap that
    /// a short body could stand for millions, so the end is looked for each time.
    pub fn next(&mut self, expected: &mut Expected) -> Result<Option<Enter>, WireError> {
        if self.left == 0 {
            return self.reader.finish().map(|()| None);
        }
        if self.reader.is_beyond_end() {
            return Err(WireError::Short);
        }
        self.left -= 1;
        let nobody = Enter {
            at: CellPoint::default(),
            look: Look(0),
            from: None,
        };
        Ok(Some(expected.enter(&mut self.reader, nobody)))
    }
}

/// Reads a delta of a cell in this state up to those who enter, calling `on` in the order leaves, moves, looks. Each slot is
/// in each of these at most once.
pub(crate) fn take_delta<'a>(
    body: &'a [u8],
    expected: &mut Expected,
    at: &[CellPoint],
    look: &[u16],
    mut on: impl FnMut(Read),
) -> Result<Entering<'a>, WireError> {
    let mut reader = Reader::new(body);
    let coder = &mut reader;
    let slots = look.len() as u32;
    let leaves = limited(expected.counts[3].code(coder, 0), "leaves", slots)?;
    let looks = limited(expected.counts[4].code(coder, 0), "looks", slots)?;
    let room = MAX_SLOTS.saturating_sub(slots);
    let enters = limited(expected.counts[5].code(coder, 0), "dots of a cell", room)?;
    let mut next = 0u32;
    for _ in 0..leaves {
        let slot = next.saturating_add(expected.other_gaps[0].code(coder, 0));
        alive(look, slot)?;
        on(Read::Leave(slot));
        next = slot + 1;
    }
    for kind in 0..KINDS {
        let movers = limited(
            expected.counts[usize::from(kind)].code(coder, 0),
            "moves",
            slots,
        )?;
        let mut slot = 0u32;
        for _ in 0..movers {
            let mut gap = expected.mover_gaps[usize::from(kind)].code(coder, 0);
            loop {
                let here = *look
                    .get(slot as usize)
                    .ok_or(WireError::Impossible { slot })?;
                if is_of_kind(here, kind) {
                    if gap == 0 {
                        break;
                    }
                    gap -= 1;
                }
                slot += 1;
            }
            let from = at[slot as usize];
            let (dx, dy) = expected.step(coder, (0, 0));
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
            on(Read::Move(slot, to));
            slot += 1;
        }
    }
    let mut next = 0u32;
    for _ in 0..looks {
        let slot = next.saturating_add(expected.other_gaps[1].code(coder, 0));
        let before = alive(look, slot)?;
        on(Read::Look(
            slot,
            expected.looks.code_change(coder, before, Look(0)),
        ));
        next = slot + 1;
    }
    Ok(Entering {
        reader,
        left: enters,
    })
}

fn alive(look: &[u16], slot: u32) -> Result<Look, WireError> {
    match look.get(slot as usize) {
        Some(look) if look & DEAD == 0 => Ok(Look::from_bits(*look)),
        _ => Err(WireError::Impossible { slot }),
    }
}

fn limited(count: u32, what: &'static str, limit: u32) -> Result<u32, WireError> {
    if count > limit {
        return Err(WireError::TooMany {
            what,
            count: u64::from(count),
            limit: u64::from(limit),
        });
    }
    Ok(count)
}
