//! From a look to what is drawn: one table of 4,096 entries, one for each look. Colouring, filtering and order are all in
//! the table, so changing any of them costs nothing per dot and needs no word to the server; the GPU gets the same table
//! as a texture.
//!
//! Order is carried by the colour itself. A colour's top byte is its opacity, which we keep between 224 and 255 and use as
//! the rank: writing a dot is `pixel = max(pixel, colour)`, so the higher rank wins whatever the order of drawing, and of
//! two equal ones always the same colour. A rebase renumbers slots and nothing flickers.

use crate::dot::{LOOK_MASK, VACANT};
use crate::sprite::{Mask, Shape, Sprite};
use wire::Look;

/// Number of looks.
pub const LOOKS: usize = LOOK_MASK as usize + 1;
/// Entries of the tables: those of vacant slots too, which have no colour.
const ENTRIES: usize = 2 * LOOKS;
const ENTRY_MASK: u16 = LOOK_MASK | VACANT;

/// What the colour of a dot tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourBy {
    #[default]
    Activity,
    Charge,
    Alarm,
    Freshness,
}

/// Which looks are drawn; a bit for each value, all set at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    pub activity: u8,
    pub freshness: u8,
    pub alarm: u8,
    pub charge: u16,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            activity: u8::MAX,
            freshness: u8::MAX,
            alarm: u8::MAX,
            charge: u16::MAX,
        }
    }
}

impl Filter {
    pub fn shows(&self, look: u16) -> bool {
        let LookBits {
            activity,
            freshness,
            alarm,
            charge,
        } = LookBits::of(look);
        self.activity >> activity & 1 != 0
            && self.freshness >> freshness & 1 != 0
            && self.alarm >> alarm & 1 != 0
            && self.charge >> charge & 1 != 0
    }
}

/// The fields of a look as small numbers, for tables.
#[derive(Clone, Copy, Debug)]
pub struct LookBits {
    /// 0 unknown, 1 driving, 2 parked, 3 charging, 4 off.
    pub activity: usize,
    /// 0 live, 1 late, 2 silent, 3 its platform went silent.
    pub freshness: usize,
    /// 0..=4, 7 unknown.
    pub alarm: usize,
    /// 0..=9, 15 unknown.
    pub charge: usize,
}

impl LookBits {
    pub fn of(look: u16) -> Self {
        Self {
            activity: usize::from(look & 7),
            freshness: usize::from(look >> 3 & 3),
            alarm: usize::from(look >> 5 & 7),
            charge: usize::from(look >> 8 & 15),
        }
    }
}

/// Red, green, blue. All sets were chosen to stay apart for people who do not tell red from green.
type Rgb = [u8; 3];

pub const ACTIVITY_COLOURS: [Rgb; 5] = [
    [0xb0, 0x9a, 0xd8],
    [0x4d, 0xb8, 0xff],
    [0xb8, 0xa4, 0x6a],
    [0x3d, 0xe0, 0x9b],
    [0x5c, 0x66, 0x76],
];
pub const FRESHNESS_COLOURS: [Rgb; 4] = [
    [0x56, 0xd0, 0xf0],
    [0xf0, 0xc4, 0x42],
    [0xa0, 0xa6, 0xb0],
    [0xe0, 0x7b, 0xc8],
];
pub const ALARM_COLOURS: [Rgb; 5] = [
    [0x5a, 0x78, 0x92],
    [0xf5, 0xe8, 0x5c],
    [0xf5, 0xa6, 0x23],
    [0xff, 0x62, 0x2e],
    [0xff, 0x4f, 0xd8],
];
pub const CHARGE_COLOURS: [Rgb; 10] = [
    [0xff, 0x4b, 0x3a],
    [0xff, 0x74, 0x3d],
    [0xff, 0x9c, 0x45],
    [0xff, 0xc2, 0x54],
    [0xf8, 0xe2, 0x71],
    [0xd7, 0xe6, 0x9a],
    [0xac, 0xdd, 0xc0],
    [0x7d, 0xcd, 0xdb],
    [0x52, 0xb5, 0xf0],
    [0x3b, 0x93, 0xff],
];
pub const UNKNOWN_COLOUR: Rgb = [0x8c, 0x8c, 0x96];

/// Opacity of the lowest rank; what is less opaque is no dot.
pub const LOWEST_OPACITY: u32 = 224;

/// Of ordinary dots by [`Shape`].
pub type Masks = [Mask; Shape::ALL.len()];

/// Light left to a dot by its freshness, in 256ths.
const BRIGHTNESS: [u32; 4] = [256, 190, 120, 120];

/// How everything is drawn at this moment.
#[derive(Clone, Debug)]
pub struct Styles {
    /// 0xAABBGGRR by look; 0 = not drawn.
    colours: Box<[u32; ENTRIES]>,
    /// Index into `sprites` by look.
    sprite_of: Box<[u8; ENTRIES]>,
    /// Ordinary dots by [`Shape`], then those with a serious alarm.
    sprites: Vec<Sprite>,
    /// Of the ordinary dots, where they are narrow enough.
    masks: Option<Box<Masks>>,
    pub colour_by: ColourBy,
    pub filter: Filter,
    width_px: u32,
    version: u32,
}

impl Styles {
    pub fn new(colour_by: ColourBy, filter: Filter, width_px: u32) -> Self {
        let mut styles = Self {
            colours: Box::new([0; ENTRIES]),
            sprite_of: Box::new([0; ENTRIES]),
            sprites: Vec::new(),
            masks: None,
            colour_by,
            filter,
            width_px,
            version: 0,
        };
        styles.fill();
        styles
    }

    /// Changes colours and filter; true where that changes the picture.
    pub fn set(&mut self, colour_by: ColourBy, filter: Filter, width_px: u32) -> bool {
        if (self.colour_by, self.filter, self.width_px) == (colour_by, filter, width_px) {
            return false;
        }
        (self.colour_by, self.filter, self.width_px) = (colour_by, filter, width_px);
        self.version = self.version.wrapping_add(1);
        self.fill();
        true
    }

    /// Becomes a copy of `of` in which everything has this share of its opacity; no memory is asked for again.
    pub fn fade_from(&mut self, of: &Self, share: f32) {
        if self.version != of.version || self.width_px != of.width_px {
            self.sprites.clone_from(&of.sprites);
            self.masks.clone_from(&of.masks);
            self.sprite_of.copy_from_slice(&*of.sprite_of);
            (self.colour_by, self.filter) = (of.colour_by, of.filter);
            (self.version, self.width_px) = (of.version, of.width_px);
        }
        for (faded, colour) in self.colours.iter_mut().zip(of.colours.iter()) {
            let opacity = ((colour >> 24) as f32 * share) as u32;
            *faded = colour & 0x00ff_ffff | opacity << 24;
        }
    }

    /// Grows with every change.
    pub fn version(&self) -> u32 {
        self.version
    }

    #[inline(always)]
    pub fn colour(&self, look: u16) -> u32 {
        self.colours[usize::from(look & ENTRY_MASK)]
    }

    #[inline(always)]
    pub fn sprite(&self, look: u16) -> &Sprite {
        &self.sprites[usize::from(self.sprite_of[usize::from(look & ENTRY_MASK)])]
    }

    #[inline(always)]
    pub fn sprite_index(&self, look: u16) -> u8 {
        self.sprite_of[usize::from(look & ENTRY_MASK)]
    }

    /// Ordinary sprites by shape, then the larger ones.
    pub fn sprites(&self) -> &[Sprite] {
        &self.sprites
    }

    /// The ordinary dots, unless they are too wide for it.
    pub fn masks(&self) -> Option<&Masks> {
        self.masks.as_deref()
    }

    fn fill(&mut self) {
        let large_px = self.width_px + (self.width_px / 3).max(2);
        self.sprites = [self.width_px, large_px]
            .into_iter()
            .flat_map(|width_px| Shape::ALL.map(|shape| Sprite::new(shape, width_px)))
            .collect();
        let masks = self.sprites.iter().take(Shape::ALL.len());
        let masks: Option<Vec<Mask>> = masks.map(Sprite::mask).collect();
        self.masks = masks.and_then(|masks| Some(Box::new(masks.try_into().ok()?)));
        for look in 0..LOOKS as u16 {
            let bits = LookBits::of(look);
            let serious = matches!(bits.alarm, 2..=4);
            let opacity = LOWEST_OPACITY + u32::from(rank(Look(look)));
            let [r, g, b] =
                rgb(self.colour_by, bits).map(|c| (u32::from(c) * BRIGHTNESS[bits.freshness]) >> 8);
            let ix = usize::from(look);
            self.colours[ix] = if self.filter.shows(look) {
                opacity << 24 | b << 16 | g << 8 | r
            } else {
                0
            };
            self.sprite_of[ix] =
                (bits.freshness + if serious { Shape::ALL.len() } else { 0 }) as u8;
        }
    }
}

/// The look's priority in 32 ranks: all twenty of the dots without an alarm, three for each level of alarm.
fn rank(look: Look) -> u8 {
    let priority = look.priority();
    match priority >> 5 {
        0 => priority,
        alarm => 20 + (alarm.min(4) - 1) * 3 + (priority >> 2 & 7).div_ceil(2),
    }
}

fn rgb(colour_by: ColourBy, bits: LookBits) -> Rgb {
    let of = |table: &[Rgb], ix: usize| table.get(ix).copied().unwrap_or(UNKNOWN_COLOUR);
    match colour_by {
        // An alarm has its own colour here, or one among so many would not be found.
        ColourBy::Activity if (1..=4).contains(&bits.alarm) => of(&ALARM_COLOURS, bits.alarm),
        ColourBy::Activity => of(&ACTIVITY_COLOURS, bits.activity),
        ColourBy::Charge => of(&CHARGE_COLOURS, bits.charge),
        ColourBy::Alarm => of(&ALARM_COLOURS, bits.alarm),
        ColourBy::Freshness => of(&FRESHNESS_COLOURS, bits.freshness),
    }
}

/// How many dots of each kind are in the picture, filtered ones included, for the legend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub activity: [u32; 8],
    pub freshness: [u32; 4],
    pub alarm: [u32; 8],
    pub charge: [u32; 16],
}

impl Counts {
    pub fn add(&mut self, look: u16, dots: u32) {
        let bits = LookBits::of(look);
        self.activity[bits.activity] += dots;
        self.freshness[bits.freshness] += dots;
        self.alarm[bits.alarm] += dots;
        self.charge[bits.charge] += dots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARKED: u16 = 2;
    const DRIVING_ALARM_3: u16 = 1 | 3 << 5;
    const SILENT: u16 = 2 << 3;

    #[test]
    fn an_alarm_outshines_every_dot_without_one() {
        for colour_by in [
            ColourBy::Activity,
            ColourBy::Charge,
            ColourBy::Alarm,
            ColourBy::Freshness,
        ] {
            let styles = Styles::new(colour_by, Filter::default(), 3);
            for look in (0..LOOKS as u16).filter(|look| look >> 5 & 7 == 0) {
                assert!(
                    styles.colour(DRIVING_ALARM_3) > styles.colour(look),
                    "{colour_by:?} {look:#x}"
                );
            }
        }
    }

    #[test]
    fn ranks_follow_priorities() {
        let mut looks: Vec<Look> = (0..LOOKS as u16).map(Look).collect();
        looks.sort_by_key(|look| look.priority());
        assert!(looks.is_sorted_by_key(|&look| rank(look)));
        assert_eq!(looks.last().map(|&look| rank(look)), Some(31));
    }

    #[test]
    fn a_faded_style_differs_in_opacity_alone() {
        let styles = Styles::new(ColourBy::Charge, Filter::default(), 5);
        let mut faded = Styles::new(ColourBy::Activity, Filter::default(), 3);
        faded.fade_from(&styles, 0.5);
        for look in [PARKED, DRIVING_ALARM_3, SILENT, VACANT] {
            let (whole, half) = (styles.colour(look), faded.colour(look));
            assert_eq!(whole & 0x00ff_ffff, half & 0x00ff_ffff);
            assert_eq!(half >> 24, (whole >> 24) / 2);
            assert_eq!(styles.sprite(look).width_px, faded.sprite(look).width_px);
        }
    }

    #[test]
    fn a_filtered_look_is_not_drawn() {
        let filter = Filter {
            activity: !(1 << 2),
            ..Filter::default()
        };
        let styles = Styles::new(ColourBy::Activity, filter, 3);
        assert_eq!(styles.colour(PARKED), 0);
        assert_ne!(styles.colour(DRIVING_ALARM_3), 0);
    }

    #[test]
    fn a_silent_dot_has_less_light_and_another_shape() {
        let styles = Styles::new(ColourBy::Activity, Filter::default(), 5);
        let light = |colour: u32| (colour & 0xff) + (colour >> 8 & 0xff) + (colour >> 16 & 0xff);
        assert!(light(styles.colour(PARKED | SILENT)) < light(styles.colour(PARKED)) / 2 + 3);
        assert_ne!(
            styles.sprite_index(PARKED | SILENT),
            styles.sprite_index(PARKED)
        );
    }
}
