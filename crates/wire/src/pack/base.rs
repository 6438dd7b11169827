//! A base: how many dots, then for each, in Morton order, the gap from the one before and its look.
//!
//! Where dots are dense the next gap is small too, so the gaps before tell the order of the next one's number. A look is
//! told by two words: one for the charge, one for everything else. A cell of a few dots would pay more for the codes
//! than they save; there looks are told plainly.

use super::bits::{Reader, Writer};
use super::code::{Table, Words};
use super::number;
use crate::message::{put_varint, take_varint};
use crate::mirror::MAX_SLOTS;
use crate::slots::Slots;
use crate::world::from_morton;
use crate::{Look, WireError, morton};

/// With fewer dots looks are told plainly.
const CODED_DOTS: u32 = 64;
/// Of a look, the bits below the charge, and the values of the charge.
const STATE_BITS: u32 = 8;
const STATES: usize = 1 << STATE_BITS;
const CHARGES: usize = 16;

/// How dense it is here.
struct Density {
    /// Of the lengths of the last gaps a sum in which older ones weigh less; twice a length where all are alike.
    recent: u32,
}

impl Density {
    fn of(dots: u32) -> Self {
        Self {
            recent: 2 * length((1 << 24) / dots.max(1)),
        }
    }

    /// The order that suits the next gap.
    #[inline]
    fn order(&self) -> u32 {
        (self.recent / 2).saturating_sub(1)
    }

    #[inline]
    fn note(&mut self, gap: u32) {
        self.recent = self.recent / 2 + length(gap);
    }
}

#[inline]
fn length(gap: u32) -> u32 {
    32 - gap.leading_zeros()
}

pub(crate) fn put_base(out: &mut Vec<u8>, slots: &Slots) {
    put_varint(out, u64::from(slots.len()));
    let mut writer = Writer::new(out);
    let codes = (slots.len() >= CODED_DOTS).then(|| {
        let (mut states, mut charges) = ([0; STATES], [0; CHARGES]);
        for (_, look) in slots.all() {
            states[look as usize % STATES] += 1;
            charges[look as usize >> STATE_BITS] += 1;
        }
        (
            Words::put(&mut writer, &states),
            Words::put(&mut writer, &charges),
        )
    });
    let mut density = Density::of(slots.len());
    let mut last = 0;
    for (at, look) in slots.all() {
        let code = morton(at);
        let gap = code - last;
        last = code;
        number::put(&mut writer, gap, density.order());
        density.note(gap);
        let look = u32::from(look);
        match &codes {
            Some((states, charges)) => {
                states.put_symbol(&mut writer, look % STATES as u32);
                charges.put_symbol(&mut writer, look >> STATE_BITS);
            }
            None => writer.put(look, Look::BITS),
        }
    }
    writer.finish();
}

pub(crate) fn take_base(mut body: &[u8]) -> Result<Slots, WireError> {
    let dots = take_varint(&mut body)?;
    if dots > u64::from(MAX_SLOTS) {
        return Err(WireError::TooMany {
            what: "dots of a cell",
            count: dots,
            limit: u64::from(MAX_SLOTS),
        });
    }
    // A gap takes a bit at least, so what a base makes a reader allocate is in proportion to the base.
    if dots > 8 * body.len() as u64 {
        return Err(WireError::Short);
    }
    let dots = dots as u32;
    let mut reader = Reader::new(body);
    let r = &mut reader;
    let slots = if dots < CODED_DOTS {
        take_dots(r, dots, |r| r.refill_take(Look::BITS))?
    } else {
        let states = Table::take(r, STATES)?;
        let charges = Table::take(r, CHARGES)?;
        take_dots(r, dots, |r| {
            r.refill();
            let state = states.take_symbol(r);
            state | charges.take_symbol(r) << STATE_BITS
        })?
    };
    reader.finish()?;
    Ok(slots)
}

/// Reads dots, each one's look with `look`.
#[inline]
fn take_dots<'a>(
    r: &mut Reader<'a>,
    dots: u32,
    mut look: impl FnMut(&mut Reader<'a>) -> u32,
) -> Result<Slots, WireError> {
    let (mut ats, mut looks) = (
        Vec::with_capacity(dots as usize),
        Vec::with_capacity(dots as usize),
    );
    let mut density = Density::of(dots);
    let mut code = 0u32;
    for slot in 0..dots {
        let gap = number::take(r, density.order());
        density.note(gap);
        code = code.saturating_add(gap);
        if code >> 24 != 0 {
            return Err(WireError::Impossible { slot });
        }
        ats.push(from_morton(code));
        looks.push(look(r) as u16);
    }
    Ok(Slots::of_base(ats, looks))
}
