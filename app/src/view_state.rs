//! What a person sees at the desk, as the query of its address, so that it can be shared, kept as a bookmark, and gone
//! back to: `?at=31.2304,121.4737,11.52&by=alarm&hide=0,1&light=density&lang=zh`.
//!
//! Only these keys are read and only these are ever written, each from a value that is no text of a person. So whatever
//! else stands in an address, a VIN above all, is gone as soon as the page has written its own.

use crate::components::{ColourBy, Light};
use crate::text::Lang;

/// Where the camera stands: degrees, and MapLibre's zoom.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    pub lon: f64,
    pub lat: f64,
    pub zoom: f64,
}

/// The most an address may say; longer ones are not read.
const MOST_BYTES: usize = 1_000;
const MOST_ZOOM: f64 = 22.0;
const MOST_LATITUDE: f64 = 85.0;

/// Everything that a person can set about the picture. What is `None` is as the page begins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ViewState {
    pub place: Option<Place>,
    pub colour_by: ColourBy,
    /// A bit for each code of `colour_by` that is not drawn.
    pub hidden: u16,
    pub light: Light,
    /// Chosen in the page; otherwise everybody's browser says which.
    pub lang: Option<Lang>,
    /// `cpu` or `webgl2`, for whoever looks for a fault.
    pub renderer: Option<&'static str>,
}

const RENDERERS: [&str; 2] = ["cpu", "webgl2"];
const COLOURINGS: [(ColourBy, &str); 4] = [
    (ColourBy::Activity, "activity"),
    (ColourBy::Charge, "charge"),
    (ColourBy::Alarm, "alarm"),
    (ColourBy::Freshness, "freshness"),
];

impl ViewState {
    /// Reads the query of an address, with or without its question mark. Values that make no sense are as if not there.
    #[must_use]
    pub fn read(query: &str) -> Self {
        let mut state = Self::default();
        if query.len() > MOST_BYTES {
            return state;
        }
        let pairs = query.trim_start_matches('?').split('&');
        for (key, value) in pairs.filter_map(|pair| pair.split_once('=')) {
            // Some programs that pass addresses on write commas so.
            let value = value.replace("%2C", ",").replace("%2c", ",");
            match key {
                "at" => state.place = read_place(&value),
                "by" => state.colour_by = read_colouring(&value),
                "hide" => {
                    state.hidden = value
                        .split(',')
                        .filter_map(|code| code.parse::<u32>().ok())
                        .filter(|code| *code < u16::BITS)
                        .fold(0, |hidden, code| hidden | 1 << code);
                }
                "light" => {
                    state.light.afterglow = value.split(',').any(|light| light == "afterglow");
                    state.light.density = value.split(',').any(|light| light == "density");
                }
                "lang" => state.lang = read_lang(&value),
                "renderer" => state.renderer = RENDERERS.into_iter().find(|name| *name == value),
                _ => {}
            }
        }
        state
    }

    /// The query with its question mark; empty where everything is as the page begins.
    #[must_use]
    pub fn write(&self) -> String {
        let mut pairs = Vec::new();
        if let Some(Place { lon, lat, zoom }) = self.place {
            // Four places of a degree are 11 m; near the ground it takes more to stand in the same street.
            let decimals = if zoom > 13.0 { 6 } else { 4 };
            pairs.push(format!("at={lat:.decimals$},{lon:.decimals$},{zoom:.2}"));
        }
        if let Some((_, name)) = COLOURINGS
            .iter()
            .find(|(by, _)| *by == self.colour_by && *by != ColourBy::default())
        {
            pairs.push(format!("by={name}"));
        }
        let codes = (0..u16::BITS).filter(|code| self.hidden >> code & 1 != 0);
        let codes: Vec<_> = codes.map(|code| code.to_string()).collect();
        if !codes.is_empty() {
            pairs.push(format!("hide={}", codes.join(",")));
        }
        let lights = [
            (self.light.afterglow, "afterglow"),
            (self.light.density, "density"),
        ];
        let lights: Vec<_> = lights
            .iter()
            .filter(|light| light.0)
            .map(|light| light.1)
            .collect();
        if !lights.is_empty() {
            pairs.push(format!("light={}", lights.join(",")));
        }
        if let Some(lang) = self.lang {
            pairs.push(format!("lang={}", short(lang)));
        }
        pairs.extend(self.renderer.map(|renderer| format!("renderer={renderer}")));
        match pairs.is_empty() {
            true => String::new(),
            false => format!("?{}", pairs.join("&")),
        }
    }

    /// Whether going from here to there is worth a step back of its own: another colouring, filter, light or language, or
    /// a camera that is elsewhere. A little panning is not.
    #[must_use]
    pub fn is_far_from(&self, other: &Self) -> bool {
        let looks = |state: &Self| Self {
            place: None,
            ..*state
        };
        if looks(self) != looks(other) {
            return true;
        }
        let (Some(a), Some(b)) = (self.place, other.place) else {
            return false;
        };
        // At zoom z a CSS pixel is 360 / (512 · 2^z) degrees of longitude.
        let px = 512.0 * a.zoom.min(b.zoom).exp2() / 360.0;
        let moved_px =
            ((a.lon - b.lon) * px).hypot((a.lat - b.lat) * px / a.lat.to_radians().cos());
        (a.zoom - b.zoom).abs() > 1.0 || moved_px > FAR_PX
    }
}

/// About half of a desk's screen.
const FAR_PX: f64 = 600.0;

/// The language's name in an address.
#[must_use]
pub fn short(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

/// The language that a query asks for.
#[must_use]
pub fn lang_of(query: &str) -> Option<Lang> {
    ViewState::read(query).lang
}

fn read_lang(value: &str) -> Option<Lang> {
    match value {
        "en" => Some(Lang::En),
        "zh" => Some(Lang::Zh),
        _ => None,
    }
}

fn read_colouring(value: &str) -> ColourBy {
    let found = COLOURINGS.iter().find(|(_, name)| *name == value);
    found.map(|(by, _)| *by).unwrap_or_default()
}

fn read_place(value: &str) -> Option<Place> {
    let mut numbers = value.split(',').map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok().filter(|number| number.is_finite());
    let (lat, lon, zoom) = (next()?, next()?, next()?);
    let inside = lat.abs() <= MOST_LATITUDE && lon.abs() <= 180.0;
    (inside && (0.0..=MOST_ZOOM).contains(&zoom)).then_some(Place { lon, lat, zoom })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> ViewState {
        ViewState {
            place: Some(Place {
                lon: 121.4737,
                lat: 31.2304,
                zoom: 11.52,
            }),
            colour_by: ColourBy::Alarm,
            hidden: 0b11,
            light: Light {
                afterglow: false,
                density: true,
            },
            lang: Some(Lang::Zh),
            renderer: None,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = full().write();
        assert_eq!(
            written,
            "?at=31.2304,121.4737,11.52&by=alarm&hide=0,1&light=density&lang=zh"
        );
        assert_eq!(ViewState::read(&written), full());
        assert_eq!(ViewState::default().write(), "");
        assert_eq!(
            ViewState::read("?at=31.2304%2C121.4737%2C11.52").place,
            full().place
        );
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_there() {
        for query in [
            "?at=91,0,3",
            "?at=nan,1,1",
            "?at=1,2",
            "?at=1,2,99",
            "?by=vin",
            "?hide=16,99,x",
            "?light=sun",
            "?lang=fr",
            "?&&=&a",
            "?at=1,1,1&".repeat(200).as_str(),
        ] {
            assert_eq!(ViewState::read(query), ViewState::default(), "{query}");
        }
    }

    #[test]
    fn what_is_no_part_of_the_view_never_comes_out_again() {
        let state = ViewState::read(
            "?vin=LTEST00000W000001&by=LTEST00000W000001&renderer=LTEST00000W000001&lang=zh",
        );
        assert_eq!(state.write(), "?lang=zh");
        let state = ViewState::read("?renderer=cpu&LTEST00000W000001=1");
        assert_eq!(state.write(), "?renderer=cpu");
    }

    #[test]
    fn a_little_panning_is_no_step_of_its_own_and_a_jump_is() {
        let at = |lon: f64, zoom: f64| ViewState {
            place: Some(Place {
                lon,
                lat: 31.2,
                zoom,
            }),
            ..ViewState::default()
        };
        assert!(!at(121.47, 11.0).is_far_from(&at(121.50, 11.2)));
        assert!(at(121.47, 11.0).is_far_from(&at(121.90, 11.0)));
        assert!(at(121.47, 11.0).is_far_from(&at(121.47, 13.0)));
        let other = ViewState {
            hidden: 1,
            ..at(121.47, 11.0)
        };
        assert!(at(121.47, 11.0).is_far_from(&other));
    }
}
