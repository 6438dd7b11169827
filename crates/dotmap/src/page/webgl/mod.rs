//! The back end for machines with a GPU. A cell is a buffer of its records as they are; the vertex shader glides. Per frame
//! WebAssembly does a few calls a cell, and uploads only records that changed. Which dot is on top is told by depth, made
//! from the same table as the CPU's colours. A lost context is made again from the mirror.

mod layer;
mod program;

use std::cell::Cell as Flag;
use std::collections::HashMap;
use std::rc::Rc;

use super::backend::{Backend, RING_COLOUR, Scene, ring_px};
use super::glow::Glow;
use super::listen::Listener;
use crate::cell::Cell;
use crate::dot::{Dot, Record};
use crate::raster::light::Light;
use crate::sprite::{Shape, Sprite, WIDEST_PX};
use crate::style::{LOOKS, Styles};
use layer::{Layer, What};
use program::{Pass, Program};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    HtmlCanvasElement, WebGl2RenderingContext as Gl, WebGlBuffer, WebGlTexture,
    WebGlVertexArrayObject,
};

/// A context that is lost more often than this is given up: the driver cannot do it.
const MOST_LOSSES: u32 = 3;
/// A context that has not come back after this long is given up.
const LONGEST_LOSS_MS: f64 = 5_000.0;
/// The entry of the table that the selected dot's ring takes: behind those of looks and of vacant slots.
const RING_LOOK: u16 = 2 * LOOKS as u16;
const TABLE_WIDTH: i32 = 64;
const TABLE_ROWS: i32 = RING_LOOK as i32 / TABLE_WIDTH + 1;

pub struct WebGl {
    canvas: HtmlCanvasElement,
    gl: Gl,
    parts: Option<Parts>,
    loss: Rc<Loss>,
    _listeners: [Listener; 2],
}

/// What the context's events leave behind.
#[derive(Default)]
struct Loss {
    lost: Flag<bool>,
    restored: Flag<bool>,
    losses: Flag<u32>,
    since_ms: Flag<f64>,
}

/// Everything that lives in the context.
struct Parts {
    program: Program,
    styles: WebGlTexture,
    shapes: WebGlTexture,
    cells: HashMap<u32, GpuCell>,
    ring: GpuCell,
    /// For light; made when it is first wanted.
    layer: Option<Layer>,
    glow: Glow,
    /// The version of the table that was uploaded: its styles and the width of the ring.
    uploaded: Option<(u32, u32)>,
}

/// A cell's records on the GPU.
struct GpuCell {
    array: WebGlVertexArrayObject,
    buffer: WebGlBuffer,
    capacity: usize,
}

impl WebGl {
    pub fn new(canvas: HtmlCanvasElement) -> Result<Self, JsValue> {
        let options = js_sys::Object::new();
        for (name, value) in [("antialias", false), ("depth", true), ("stencil", false)] {
            js_sys::Reflect::set(&options, &name.into(), &value.into())?;
        }
        js_sys::Reflect::set(
            &options,
            &"powerPreference".into(),
            &"high-performance".into(),
        )?;
        let gl: Gl = canvas
            .get_context_with_context_options("webgl2", &options)?
            .ok_or_else(|| JsValue::from_str("the canvas gives no WebGL2 context"))?
            .dyn_into()?;
        let loss = Rc::new(Loss::default());
        let (lost, restored) = (loss.clone(), loss.clone());
        let listeners = [
            Listener::new(&canvas, "webglcontextlost", move |event| {
                // Without this the browser would not give it back.
                event.prevent_default();
                lost.lost.set(true);
                lost.losses.set(lost.losses.get() + 1);
                lost.since_ms.set(js_sys::Date::now());
            })?,
            Listener::new(&canvas, "webglcontextrestored", move |_| {
                restored.restored.set(true);
            })?,
        ];
        let parts = Some(Parts::new(&gl)?);
        Ok(Self {
            canvas,
            gl,
            parts,
            loss,
            _listeners: listeners,
        })
    }

    /// Makes everything anew after the context came back; false while there is none.
    fn ready(&mut self, scene: &mut Scene<'_>) -> bool {
        if self.loss.restored.take() {
            self.parts = Parts::new(&self.gl).ok();
            // A context that is back but takes nothing counts as lost, so that the other back end gets its turn.
            self.loss.lost.set(self.parts.is_none());
            scene
                .field
                .shown_mut()
                .for_each(|(_, cell)| cell.mark_all());
        }
        !self.loss.lost.get() && self.parts.is_some()
    }
}

impl Backend for WebGl {
    fn name(&self) -> &'static str {
        "webgl2"
    }

    fn draw(&mut self, scene: &mut Scene<'_>) -> bool {
        if !self.ready(scene) {
            return false;
        }
        let Some(parts) = &mut self.parts else {
            return false;
        };
        let gl = &self.gl;
        let (width_px, height_px) = scene.camera.size_px();
        if (self.canvas.width(), self.canvas.height()) != (width_px, height_px) {
            self.canvas.set_width(width_px);
            self.canvas.set_height(height_px);
        }
        scene.field.take_gone(|serial| {
            if let Some(gone) = parts.cells.remove(&serial) {
                gone.delete(gl);
            }
        });
        gl.viewport(0, 0, width_px as i32, height_px as i32);
        gl.clear_color(0.0, 0.0, 0.0, 0.0);
        gl.clear(Gl::COLOR_BUFFER_BIT | Gl::DEPTH_BUFFER_BIT);
        parts.upload_table(gl, scene.styles, ring_px(scene));
        let pass = parts.light(gl, scene, (width_px, height_px));
        parts.draw_cells(gl, scene, pass);
        if scene.light.afterglow && pass == Pass::Dots {
            parts.leave_afterglow(gl, scene);
        }
        if let Some(at_px) = scene.selected_px {
            let ring = Dot::standing((0, 0), RING_LOOK, 0).pack();
            parts.ring.put(gl, 0, &[ring]);
            let place = crate::camera::ScreenFromCell {
                origin_px: at_px,
                px_per_step: 1.0,
            };
            parts
                .program
                .start(gl, (width_px, height_px), scene.clock, Pass::Dots);
            parts.program.place(gl, &place, 1.0);
            gl.bind_vertex_array(Some(&parts.ring.array));
            gl.draw_arrays(Gl::POINTS, 0, 1);
        }
        gl.bind_vertex_array(None);
        true
    }

    fn wants_frame(&self) -> bool {
        self.loss.restored.get()
    }

    fn is_hopeless(&self) -> bool {
        let waited_ms = js_sys::Date::now() - self.loss.since_ms.get();
        self.loss.losses.get() > MOST_LOSSES
            || (self.loss.lost.get() && waited_ms > LONGEST_LOSS_MS)
    }

    fn losses(&self) -> u32 {
        self.loss.losses.get()
    }

    fn canvas(&self) -> &HtmlCanvasElement {
        &self.canvas
    }
}

/// `or_insert_with` for what may fail to be made.
trait OrInsertWithMaybe<'a, V> {
    fn or_insert_with_maybe(self, make: impl FnOnce() -> Option<V>) -> Option<&'a mut V>;
}

impl<'a, K, V> OrInsertWithMaybe<'a, V> for std::collections::hash_map::Entry<'a, K, V> {
    fn or_insert_with_maybe(self, make: impl FnOnce() -> Option<V>) -> Option<&'a mut V> {
        match self {
            Self::Occupied(entry) => Some(entry.into_mut()),
            Self::Vacant(entry) => Some(entry.insert(make()?)),
        }
    }
}

impl Parts {
    fn new(gl: &Gl) -> Result<Self, JsValue> {
        let program = Program::new(gl)?;
        let texture = || {
            gl.create_texture()
                .ok_or_else(|| JsValue::from_str("no texture"))
        };
        let (styles, shapes) = (texture()?, texture()?);
        for (unit, texture) in [(Gl::TEXTURE0, &styles), (Gl::TEXTURE1, &shapes)] {
            gl.active_texture(unit);
            gl.bind_texture(Gl::TEXTURE_2D, Some(texture));
            for (name, value) in [
                (Gl::TEXTURE_MIN_FILTER, Gl::NEAREST),
                (Gl::TEXTURE_MAG_FILTER, Gl::NEAREST),
                (Gl::TEXTURE_WRAP_S, Gl::CLAMP_TO_EDGE),
                (Gl::TEXTURE_WRAP_T, Gl::CLAMP_TO_EDGE),
            ] {
                gl.tex_parameteri(Gl::TEXTURE_2D, name, value as i32);
            }
        }
        gl.enable(Gl::DEPTH_TEST);
        gl.depth_func(Gl::LEQUAL);
        gl.disable(Gl::BLEND);
        let ring = GpuCell::new(gl).ok_or_else(|| JsValue::from_str("no buffer"))?;
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&ring.buffer));
        gl.buffer_data_with_i32(
            Gl::ARRAY_BUFFER,
            size_of::<Record>() as i32,
            Gl::DYNAMIC_DRAW,
        );
        Ok(Self {
            program,
            styles,
            shapes,
            cells: HashMap::new(),
            ring,
            layer: None,
            glow: Glow::default(),
            uploaded: None,
        })
    }

    /// Draws the dots of all cells in sight on whatever is drawn on at present.
    fn draw_cells(&mut self, gl: &Gl, scene: &mut Scene<'_>, pass: Pass) {
        let (camera, clock) = (scene.camera, scene.clock);
        let (width_px, height_px) = camera.size_px();
        self.program.start(gl, (width_px, height_px), clock, pass);
        for (key, cell) in scene.field.shown_mut() {
            let to_px = camera.screen_from_cell(key);
            if !to_px.touches(cell.outside_steps(clock.now_ms), width_px, height_px) {
                continue;
            }
            let Some(gpu) = self
                .cells
                .entry(cell.serial)
                .or_insert_with_maybe(|| GpuCell::new(gl))
            else {
                continue;
            };
            gpu.upload(gl, cell);
            self.program.place(gl, &to_px, cell.presence(clock.now_ms));
            gl.bind_vertex_array(Some(&gpu.array));
            gl.draw_arrays(Gl::POINTS, 0, cell.records().len() as i32);
        }
    }

    /// Draws the light that lies below the dots; says which dots belong above it.
    fn light(&mut self, gl: &Gl, scene: &mut Scene<'_>, size_px: (u32, u32)) -> Pass {
        let steps = self.glow.steps(scene);
        if scene.light == Light::default() {
            if let Some(layer) = self.layer.take() {
                layer.delete(gl);
            }
            return Pass::Dots;
        }
        let fits = self
            .layer
            .as_ref()
            .is_some_and(|layer| layer.size_px == size_px);
        if !fits {
            if let Some(layer) = self.layer.take() {
                layer.delete(gl);
            }
            // Without memory for it there is no light; the dots need none.
            self.layer = Layer::new(gl, size_px).ok();
        }
        let Some(layer) = self.layer.take() else {
            return Pass::Dots;
        };
        let pass = if scene.light.density {
            layer.enter(gl, Gl::COLOR_BUFFER_BIT);
            gl.disable(Gl::DEPTH_TEST);
            gl.enable(Gl::BLEND);
            gl.blend_func(Gl::ONE, Gl::ONE);
            self.draw_cells(gl, scene, Pass::Count);
            layer.leave(gl);
            layer.cover(gl, What::Density, 0);
            Pass::SeriousAlone
        } else {
            let clear = if steps.is_some() && fits {
                0
            } else {
                Gl::COLOR_BUFFER_BIT
            };
            layer.enter(gl, clear);
            if let Some(steps) = steps.filter(|&steps| steps > 0) {
                layer.cover(gl, What::Fade, steps);
            }
            layer.leave(gl);
            layer.cover(gl, What::Afterglow, 0);
            Pass::Dots
        };
        gl.disable(Gl::BLEND);
        gl.enable(Gl::DEPTH_TEST);
        self.layer = Some(layer);
        pass
    }

    /// Puts what this frame's dots leave behind into the layer.
    fn leave_afterglow(&mut self, gl: &Gl, scene: &mut Scene<'_>) {
        if let Some(layer) = self.layer.take() {
            layer.enter(gl, Gl::DEPTH_BUFFER_BIT);
            self.draw_cells(gl, scene, Pass::Afterglow);
            layer.leave(gl);
            self.layer = Some(layer);
        }
    }

    /// Brings the table of looks and the shapes, if they are others than before.
    fn upload_table(&mut self, gl: &Gl, styles: &Styles, ring_px: u32) {
        gl.active_texture(Gl::TEXTURE0);
        gl.bind_texture(Gl::TEXTURE_2D, Some(&self.styles));
        gl.active_texture(Gl::TEXTURE1);
        gl.bind_texture(Gl::TEXTURE_2D, Some(&self.shapes));
        if self.uploaded == Some((styles.version(), ring_px)) {
            return;
        }
        self.uploaded = Some((styles.version(), ring_px));
        let sprites: Vec<Sprite> = styles
            .sprites()
            .iter()
            .cloned()
            .chain([Sprite::new(Shape::Ring, ring_px)])
            .collect();
        // The rank of a colour among all: what `max` is to the CPU, depth is to the GPU.
        let mut colours: Vec<u32> = (0..LOOKS as u16).map(|look| styles.colour(look)).collect();
        colours.sort_unstable();
        colours.dedup();
        let mut table = vec![0_u32; (TABLE_WIDTH * TABLE_ROWS * 2) as usize];
        let (entries, _) = table.as_chunks_mut::<2>();
        for look in 0..=RING_LOOK {
            let is_ring = look == RING_LOOK;
            let colour = if is_ring {
                RING_COLOUR
            } else {
                styles.colour(look)
            };
            let sprite = if is_ring {
                sprites.len() - 1
            } else {
                usize::from(styles.sprite_index(look))
            };
            let rank = if is_ring {
                colours.len()
            } else {
                colours.partition_point(|&other| other < colour)
            };
            entries[usize::from(look)] = [
                colour,
                sprite as u32 | sprites[sprite].width_px << 8 | (rank as u32) << 16,
            ];
        }
        let side = WIDEST_PX as usize;
        let mut shapes = vec![0_u8; side * side * sprites.len()];
        for (ix, sprite) in sprites.iter().enumerate() {
            for run in &sprite.runs {
                let at = (ix * side + run.y as usize) * side + run.x as usize;
                shapes[at..at + run.len as usize].fill(1);
            }
        }
        // Neither call fails for sizes and formats that are right, and these are constants.
        gl.active_texture(Gl::TEXTURE0);
        let table = js_sys::Uint32Array::from(table.as_slice());
        let _ = gl
            .tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_array_buffer_view(
                Gl::TEXTURE_2D,
                0,
                Gl::RG32UI as i32,
                TABLE_WIDTH,
                TABLE_ROWS,
                0,
                Gl::RG_INTEGER,
                Gl::UNSIGNED_INT,
                Some(&table),
            );
        gl.active_texture(Gl::TEXTURE1);
        gl.pixel_storei(Gl::UNPACK_ALIGNMENT, 1);
        let _ = gl.tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_u8_array(
            Gl::TEXTURE_2D,
            0,
            Gl::R8UI as i32,
            WIDEST_PX as i32,
            (side * sprites.len()) as i32,
            0,
            Gl::RED_INTEGER,
            Gl::UNSIGNED_BYTE,
            Some(&shapes),
        );
    }
}

impl GpuCell {
    fn new(gl: &Gl) -> Option<Self> {
        let (array, buffer) = (gl.create_vertex_array()?, gl.create_buffer()?);
        gl.bind_vertex_array(Some(&array));
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&buffer));
        let stride = size_of::<Record>() as i32;
        gl.enable_vertex_attrib_array(0);
        gl.vertex_attrib_pointer_with_i32(0, 4, Gl::SHORT, false, stride, 0);
        gl.enable_vertex_attrib_array(1);
        gl.vertex_attrib_i_pointer_with_i32(1, 1, Gl::UNSIGNED_INT, stride, 8);
        gl.enable_vertex_attrib_array(2);
        gl.vertex_attrib_i_pointer_with_i32(2, 2, Gl::UNSIGNED_SHORT, stride, 12);
        Some(Self {
            array,
            buffer,
            capacity: 0,
        })
    }

    fn upload(&mut self, gl: &Gl, cell: &mut Cell) {
        let dots = cell.records().len();
        if dots > self.capacity {
            // A quarter more than needed, so that those who come in do not make a new buffer each time.
            self.capacity = dots + dots / 4 + 16;
            gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&self.buffer));
            gl.buffer_data_with_i32(
                Gl::ARRAY_BUFFER,
                (self.capacity * size_of::<Record>()) as i32,
                Gl::DYNAMIC_DRAW,
            );
            cell.mark_all();
        }
        cell.take_dirty(|first, records| self.put(gl, first, records));
    }

    fn put(&self, gl: &Gl, first: usize, records: &[Record]) {
        gl.bind_buffer(Gl::ARRAY_BUFFER, Some(&self.buffer));
        let at = (first * size_of::<Record>()) as i32;
        gl.buffer_sub_data_with_i32_and_u8_array(Gl::ARRAY_BUFFER, at, records.as_flattened());
    }

    fn delete(&self, gl: &Gl) {
        gl.delete_vertex_array(Some(&self.array));
        gl.delete_buffer(Some(&self.buffer));
    }
}
