//! The two shaders of the dots and their uniforms.

use crate::camera::ScreenFromCell;
use crate::dot::Clock;
use crate::raster::light::AFTERGLOW;
use wasm_bindgen::JsValue;
use web_sys::{WebGl2RenderingContext as Gl, WebGlProgram, WebGlShader, WebGlUniformLocation};

pub struct Program {
    program: WebGlProgram,
    origin_px: Option<WebGlUniformLocation>,
    px_per_step: Option<WebGlUniformLocation>,
    canvas_px: Option<WebGlUniformLocation>,
    now_ms: Option<WebGlUniformLocation>,
    cap_ms: Option<WebGlUniformLocation>,
    presence: Option<WebGlUniformLocation>,
    pass: Option<WebGlUniformLocation>,
    afterglow: Option<WebGlUniformLocation>,
    styles: Option<WebGlUniformLocation>,
    shapes: Option<WebGlUniformLocation>,
}

impl Program {
    pub fn new(gl: &Gl) -> Result<Self, JsValue> {
        let program = link(gl, include_str!("dots.vert"), include_str!("dots.frag"))?;
        let uniform = |name| gl.get_uniform_location(&program, name);
        Ok(Self {
            origin_px: uniform("u_origin_px"),
            px_per_step: uniform("u_px_per_step"),
            canvas_px: uniform("u_canvas_px"),
            now_ms: uniform("u_now_ms"),
            cap_ms: uniform("u_cap_ms"),
            presence: uniform("u_presence"),
            pass: uniform("u_pass"),
            afterglow: uniform("u_afterglow"),
            styles: uniform("u_styles"),
            shapes: uniform("u_shapes"),
            program,
        })
    }

    /// What is the same for all cells of a frame.
    pub fn start(&self, gl: &Gl, canvas_px: (u32, u32), clock: &Clock, pass: Pass) {
        gl.use_program(Some(&self.program));
        gl.uniform2f(
            self.canvas_px.as_ref(),
            canvas_px.0 as f32,
            canvas_px.1 as f32,
        );
        gl.uniform1ui(self.now_ms.as_ref(), clock.now_ms);
        gl.uniform1ui(self.cap_ms.as_ref(), u32::from(clock.cap_ms));
        gl.uniform1i(self.pass.as_ref(), pass as i32);
        gl.uniform1f(self.afterglow.as_ref(), AFTERGLOW as f32 / 255.0);
        gl.uniform1i(self.styles.as_ref(), 0);
        gl.uniform1i(self.shapes.as_ref(), 1);
    }

    /// Where the next cell's steps land, and how much of it there is already.
    pub fn place(&self, gl: &Gl, to_px: &ScreenFromCell, presence: f32) {
        gl.uniform1f(self.presence.as_ref(), presence);
        gl.uniform2f(
            self.origin_px.as_ref(),
            to_px.origin_px.0,
            to_px.origin_px.1,
        );
        gl.uniform1f(self.px_per_step.as_ref(), to_px.px_per_step);
    }
}

/// What the dots are drawn for; the numbers are those of the shader.
#[derive(Clone, Copy, PartialEq)]
pub enum Pass {
    Dots = 0,
    Afterglow = 1,
    Count = 2,
    SeriousAlone = 3,
}

pub fn link(gl: &Gl, vertex: &str, fragment: &str) -> Result<WebGlProgram, JsValue> {
    let program = gl
        .create_program()
        .ok_or_else(|| JsValue::from_str("no program"))?;
    let vertex = compile(gl, Gl::VERTEX_SHADER, vertex)?;
    let fragment = compile(gl, Gl::FRAGMENT_SHADER, fragment)?;
    for shader in [&vertex, &fragment] {
        gl.attach_shader(&program, shader);
    }
    gl.link_program(&program);
    // Marked for deletion; they go with the program.
    for shader in [&vertex, &fragment] {
        gl.delete_shader(Some(shader));
    }
    if !gl
        .get_program_parameter(&program, Gl::LINK_STATUS)
        .is_truthy()
    {
        return Err(JsValue::from_str(
            &gl.get_program_info_log(&program).unwrap_or_default(),
        ));
    }
    Ok(program)
}

fn compile(gl: &Gl, kind: u32, source: &str) -> Result<WebGlShader, JsValue> {
    let shader = gl
        .create_shader(kind)
        .ok_or_else(|| JsValue::from_str("no shader"))?;
    gl.shader_source(&shader, source);
    gl.compile_shader(&shader);
    if gl
        .get_shader_parameter(&shader, Gl::COMPILE_STATUS)
        .is_truthy()
    {
        Ok(shader)
    } else {
        Err(JsValue::from_str(
            &gl.get_shader_info_log(&shader).unwrap_or_default(),
        ))
    }
}
