#version 300 es
// A dot: where it is at this moment, how large, and which colour. The rules are those of the CPU's loop, down to the pixel
// in which a dot of even or odd width begins.
precision highp float;
precision highp int;
precision highp usampler2D;

layout(location = 0) in vec4 a_way;      // from.xy, to.xy in cell steps
layout(location = 1) in uint a_start_ms;
layout(location = 2) in uvec2 a_look_glide;

uniform vec2 u_origin_px;
uniform float u_px_per_step;
uniform vec2 u_canvas_px;
uniform uint u_now_ms;
uniform uint u_cap_ms;
uniform float u_presence;                // of a cell that appears
uniform int u_pass;                      // 0 dots, 1 afterglow, 2 count, 3 serious alarms alone
uniform float u_afterglow;               // opacity, 0..1
uniform usampler2D u_styles;             // 64 wide: colour, sprite | width << 8 | rank << 16

flat out uint v_sprite;
flat out uint v_width_px;
flat out vec4 v_colour;

void main() {
  uint look = a_look_glide.x;
  uvec2 style = texelFetch(u_styles, ivec2(int(look & 63u), int(look >> 6u)), 0).rg;
  bool serious = (style.g & 0xffu) >= 4u;
  if (style.r == 0u || (u_pass == 2 && serious) || (u_pass == 3 && !serious)) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  // Differences first, as integers that wrap; then floats.
  float age_ms = max(float(int(u_now_ms - a_start_ms)), 0.0);
  float part = min(age_ms / float(max(min(a_look_glide.y, u_cap_ms), 1u)), 1.0);
  vec2 at_px = u_origin_px + (a_way.xy + (a_way.zw - a_way.xy) * part) * u_px_per_step;

  v_sprite = style.g & 0xffu;
  v_width_px = u_pass == 2 ? 3u : style.g >> 8u & 0xffu;
  float width_px = float(v_width_px);
  // The 32 pixels of the CPU's rim are in the sum so that both round alike.
  vec2 middle_px = floor(at_px + (32.5 - width_px / 2.0)) - 32.0 + width_px / 2.0;
  float rank = float(style.g >> 16u);
  gl_Position = vec4(
    middle_px.x / u_canvas_px.x * 2.0 - 1.0,
    1.0 - middle_px.y / u_canvas_px.y * 2.0,
    1.0 - 2.0 * (rank + 1.0) / 8193.0,
    1.0);
  gl_PointSize = width_px;
  float opacity = floor(float(style.r >> 24u) * u_presence) / 255.0;
  vec3 colour = vec3(style.r & 0xffu, style.r >> 8u & 0xffu, style.r >> 16u & 0xffu) / 255.0;
  v_colour = vec4(colour * opacity, opacity);
  if (u_pass == 1) v_colour = vec4(colour, u_afterglow);
  if (u_pass == 2) v_colour = vec4(1.0 / 255.0);
}
