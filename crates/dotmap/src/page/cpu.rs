//! The back end for machines without a GPU: a picture in WebAssembly memory, put on a 2D canvas.

use super::backend::{Backend, RING_COLOUR, Scene, ring_px};
use crate::raster::{Picture, RIM_PX};
use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

pub struct Cpu {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    picture: Picture,
}

impl Cpu {
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let context = canvas
            .get_context("2d")?
            .ok_or_else(|| JsValue::from_str("the canvas gives no 2D context"))?
            .dyn_into()?;
        Ok(Self {
            canvas,
            context,
            picture: Picture::default(),
        })
    }
}

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn draw(&mut self, scene: &mut Scene<'_>) -> bool {
        let (width_px, height_px) = scene.camera.size_px();
        if (self.canvas.width(), self.canvas.height()) != (width_px, height_px) {
            self.canvas.set_width(width_px);
            self.canvas.set_height(height_px);
        }
        self.picture.resize(width_px, height_px);
        self.picture.clear();
        // Nothing is kept by cell here.
        scene.field.take_gone(|_| ());
        for (key, cell) in scene.field.shown() {
            let to_px = scene.camera.screen_from_cell(key);
            if cell.reaches_out(scene.clock.now_ms) || to_px.touches(width_px, height_px) {
                self.picture
                    .draw_cell(cell.records(), &to_px, scene.clock, scene.styles);
            }
        }
        if let Some(at_px) = scene.selected_px {
            self.picture.draw_ring(at_px, ring_px(scene), RING_COLOUR);
        }
        let (stride, rows) = self.picture.size_with_rim();
        // The image is a view of our memory: made anew each frame, because memory that grows moves.
        let image = ImageData::new_with_u8_clamped_array_and_sh(
            Clamped(self.picture.bytes()),
            stride,
            rows,
        );
        let rim = -f64::from(RIM_PX);
        image
            .and_then(|image| self.context.put_image_data(&image, rim, rim))
            .is_ok()
    }

    fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }
}
