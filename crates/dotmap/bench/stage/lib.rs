//! The engine on a stage: a page with nothing but the map, fed by a fleet that moves in the page itself, encoded with the
//! server's own code. For looking at the engine and for measuring it; no server, no network. Built for wasm32 only.

#![cfg(target_arch = "wasm32")]

mod feed;

use dotmap::cell::Cell;
use dotmap::{ColourBy, Engine, EngineReport, Filter, Light, Options, Picked};
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlCanvasElement, HtmlElement};
use wire::Down;

/// The engine with callbacks that JavaScript understands.
#[wasm_bindgen]
pub struct Stage {
    engine: Option<Engine>,
}

#[wasm_bindgen]
impl Stage {
    /// Starts the engine. `heard(kind, json)` is told of reports and picks.
    pub async fn start(
        canvas: HtmlCanvasElement,
        ground: HtmlElement,
        renderer: Option<String>,
        lon: f64,
        lat: f64,
        zoom: f64,
        heard: Function,
    ) -> Result<Stage, JsValue> {
        console_error_panic_hook::set_once();
        let say = move |kind: &str, what: JsValue| {
            // The stage's own script does not throw.
            let _ = heard.call2(&JsValue::NULL, &kind.into(), &what);
        };
        let (on_report, on_pick) = (say.clone(), say);
        let options = Options {
            canvas,
            ground,
            socket_url: "/ws".to_owned(),
            renderer,
            start: Some((lon, lat, zoom)),
            still: false,
            site: None,
            on_tick: Box::new(|_| {}),
            on_report: Box::new(move |report| on_report("report", report_object(&report))),
            on_pick: Box::new(move |picked| on_pick("pick", pick_object(&picked))),
            on_handle: Box::new(|_, _| {}),
            on_card: Box::new(|_, _| {}),
            on_greeting: Box::new(|_| {}),
            before_connect: None,
        };
        Ok(Self {
            engine: Some(Engine::start(options).await?),
        })
    }

    pub fn fly_to(&self, lon: f64, lat: f64, zoom: f64) {
        if let Some(engine) = &self.engine {
            engine.fly_to(lon, lat, Some(zoom));
        }
    }

    /// 0 activity, 1 charge, 2 alarm, 3 freshness.
    pub fn colour_by(&self, which: usize) {
        let all = [
            ColourBy::Activity,
            ColourBy::Charge,
            ColourBy::Alarm,
            ColourBy::Freshness,
        ];
        if let (Some(engine), Some(&colour_by)) = (&self.engine, all.get(which)) {
            engine.colour_by(colour_by);
        }
    }

    pub fn light(&self, afterglow: bool, density: bool) {
        if let Some(engine) = &self.engine {
            engine.light(Light { afterglow, density });
        }
    }

    /// Bits of the activities to draw.
    pub fn filter_activity(&self, activity: u8) {
        if let Some(engine) = &self.engine {
            engine.filter(Filter {
                activity,
                ..Filter::default()
            });
        }
    }

    /// Reads the bases in a message as the engine does, and forgets them; returns how many dots there were.
    pub fn decode(&self, message: &[u8]) -> u32 {
        let frames = wire::frames(message).flatten();
        let cells = frames.filter_map(|frame| match frame {
            Down::Base {
                generation,
                tick,
                body,
                ..
            } => Cell::from_base(0, generation, tick, body, 0).ok(),
            _ => None,
        });
        cells.map(|cell| cell.records().len() as u32).sum()
    }

    /// Bytes of this module's memory.
    pub fn memory_bytes(&self) -> u32 {
        core::arch::wasm32::memory_size::<0>() as u32 * 65_536
    }

    /// Ends the engine.
    pub fn end(&mut self) {
        self.engine = None;
    }
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn report_object(report: &EngineReport) -> JsValue {
    object(&[
        ("connection", format!("{:?}", report.connection).into()),
        ("drawn", report.drawn.into()),
        ("fps", report.fps.into()),
        ("frameMs", report.frame_ms.into()),
        ("renderer", report.renderer.into()),
        ("level", report.level.into()),
        ("missing", report.cells_missing.into()),
        ("memoryBytes", report.memory_bytes.into()),
        (
            "activity",
            js_sys::Uint32Array::from(report.census.counts.activity.as_slice()).into(),
        ),
    ])
}

fn pick_object(picked: &Picked) -> JsValue {
    let dots = js_sys::Array::new();
    for pick in &picked.dots {
        dots.push(&object(&[
            ("slot", pick.dot.slot.into()),
            ("look", pick.look.0.into()),
            ("x", pick.at_css.0.into()),
            ("y", pick.at_css.1.into()),
            ("distance", pick.distance_css.into()),
        ]));
    }
    object(&[("dots", dots.into()), ("more", (picked.more as u32).into())])
}
