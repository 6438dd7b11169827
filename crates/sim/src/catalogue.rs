//! Makers, their models, and what each model is like.
//!
//! Shares are of the order of a Chinese city's monitored electric fleet: many small private cars, some
//! thousand taxis of a handful of models, electric buses, vans and street sweepers. They are invented
//! figures in a believable proportion, not statistics. Battery size and consumption are rounded from what
//! the makers publish. The first three letters of the VIN belong to the maker (digest of WMI codes); the
//! five descriptor characters are ours and plainly synthetic, so that no VIN made here is a real car's.

use gb32960::{Datum, Edition};

/// What a vehicle is used for; decides its day, and is a column of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Private,
    Taxi,
    Bus,
    Logistics,
    Sanitation,
    Other,
}

impl Class {
    /// The word the registry CSV uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Taxi => "taxi",
            Self::Bus => "bus",
            Self::Logistics => "logistics",
            Self::Sanitation => "sanitation",
            Self::Other => "other",
        }
    }
}

/// A car maker, which is also one sending platform.
#[derive(Debug)]
pub struct Maker {
    pub make: &'static str,
    /// The stream's path component: `/platform/<slug>`.
    pub slug: &'static str,
    /// The platform sends the 2025 edition.
    pub sends_2025: bool,
    /// Its positions are GCJ-02. A 2025 frame says so; of a 2016 frame it is agreed beforehand.
    pub gcj02: bool,
    /// The platform adds a user-defined block (type 0x80) of this many bytes.
    pub custom_block: u8,
    /// Seconds between two reports of a private car: 10 or 30, the longest that the standard allows.
    pub interval_s: u32,
    /// Where there is a choice it logs in over TCP; the others are streamed.
    pub by_session: bool,
}

/// Some of the makers, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Makers(u32);

impl Makers {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub fn all() -> Self {
        (0..MAKERS.len() as u8).fold(Self::NONE, Self::and)
    }

    /// Those that prefer a TCP session.
    #[must_use]
    pub fn by_session() -> Self {
        (0u8..)
            .zip(MAKERS)
            .filter(|(_, maker)| maker.by_session)
            .fold(Self::NONE, |makers, (index, _)| makers.and(index))
    }

    #[must_use]
    pub fn and(self, maker: u8) -> Self {
        Self(self.0 | 1 << maker)
    }

    #[must_use]
    pub fn but(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    #[must_use]
    pub fn has(self, maker: u8) -> bool {
        self.0 >> maker & 1 == 1
    }

    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..MAKERS.len() as u8).filter(move |&maker| self.has(maker))
    }
}

impl std::str::FromStr for Makers {
    type Err = String;

    /// `all`, or slugs with commas between them.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::all());
        }
        text.split(',').try_fold(Self::NONE, |makers, slug| {
            let maker = maker_by_slug(slug).ok_or_else(|| {
                let known: Vec<&str> = MAKERS.iter().map(|maker| maker.slug).collect();
                format!("{slug}: the makers are {}", known.join(", "))
            })?;
            Ok(makers.and(maker))
        })
    }
}

/// One model of one maker.
#[derive(Debug)]
pub struct Model {
    /// Index into [`MAKERS`].
    pub maker: u8,
    pub wmi: &'static str,
    /// The fourth character of the VIN; Tesla and NIO are told by it.
    pub vds: char,
    pub model: &'static str,
    pub class: Class,
    /// Vehicles of this model in 10,000 of the fleet.
    pub share: u16,
    pub battery_kwh: f32,
    pub wh_per_km: f32,
    /// A range extender reports running mode "hybrid".
    pub range_extender: bool,
}

/// Make, path component, edition, datum, bytes of the custom block, interval, way in.
pub const MAKERS: &[Maker] = &[
    maker("BYD", "byd", V2016, Wgs84, 0, 10, Session),
    maker("Tesla", "tesla", V2025, Gcj02, 0, 10, Stream),
    maker("SAIC", "saic", V2016, Wgs84, 24, 10, Session),
    maker(
        "SAIC-Volkswagen",
        "saic-volkswagen",
        V2025,
        Wgs84,
        0,
        30,
        Session,
    ),
    maker(
        "FAW-Volkswagen",
        "faw-volkswagen",
        V2016,
        Wgs84,
        0,
        30,
        Stream,
    ),
    maker("SAIC-GM", "saic-gm", V2016, Gcj02, 0, 30, Session),
    maker(
        "BMW Brilliance",
        "bmw-brilliance",
        V2025,
        Gcj02,
        16,
        30,
        Session,
    ),
    maker("NIO", "nio", V2025, Gcj02, 0, 10, Session),
    maker("XPeng", "xpeng", V2016, Wgs84, 0, 10, Stream),
    maker("Li Auto", "li-auto", V2025, Gcj02, 0, 30, Stream),
    maker("Geely", "geely", V2016, Wgs84, 0, 30, Stream),
    maker("GAC", "gac", V2016, Wgs84, 0, 30, Stream),
    maker("Chery", "chery", V2016, Wgs84, 0, 30, Stream),
    maker("Great Wall", "great-wall", V2016, Gcj02, 0, 30, Session),
    maker("SGMW", "sgmw", V2016, Wgs84, 12, 30, Stream),
    maker("Maxus", "maxus", V2016, Wgs84, 40, 10, Session),
    maker("Yutong", "yutong", V2016, Wgs84, 32, 10, Stream),
];

use Datum::{Gcj02, Wgs84};
use Edition::{V2016, V2025};
use Way::{Session, Stream};

/// How a maker reaches the centre where both ways are open.
#[derive(Clone, Copy)]
enum Way {
    Session,
    Stream,
}

const fn maker(
    make: &'static str,
    slug: &'static str,
    edition: Edition,
    datum: Datum,
    custom_block: u8,
    interval_s: u32,
    way: Way,
) -> Maker {
    Maker {
        make,
        slug,
        sends_2025: matches!(edition, V2025),
        gcj02: matches!(datum, Gcj02),
        custom_block,
        interval_s,
        by_session: matches!(way, Session),
    }
}

use Class::{Bus, Logistics, Other, Private, Sanitation, Taxi};

/// Shares add up to 10,000 (a test holds that).
pub const MODELS: &[Model] = &[
    m(0, "LGX", 'C', "Qin PLUS EV", Private, 520, 57.6, 140.),
    m(0, "LGX", 'C', "Han EV", Private, 420, 85.4, 160.),
    m(0, "LGX", 'C', "Yuan PLUS", Private, 480, 60.5, 150.),
    m(0, "LGX", 'C', "Dolphin", Private, 420, 44.9, 125.),
    m(0, "LGX", 'C', "Seagull", Private, 260, 38.9, 115.),
    m(0, "LGX", 'C', "Song PLUS EV", Private, 300, 71.8, 160.),
    m(0, "LGX", 'T', "e6", Taxi, 70, 71.7, 175.),
    m(0, "LGX", 'T', "Qin EV Taxi", Taxi, 90, 53.6, 145.),
    m(0, "LC0", 'B', "K8", Bus, 90, 255.5, 950.),
    m(0, "LC0", 'D', "T3", Logistics, 110, 50.3, 190.),
    m(0, "LC0", 'S', "T8SA", Sanitation, 40, 216., 900.),
    m(1, "LRW", 'Y', "Model Y", Private, 800, 60., 145.),
    m(1, "LRW", '3', "Model 3", Private, 540, 60., 135.),
    m(2, "LSJ", 'R', "Roewe Ei5", Private, 300, 61.1, 140.),
    m(2, "LSJ", 'T', "Roewe Ei5 Taxi", Taxi, 300, 52.5, 145.),
    m(2, "LSJ", 'R', "Roewe ER6", Private, 180, 69.9, 135.),
    m(2, "LSJ", 'R', "Marvel R", Private, 80, 69.9, 165.),
    m(2, "LSJ", 'M', "MG4 Electric", Private, 260, 51., 140.),
    m(2, "LSJ", 'R', "IM L7", Private, 90, 93., 165.),
    m(3, "LSV", 'A', "ID.3", Private, 420, 57.3, 135.),
    m(3, "LSV", 'A', "ID.4 X", Private, 300, 83.4, 160.),
    m(3, "LSV", 'A', "ID.6 X", Private, 90, 83.4, 170.),
    m(3, "LSV", 'T', "ID.4 X Taxi", Taxi, 60, 57.3, 160.),
    m(4, "LFV", 'A', "ID.4 CROZZ", Private, 190, 84.8, 160.),
    m(5, "LSG", 'B', "Velite 6", Private, 240, 61.1, 140.),
    m(5, "LSG", 'B', "Velite 7", Private, 80, 55.6, 150.),
    m(5, "LSG", 'L', "Lyriq", Private, 40, 95.7, 185.),
    m(6, "LBV", 'X', "iX3", Private, 110, 80., 175.),
    m(6, "LBV", 'X', "i3 eDrive35L", Private, 90, 70.2, 145.),
    m(7, "LJ1", 'E', "ES6", Private, 200, 75., 175.),
    m(7, "LJ1", 'E', "ET5", Private, 190, 75., 150.),
    m(7, "LJ1", 'E', "ES8", Private, 70, 100., 195.),
    m(8, "L1N", 'S', "P7", Private, 220, 70.8, 150.),
    m(8, "L1N", 'S', "G6", Private, 120, 66., 150.),
    extender(m(9, "HLX", 'L', "L7", Private, 170, 42.8, 220.)),
    extender(m(9, "HLX", 'L', "L9", Private, 110, 44.5, 230.)),
    extender(m(9, "LW4", 'L', "ONE", Private, 80, 40.5, 220.)),
    m(10, "LB3", 'G', "Geometry A", Private, 110, 61.9, 140.),
    m(10, "L6T", 'Z', "Zeekr 001", Private, 160, 86., 165.),
    m(11, "LMG", 'A', "Aion S", Private, 170, 58.8, 135.),
    m(11, "LMG", 'A', "Aion Y", Private, 140, 61.7, 140.),
    m(11, "LMG", 'T', "Aion S Taxi", Taxi, 40, 58.8, 140.),
    m(12, "LVV", 'K', "eQ1", Private, 110, 30.6, 110.),
    m(13, "LGW", 'U', "ORA Good Cat", Private, 130, 47.8, 130.),
    m(14, "LZW", 'M', "Hongguang MINIEV", Private, 290, 13.9, 95.),
    m(14, "LZW", 'D', "Rongguang EV", Logistics, 140, 42., 180.),
    m(16, "LZY", 'B', "E10", Bus, 170, 281., 900.),
    m(15, "LSF", 'D', "EV30", Logistics, 130, 52.5, 200.),
    m(15, "LSF", 'D', "EV90", Logistics, 80, 77., 280.),
    m(16, "LZY", 'B', "E12", Bus, 110, 350., 950.),
    m(
        16,
        "LZY",
        'S',
        "YTZ5180 sweeper",
        Sanitation,
        60,
        282.,
        1100.,
    ),
    m(16, "LZY", 'W', "YTZ workshop van", Other, 30, 105., 320.),
];

#[expect(
    clippy::too_many_arguments,
    reason = "one row of a table, in the order of its columns"
)]
const fn m(
    maker: u8,
    wmi: &'static str,
    vds: char,
    model: &'static str,
    class: Class,
    share: u16,
    battery_kwh: f32,
    wh_per_km: f32,
) -> Model {
    Model {
        maker,
        wmi,
        vds,
        model,
        class,
        share,
        battery_kwh,
        wh_per_km,
        range_extender: false,
    }
}

const fn extender(mut model: Model) -> Model {
    model.range_extender = true;
    model
}

impl Model {
    #[must_use]
    pub fn maker(&self) -> &'static Maker {
        &MAKERS[usize::from(self.maker)]
    }

    /// Seconds between two reports. What earns money is watched more closely than a private car.
    #[must_use]
    pub fn interval_s(&self) -> u32 {
        match self.class {
            Private | Other => self.maker().interval_s,
            Taxi | Bus | Logistics | Sanitation => 10,
        }
    }
}

/// The model that a number in 0..10,000 falls on, by share.
#[must_use]
pub fn model_at(share: u16) -> usize {
    let mut left = share;
    for (index, model) in MODELS.iter().enumerate() {
        if left < model.share {
            return index;
        }
        left -= model.share;
    }
    MODELS.len() - 1
}

/// The makers' indices by the path component of their stream.
#[must_use]
pub fn maker_by_slug(slug: &str) -> Option<u8> {
    (0u8..)
        .zip(MAKERS)
        .find(|(_, maker)| maker.slug == slug)
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_ten_thousand() {
        assert_eq!(
            MODELS.iter().map(|m| u32::from(m.share)).sum::<u32>(),
            10_000
        );
        assert_eq!(model_at(0), 0);
        assert_eq!(model_at(9_999), MODELS.len() - 1);
    }

    #[test]
    fn every_model_has_a_maker_and_a_wmi_of_three() {
        for model in MODELS {
            assert!(usize::from(model.maker) < MAKERS.len());
            assert_eq!(model.wmi.len(), 3);
            assert!(!"IOQ".contains(model.vds));
            let mut vin = gb32960::Vin(*b"XXX00000000000000");
            vin.0[..3].copy_from_slice(model.wmi.as_bytes());
            vin.0[3] = model.vds as u8;
            assert_eq!(gb32960::vin::make_of(&vin), Some(model.maker().make));
        }
    }
}
