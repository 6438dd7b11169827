#version 300 es
// The pixels of a dot that its shape covers.
precision highp float;
precision highp int;
precision highp usampler2D;

flat in uint v_sprite;
flat in uint v_width_px;
flat in vec4 v_colour;

uniform int u_pass;
uniform usampler2D u_shapes;             // 32 rows of 32 pixels a sprite, one under the other

out vec4 o_colour;

void main() {
  ivec2 at = min(ivec2(gl_PointCoord * float(v_width_px)), ivec2(31));
  // What is counted is counted for all nine pixels.
  if (u_pass != 2 && texelFetch(u_shapes, ivec2(at.x, at.y + int(v_sprite) * 32), 0).r == 0u) discard;
  o_colour = v_colour;
}
