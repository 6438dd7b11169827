//! How each maker's platform speaks: edition, datum, custom block.
//!
//! A 2025 frame names its datum, a 2016 frame does not: there it is part of what the two sides agree on. Over
//! TCP they do, in the platforms file; a stream has no such place, so 2016 frames on it are WGS-84.

use gb32960::Edition;

use crate::catalogue::{MAKERS, Makers};

/// Which editions the fleet's platforms send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Editions {
    /// Everything in 2016 frames, WGS-84, without custom blocks.
    #[default]
    #[value(name = "2016")]
    Only2016,
    /// Each maker as the catalogue has it.
    Mixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub edition: Edition,
    pub gcj02: bool,
    /// Bytes of the user-defined block (type 0x80); 0: there is none.
    pub custom_block: u8,
    /// Motors, cell voltages, temperatures and engine are sent too.
    pub detail: bool,
}

/// The dialect of each maker.
#[derive(Clone, Debug)]
pub struct Dialects(Vec<Dialect>);

impl Dialects {
    /// Of a fleet in which `sessions` log in over TCP and the others are streamed.
    #[must_use]
    pub fn new(editions: Editions, sessions: Makers) -> Self {
        let of = |(index, maker): (u8, &crate::catalogue::Maker)| match editions {
            Editions::Only2016 => Dialect {
                edition: Edition::V2016,
                gcj02: false,
                custom_block: 0,
                detail: false,
            },
            Editions::Mixed if maker.sends_2025 => Dialect {
                edition: Edition::V2025,
                gcj02: maker.gcj02,
                custom_block: maker.custom_block,
                detail: false,
            },
            Editions::Mixed => Dialect {
                edition: Edition::V2016,
                gcj02: maker.gcj02 && sessions.has(index),
                custom_block: maker.custom_block,
                detail: false,
            },
        };
        Self((0u8..).zip(MAKERS).map(of).collect())
    }

    /// The same, and every report has all that a vehicle can say: about 400 bytes instead of 90.
    #[must_use]
    pub fn in_detail(mut self) -> Self {
        self.0.iter_mut().for_each(|dialect| dialect.detail = true);
        self
    }

    #[must_use]
    pub fn of(&self, maker: u8) -> Dialect {
        self.0[usize::from(maker)]
    }
}
