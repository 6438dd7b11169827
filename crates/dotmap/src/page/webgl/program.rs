//! The two shaders and their uniforms.

use crate::camera::ScreenFromCell;
use crate::dot::Clock;
use wasm_bindgen::JsValue;
use web_sys::{WebGl2RenderingContext as Gl, WebGlProgram, WebGlShader, WebGlUniformLocation};

pub struct Program {
    program: WebGlProgram,
    origin_px: Option<WebGlUniformLocation>,
    px_per_step: Option<WebGlUniformLocation>,
    canvas_px: Option<WebGlUniformLocation>,
    now_ms: Option<WebGlUniformLocation>,
    cap_ms: Option<WebGlUniformLocation>,
    styles: Option<WebGlUniformLocation>,
    shapes: Option<WebGlUniformLocation>,
}

impl Program {
    pub fn new(gl: &Gl) -> Result<Self, JsValue> {
        let program = gl
            .create_program()
            .ok_or_else(|| JsValue::from_str("no program"))?;
        let vertex = compile(gl, Gl::VERTEX_SHADER, include_str!("dots.vert"))?;
        let fragment = compile(gl, Gl::FRAGMENT_SHADER, include_str!("dots.frag"))?;
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
        let uniform = |name| gl.get_uniform_location(&program, name);
        Ok(Self {
            origin_px: uniform("u_origin_px"),
            px_per_step: uniform("u_px_per_step"),
            canvas_px: uniform("u_canvas_px"),
            now_ms: uniform("u_now_ms"),
            cap_ms: uniform("u_cap_ms"),
            styles: uniform("u_styles"),
            shapes: uniform("u_shapes"),
            program,
        })
    }

    /// What is the same for all cells of a frame.
    pub fn start(&self, gl: &Gl, canvas_px: (u32, u32), clock: &Clock) {
        gl.use_program(Some(&self.program));
        gl.uniform2f(
            self.canvas_px.as_ref(),
            canvas_px.0 as f32,
            canvas_px.1 as f32,
        );
        gl.uniform1ui(self.now_ms.as_ref(), clock.now_ms);
        gl.uniform1ui(self.cap_ms.as_ref(), u32::from(clock.cap_ms));
        gl.uniform1i(self.styles.as_ref(), 0);
        gl.uniform1i(self.shapes.as_ref(), 1);
    }

    /// Where the next cell's steps land.
    pub fn place(&self, gl: &Gl, to_px: &ScreenFromCell) {
        gl.uniform2f(
            self.origin_px.as_ref(),
            to_px.origin_px.0,
            to_px.origin_px.1,
        );
        gl.uniform1f(self.px_per_step.as_ref(), to_px.px_per_step);
    }
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
