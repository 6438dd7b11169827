//! The border between the engine and what puts dots on the screen.

use crate::camera::Camera;
use crate::dot::Clock;
use crate::field::Field;
use crate::raster::light::Light;
use crate::style::Styles;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, HtmlCanvasElement, WebGl2RenderingContext};

/// Everything a frame is made of.
pub struct Scene<'a> {
    pub field: &'a mut Field,
    pub camera: &'a Camera,
    pub clock: &'a Clock,
    pub styles: &'a Styles,
    /// What is drawn besides the dots.
    pub light: Light,
    /// Middle of the selected dot in canvas pixels, if it is in sight.
    pub selected_px: Option<(f32, f32)>,
}

/// The width of the ring around the selected dot, in canvas pixels.
pub fn ring_px(scene: &Scene<'_>) -> u32 {
    let dot_px = scene
        .styles
        .sprites()
        .last()
        .map_or(3, |sprite| sprite.width_px);
    (dot_px + (8.0 * scene.camera.ratio) as u32).min(crate::sprite::WIDEST_PX) | 1
}

/// Colour of that ring.
pub const RING_COLOUR: u32 = 0xffff_ffff;

/// Something that draws a scene on a canvas of its own.
pub trait Backend {
    /// `cpu` or `webgl2`, as the page shows it.
    fn name(&self) -> &'static str;
    /// Draws the scene; false if it could not (the context is lost and may come back).
    fn draw(&mut self, scene: &mut Scene<'_>) -> bool;
    /// Whether a frame is due although nothing in the scene changed.
    fn wants_frame(&self) -> bool {
        false
    }
    /// Whether another back end should take over.
    fn is_hopeless(&self) -> bool {
        false
    }
    /// How often its context was lost.
    fn losses(&self) -> u32 {
        0
    }
    fn canvas(&self) -> &HtmlCanvasElement;
}

/// Whether WebGL2 is drawn by a GPU here. Software that plays one is slower than our own loop.
pub fn has_gpu(document: &Document) -> bool {
    renderer_string(document).is_some_and(|renderer| {
        let renderer = renderer.to_lowercase();
        ![
            "swiftshader",
            "llvmpipe",
            "softpipe",
            "software",
            "basic render",
            "swrast",
        ]
        .iter()
        .any(|name| renderer.contains(name))
    })
}

fn renderer_string(document: &Document) -> Option<String> {
    let canvas: HtmlCanvasElement = document.create_element("canvas").ok()?.dyn_into().ok()?;
    let gl: WebGl2RenderingContext = canvas.get_context("webgl2").ok()??.dyn_into().ok()?;
    const UNMASKED_RENDERER: u32 = 0x9246;
    let named = gl
        .get_extension("WEBGL_debug_renderer_info")
        .ok()
        .flatten()
        .is_some();
    let which = if named {
        UNMASKED_RENDERER
    } else {
        WebGl2RenderingContext::RENDERER
    };
    let renderer = gl.get_parameter(which).ok()?.as_string();
    // Browsers keep few contexts; give this one back at once.
    if let Ok(Some(lose)) = gl.get_extension("WEBGL_lose_context")
        && let Ok(function) = js_sys::Reflect::get(&lose, &JsValue::from_str("loseContext"))
        && let Some(function) = function.dyn_ref::<js_sys::Function>()
    {
        let _ = function.call0(&lose);
    }
    renderer
}
