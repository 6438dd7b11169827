//! What a wall shows when: read from its address, and decided by the server's clock, so that all screens change together.
//!
//! `/wall` goes through all scenes; `?scene=` keeps to one; `?every=` says how many seconds each stays; `?span=3x2&tile=1`
//! makes the screen one of six that form one picture, numbered from 1 along rows. Nothing in an address names a vehicle.

use crate::components::ColourBy;
use crate::components::live_map::Hidden;

/// Seconds that a scene stays.
pub const EVERY_S: u32 = 30;
const EVERY_MIN_S: u32 = 5;
const EVERY_MAX_S: u32 = 3600;
/// Screens of one picture, across or down.
const MOST_SCREENS: u8 = 16;
/// The picture is moved once in so many seconds.
const DRIFT_EVERY_S: i64 = 120;
/// By so much at most, in CSS pixels.
pub const DRIFT_MOST_CSS: f64 = 4.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scene {
    #[default]
    City,
    /// One district after another.
    Districts,
    Charging,
    Alarms,
}

impl Scene {
    pub const ALL: [Self; 4] = [Self::City, Self::Districts, Self::Charging, Self::Alarms];

    /// In the address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Districts => "districts",
            Self::Charging => "charging",
            Self::Alarms => "alarms",
        }
    }

    /// What the dots tell, and which are left out.
    #[must_use]
    pub fn looks(self) -> (ColourBy, Hidden) {
        match self {
            Self::City | Self::Districts => (ColourBy::Activity, 0),
            Self::Charging => (ColourBy::Activity, !(1 << 3)),
            // Level 0 and unknown levels go.
            Self::Alarms => (ColourBy::Alarm, !0b1_1110),
        }
    }
}

/// Which part of a picture of several screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    pub columns: u8,
    pub rows: u8,
    /// From 0, along rows.
    pub number: u8,
}

impl Screen {
    const ONLY: Self = Self {
        columns: 1,
        rows: 1,
        number: 0,
    };

    fn column(self) -> u8 {
        self.number % self.columns
    }

    fn row(self) -> u8 {
        self.number / self.columns
    }

    /// Whether it is in a corner of the picture: panels stand there once and not on every screen.
    #[must_use]
    pub fn is_corner(self, right: bool, bottom: bool) -> bool {
        let column = if right { self.columns - 1 } else { 0 };
        let row = if bottom { self.rows - 1 } else { 0 };
        (self.column(), self.row()) == (column, row)
    }
}

/// What the address of a wall asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Only this one.
    pub only: Option<Scene>,
    pub every_s: u32,
    pub screen: Screen,
    /// Something in the address was not understood.
    pub is_odd: bool,
}

impl Programme {
    /// `value` gives what the address says for a key.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let mut is_odd = false;
        let scene = value("scene").map(|name| {
            let named = |scene: &Scene| scene.name() == name;
            Scene::ALL.into_iter().find(named)
        });
        let only = understood(scene, &mut is_odd);
        let every_s = value("every").map(|every| {
            let seconds = every.parse().ok();
            seconds.filter(|seconds| (EVERY_MIN_S..=EVERY_MAX_S).contains(seconds))
        });
        let every_s = understood(every_s, &mut is_odd).unwrap_or(EVERY_S);
        let screen = match (value("span"), value("tile")) {
            (None, None) => None,
            (span, tile) => Some(screen(span.as_deref(), tile.as_deref())),
        };
        let screen = understood(screen, &mut is_odd).unwrap_or(Screen::ONLY);
        Self {
            only,
            every_s,
            screen,
            is_odd,
        }
    }

    /// Which turn it is at a time of the server's clock.
    #[must_use]
    pub fn turn(&self, server_unix_ms: i64) -> i64 {
        server_unix_ms
            .div_euclid(1000)
            .div_euclid(i64::from(self.every_s))
    }

    /// The scene of a turn.
    #[must_use]
    pub fn scene(&self, turn: i64) -> Scene {
        self.only
            .unwrap_or(Scene::ALL[turn.rem_euclid(Scene::ALL.len() as i64) as usize])
    }

    /// The district that a turn looks at, of so many: the next one whenever districts come round.
    #[must_use]
    pub fn district(&self, turn: i64, districts: usize) -> Option<usize> {
        let round = match self.only {
            Some(_) => turn,
            None => turn.div_euclid(Scene::ALL.len() as i64),
        };
        let all = i64::try_from(districts).ok().filter(|all| *all > 0)?;
        (self.scene(turn) == Scene::Districts).then(|| round.rem_euclid(all) as usize)
    }
}

/// What was said, if it was understood; `is_odd` where it was said and not understood.
fn understood<T>(said: Option<Option<T>>, is_odd: &mut bool) -> Option<T> {
    *is_odd |= matches!(said, Some(None));
    said.flatten()
}

/// `3x2` and `1`; both or neither.
fn screen(span: Option<&str>, tile: Option<&str>) -> Option<Screen> {
    let (columns, rows) = span?.split_once(['x', '×'])?;
    let side = |text: &str| {
        text.parse()
            .ok()
            .filter(|side| (1..=MOST_SCREENS).contains(side))
    };
    let (columns, rows): (u8, u8) = (side(columns)?, side(rows)?);
    let tile: u16 = tile?.parse().ok()?;
    let all = u16::from(columns) * u16::from(rows);
    let number = tile.checked_sub(1).filter(|number| *number < all)?;
    Some(Screen {
        columns,
        rows,
        // At most 16 × 16, counted from 0.
        number: u8::try_from(number).ok()?,
    })
}

/// How far the picture is moved at a time of the server's clock, in CSS pixels: a slow walk through a square that comes by
/// every place of it, so that no line burns into a panel. The same on all screens, so that tiles go on joining.
#[must_use]
pub fn drift_css(server_unix_ms: i64) -> (f64, f64) {
    const SIDE: i64 = 9;
    let step = server_unix_ms.div_euclid(1000 * DRIFT_EVERY_S);
    let place =
        |step: i64| (step.rem_euclid(SIDE) - SIDE / 2) as f64 * DRIFT_MOST_CSS / (SIDE / 2) as f64;
    (place(step * 2), place(step.div_euclid(SIDE) * 2 + step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Programme {
        let pairs: Vec<_> = address
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .collect();
        Programme::read(|key| {
            let found = pairs.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_scene_is_an_address() {
        for scene in Scene::ALL {
            let programme = read(&format!("scene={}", scene.name()));
            assert_eq!(programme.only, Some(scene));
            assert!(!programme.is_odd);
            assert_eq!(programme.scene(17), scene);
        }
    }

    #[test]
    fn screens_that_see_the_same_tick_show_the_same_scene_whenever_they_were_switched_on() {
        let programme = read("every=20");
        let at = |unix_s: i64| programme.scene(programme.turn(unix_s * 1000 + 999));
        assert_eq!(at(0), Scene::City);
        assert_eq!(at(19), Scene::City);
        assert_eq!(at(20), Scene::Districts);
        assert_eq!(at(79), Scene::Alarms);
        assert_eq!(at(80), Scene::City);
        // Each round looks at the next district.
        let district = |unix_s: i64| programme.district(programme.turn(unix_s * 1000), 16);
        assert_eq!(
            (district(0), district(20), district(100)),
            (None, Some(0), Some(1))
        );
        assert_eq!(programme.district(1, 0), None, "a ground without districts");
        let only = read("every=20&scene=districts");
        assert_eq!(only.district(only.turn(40_000), 16), Some(2));
    }

    #[test]
    fn what_is_not_understood_is_said_and_does_not_stop_the_wall() {
        for bad in [
            "scene=moon",
            "scene=",
            "every=0",
            "every=4",
            "every=3601",
            "every=x",
            "every=-5",
            "span=2x2",
            "tile=1",
            "span=2x2&tile=0",
            "span=2x2&tile=5",
            "span=0x2&tile=1",
            "span=17x1&tile=1",
            "span=2&tile=1",
            "span=16x16&tile=257",
        ] {
            let programme = read(bad);
            assert!(programme.is_odd, "{bad}");
            assert_eq!(
                (programme.every_s, programme.screen),
                (EVERY_S, Screen::ONLY),
                "{bad}"
            );
        }
        assert!(!read("").is_odd && !read("renderer=cpu").is_odd);
    }

    #[test]
    fn panels_stand_once_in_a_picture_of_several_screens() {
        let screens: Vec<Screen> = (1..=6)
            .map(|tile| read(&format!("span=3x2&tile={tile}")).screen)
            .collect();
        for (right, bottom, number) in [
            (false, false, 0),
            (true, false, 2),
            (false, true, 3),
            (true, true, 5),
        ] {
            let there: Vec<_> = screens
                .iter()
                .filter(|screen| screen.is_corner(right, bottom))
                .collect();
            assert_eq!(there, [&screens[number]]);
        }
        assert!(Screen::ONLY.is_corner(false, true) && Screen::ONLY.is_corner(true, false));
        assert_eq!(read("span=16x16&tile=256").screen.number, 255);
    }

    #[test]
    fn the_picture_walks_through_its_whole_square_and_never_out_of_it() {
        let places: std::collections::BTreeSet<_> = (0..81 * 3)
            .map(|step| {
                let (x, y) = drift_css(step * DRIFT_EVERY_S * 1000);
                assert!(x.abs() <= DRIFT_MOST_CSS && y.abs() <= DRIFT_MOST_CSS);
                (x as i32, y as i32)
            })
            .collect();
        assert!(places.len() > 40, "{}", places.len());
        assert_eq!(
            drift_css(0),
            drift_css(DRIFT_EVERY_S * 1000 - 1),
            "it does not move all the time"
        );
    }
}
