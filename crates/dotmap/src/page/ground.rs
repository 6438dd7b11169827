//! The ground map, opened and asked for its camera through `js/ground.js`.

use crate::camera::{Camera, WORLD, world_from_degrees};
use crate::report::Place;
use crate::shot::Aim;
use js_sys::Float64Array;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

#[wasm_bindgen(module = "/js/ground.js")]
extern "C" {
    #[wasm_bindgen(js_name = openGround, catch)]
    async fn open_ground(
        element: &HtmlElement,
        library: &str,
        style: &str,
        start: &Float64Array,
        software: bool,
        still: bool,
        told: &Closure<dyn FnMut(u32, f64, f64, bool)>,
    ) -> Result<JsValue, JsValue>;

    type JsGround;
    #[wasm_bindgen(method)]
    fn camera(this: &JsGround, out: &Float64Array);
    #[wasm_bindgen(method, js_name = isPlain)]
    fn is_plain(this: &JsGround) -> bool;
    #[wasm_bindgen(method)]
    fn home(this: &JsGround, out: &Float64Array);
    #[wasm_bindgen(method)]
    fn build(this: &JsGround);
    #[wasm_bindgen(method)]
    fn labels(this: &JsGround, lang: &str, scale: f64);
    #[wasm_bindgen(method, js_name = flyTo)]
    fn fly_to(this: &JsGround, lon: f64, lat: f64, zoom: f64);
    #[wasm_bindgen(method, js_name = easeTo)]
    fn ease_to(this: &JsGround, lon: f64, lat: f64, zoom: f64, ms: f64);
    #[wasm_bindgen(method)]
    fn pointer(this: &JsGround, over: bool);
    #[wasm_bindgen(method)]
    fn close(this: &JsGround);
}

/// Something the ground tells. Places are CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GroundEvent {
    /// The camera is elsewhere.
    Moved,
    /// A frame of the ground was drawn; the dots must follow in the same one.
    Rendered,
    Clicked {
        at_css: (f64, f64),
        touch: bool,
    },
    Pointed {
        at_css: (f64, f64),
    },
    /// The ground has a fault; the dots go on without it.
    Failed,
}

/// The ground; it closes when dropped.
pub struct Ground {
    js: JsGround,
    numbers: Float64Array,
    built: bool,
    _told: Closure<dyn FnMut(u32, f64, f64, bool)>,
}

impl Ground {
    /// Opens the map in `element`, at (lon, lat, zoom) or where its style says. Where `software` draws, it is coarser
    /// while it moves. One that is `still` can be moved by nobody.
    pub async fn open(
        element: &HtmlElement,
        library: &str,
        style: &str,
        start: Option<(f64, f64, f64)>,
        software: bool,
        still: bool,
        mut heard: impl FnMut(GroundEvent) + 'static,
    ) -> Result<Self, JsValue> {
        let told = Closure::<dyn FnMut(u32, f64, f64, bool)>::new(move |kind, x, y, touch| {
            heard(match kind {
                0 => GroundEvent::Moved,
                1 => GroundEvent::Rendered,
                2 => GroundEvent::Clicked {
                    at_css: (x, y),
                    touch,
                },
                4 => GroundEvent::Pointed { at_css: (x, y) },
                _ => GroundEvent::Failed,
            });
        });
        let start: Vec<f64> = start.map_or(Vec::new(), |(lon, lat, zoom)| vec![lon, lat, zoom]);
        let start = Float64Array::from(start.as_slice());
        let js = open_ground(element, library, style, &start, software, still, &told)
            .await?
            .unchecked_into();
        Ok(Self {
            js,
            numbers: Float64Array::new_with_length(6),
            built: false,
            _told: told,
        })
    }

    /// The camera as it stands, and whether it is under way.
    pub fn camera(&self, ratio: f64) -> (Camera, bool) {
        self.js.camera(&self.numbers);
        let number = |ix| self.numbers.get_index(ix);
        let camera = Camera {
            middle_world: ((number(0) * WORLD).rem_euclid(WORLD), number(1) * WORLD),
            zoom: number(2),
            size_css: (number(3), number(4)),
            ratio,
            is_gcj02: false,
        };
        (camera, number(5) != 0.0)
    }

    /// Where the style looks.
    pub fn home(&self) -> Aim {
        self.js.home(&self.numbers);
        let number = |ix| self.numbers.get_index(ix);
        Aim {
            middle_world: world_from_degrees(number(0), number(1)),
            zoom: number(2),
        }
    }

    /// The first dots are on the screen: now the map may be built, which takes the page's time.
    pub fn build(&mut self) {
        if !std::mem::replace(&mut self.built, true) {
            self.js.build();
        }
    }

    /// The browser gave no WebGL for a map.
    pub fn is_plain(&self) -> bool {
        self.js.is_plain()
    }

    /// The language of labels, `en` or `zh`, and how much larger than usual they are.
    pub fn labels(&self, lang: &str, scale: f64) {
        self.js.labels(lang, scale);
    }

    /// Moves the camera; without a zoom it keeps its own.
    pub fn fly_to(&self, lon: f64, lat: f64, zoom: Option<f64>) {
        self.js.fly_to(lon, lat, zoom.unwrap_or(-1.0));
    }

    /// Moves the camera without a flight, within so many milliseconds.
    pub fn ease_to(&self, to: Place, ms: f64) {
        self.js.ease_to(to.lon, to.lat, to.zoom, ms);
    }

    /// Whether the pointer is over something that can be clicked.
    pub fn pointer(&self, over: bool) {
        self.js.pointer(over);
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.js.close();
    }
}
