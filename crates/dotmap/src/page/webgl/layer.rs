//! A picture of its own beside the canvas, for what the canvas cannot hold from frame to frame: the afterglow of the dots, or
//! how many there are at each pixel. Made when light is first wanted, and anew with the canvas' size.

use super::program::link;
use crate::raster::light::{MOST_COUNTED, ramp};
use wasm_bindgen::JsValue;
use web_sys::{
    WebGl2RenderingContext as Gl, WebGlFramebuffer, WebGlProgram, WebGlRenderbuffer, WebGlTexture,
    WebGlUniformLocation,
};

/// What [`Layer::cover`] does; the numbers are those of the shader.
#[derive(Clone, Copy)]
pub enum What {
    Fade = 0,
    Afterglow = 1,
    Density = 2,
}

pub struct Layer {
    frame: WebGlFramebuffer,
    picture: WebGlTexture,
    depth: WebGlRenderbuffer,
    ramp: WebGlTexture,
    program: WebGlProgram,
    what: Option<WebGlUniformLocation>,
    steps: Option<WebGlUniformLocation>,
    pub size_px: (u32, u32),
}

impl Layer {
    pub fn new(gl: &Gl, size_px: (u32, u32)) -> Result<Self, JsValue> {
        let missing = || JsValue::from_str("no memory for light");
        let (frame, depth) = (
            gl.create_framebuffer().ok_or_else(missing)?,
            gl.create_renderbuffer().ok_or_else(missing)?,
        );
        let (picture, ramp_texture) = (
            gl.create_texture().ok_or_else(missing)?,
            gl.create_texture().ok_or_else(missing)?,
        );
        let (width, height) = (size_px.0 as i32, size_px.1 as i32);
        gl.active_texture(Gl::TEXTURE2);
        gl.bind_texture(Gl::TEXTURE_2D, Some(&picture));
        gl.tex_storage_2d(Gl::TEXTURE_2D, 1, Gl::RGBA8, width, height);
        gl.bind_renderbuffer(Gl::RENDERBUFFER, Some(&depth));
        gl.renderbuffer_storage(Gl::RENDERBUFFER, Gl::DEPTH_COMPONENT16, width, height);
        gl.bind_framebuffer(Gl::FRAMEBUFFER, Some(&frame));
        gl.framebuffer_texture_2d(
            Gl::FRAMEBUFFER,
            Gl::COLOR_ATTACHMENT0,
            Gl::TEXTURE_2D,
            Some(&picture),
            0,
        );
        gl.framebuffer_renderbuffer(
            Gl::FRAMEBUFFER,
            Gl::DEPTH_ATTACHMENT,
            Gl::RENDERBUFFER,
            Some(&depth),
        );
        gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
        gl.active_texture(Gl::TEXTURE3);
        gl.bind_texture(Gl::TEXTURE_2D, Some(&ramp_texture));
        for name in [Gl::TEXTURE_MIN_FILTER, Gl::TEXTURE_MAG_FILTER] {
            gl.tex_parameteri(Gl::TEXTURE_2D, name, Gl::NEAREST as i32);
        }
        let colours = js_sys::Uint32Array::from(ramp().as_slice());
        gl.tex_image_2d_with_i32_and_i32_and_i32_and_format_and_type_and_opt_array_buffer_view(
            Gl::TEXTURE_2D,
            0,
            Gl::R32UI as i32,
            MOST_COUNTED as i32 + 1,
            1,
            0,
            Gl::RED_INTEGER,
            Gl::UNSIGNED_INT,
            Some(&colours),
        )?;
        let program = link(gl, include_str!("layer.vert"), include_str!("layer.frag"))?;
        let uniform = |name| gl.get_uniform_location(&program, name);
        gl.use_program(Some(&program));
        gl.uniform1i(uniform("u_layer").as_ref(), 2);
        gl.uniform1i(uniform("u_ramp").as_ref(), 3);
        Ok(Self {
            what: uniform("u_what"),
            steps: uniform("u_steps"),
            frame,
            picture,
            depth,
            ramp: ramp_texture,
            program,
            size_px,
        })
    }

    /// Drawing goes to the layer until [`Layer::leave`].
    pub fn enter(&self, gl: &Gl, clear: u32) {
        // What is drawn on may not be read from at the same time.
        gl.active_texture(Gl::TEXTURE2);
        gl.bind_texture(Gl::TEXTURE_2D, None);
        gl.bind_framebuffer(Gl::FRAMEBUFFER, Some(&self.frame));
        gl.clear_color(0.0, 0.0, 0.0, 0.0);
        gl.clear(clear);
    }

    pub fn leave(&self, gl: &Gl) {
        gl.bind_framebuffer(Gl::FRAMEBUFFER, None);
        gl.active_texture(Gl::TEXTURE2);
        gl.bind_texture(Gl::TEXTURE_2D, Some(&self.picture));
    }

    /// One pass over every pixel of what is drawn on.
    pub fn cover(&self, gl: &Gl, what: What, steps: u32) {
        gl.use_program(Some(&self.program));
        gl.uniform1i(self.what.as_ref(), what as i32);
        gl.uniform1f(self.steps.as_ref(), steps as f32);
        gl.disable(Gl::DEPTH_TEST);
        if matches!(what, What::Fade) {
            gl.enable(Gl::BLEND);
            gl.blend_equation(Gl::FUNC_REVERSE_SUBTRACT);
            gl.blend_func(Gl::ONE, Gl::ONE);
        }
        gl.bind_vertex_array(None);
        gl.draw_arrays(Gl::TRIANGLES, 0, 3);
        gl.disable(Gl::BLEND);
        gl.blend_equation(Gl::FUNC_ADD);
        gl.enable(Gl::DEPTH_TEST);
    }

    pub fn delete(&self, gl: &Gl) {
        gl.delete_framebuffer(Some(&self.frame));
        gl.delete_renderbuffer(Some(&self.depth));
        gl.delete_texture(Some(&self.picture));
        gl.delete_texture(Some(&self.ramp));
        gl.delete_program(Some(&self.program));
    }
}
