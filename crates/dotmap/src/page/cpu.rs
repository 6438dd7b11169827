//! The back end for machines without a GPU: a picture in WebAssembly memory, put on a 2D canvas.

use std::cell::Cell as Flag;
use std::rc::Rc;

use super::backend::{Backend, RING_COLOUR, Scene, ring_px};
use super::glow::Glow;
use super::listen::Listener;
use crate::raster::{Part, Picture, RIM_PX};
use crate::style::{ColourBy, Filter, Styles};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

pub struct Cpu {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    picture: Picture,
    glow: Glow,
    /// For cells that appear.
    faded: Styles,
    /// The browser lost what was on the canvas, with its GPU process.
    lost: Rc<Flag<bool>>,
    _listener: Listener,
}

impl Cpu {
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let context = canvas
            .get_context("2d")?
            .ok_or_else(|| JsValue::from_str("the canvas gives no 2D context"))?
            .dyn_into()?;
        let lost = Rc::new(Flag::new(false));
        let restored = lost.clone();
        let listener = Listener::new(&canvas, "contextrestored", move |_| restored.set(true))?;
        Ok(Self {
            canvas,
            context,
            picture: Picture::default(),
            glow: Glow::default(),
            faded: Styles::new(ColourBy::default(), Filter::default(), 1),
            lost,
            _listener: listener,
        })
    }
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn draw(&mut self, scene: &mut Scene<'_>) -> bool {
        let (width_px, height_px) = scene.camera.size_px();
        if self.picture.resize(width_px, height_px) {
            // Empties the canvas too, whatever its size was.
            self.canvas.set_width(width_px);
            self.canvas.set_height(height_px);
        }
        match self.glow.steps(scene) {
            Some(steps) => self.picture.begin_in_afterglow(steps),
            None if scene.light.density => self.picture.begin_density(),
            None => self.picture.begin(),
        }
        // Nothing is kept by cell here.
        scene.field.take_gone(|_| ());
        for (key, cell) in scene.field.shown() {
            let to_px = scene.camera.screen_from_cell(key);
            let outside_steps = cell.outside_steps(scene.clock.now_ms);
            if to_px.touches(outside_steps, width_px, height_px) {
                let presence = cell.presence(scene.clock.now_ms);
                let styles = if presence < 1.0 {
                    self.faded.fade_from(scene.styles, presence);
                    &self.faded
                } else {
                    scene.styles
                };
                self.picture
                    .draw_cell(cell.records(), &to_px, scene.clock, styles);
            }
        }
        if let Some(at_px) = scene.selected_px {
            self.picture.draw_ring(at_px, ring_px(scene), RING_COLOUR);
        }
        self.picture.finish();
        let (stride, rows) = self.picture.size_with_rim();
        // The image is a view of our memory: made anew each frame, because memory that grows moves.
        let image = ImageData::new_with_u8_clamped_array_and_sh(
            Clamped(self.picture.bytes()),
            stride,
            rows,
        );
        let rim = -f64::from(RIM_PX);
        let put = |image: &ImageData, part: Part| {
            let [x, y, width, height] =
                [part.x_px, part.y_px, part.width_px, part.height_px].map(f64::from);
            self.context
                .put_image_data_with_dirty_x_and_dirty_y_and_dirty_width_and_dirty_height(
                    image, rim, rim, x, y, width, height,
                )
        };
        // A canvas that was lost came back empty, as is what neither this picture nor the last one touched.
        let stays = Glow::is_wanted(scene);
        image
            .and_then(|image| self.picture.put(stays, |_, part| put(&image, part)))
            .is_ok()
    }

    fn wants_frame(&self) -> bool {
        self.lost.take()
    }

    fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }
}
