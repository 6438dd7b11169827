#version 300 es
// What a layer does to the picture: fades itself, shows its afterglow, or shows its counts as density.
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;

uniform int u_what;                      // 0 fade, 1 afterglow, 2 density
uniform float u_steps;                   // of opacity, when fading
uniform sampler2D u_layer;
uniform usampler2D u_ramp;               // 256 colours by count

out vec4 o_colour;

void main() {
  if (u_what == 0) {
    o_colour = vec4(0.0, 0.0, 0.0, u_steps / 255.0);
    return;
  }
  vec4 seen = texelFetch(u_layer, ivec2(gl_FragCoord.xy), 0);
  if (u_what == 2) {
    uint colour = texelFetch(u_ramp, ivec2(int(seen.r * 255.0 + 0.5), 0), 0).r;
    seen = vec4(colour & 0xffu, colour >> 8u & 0xffu, colour >> 16u & 0xffu, colour >> 24u) / 255.0;
  }
  o_colour = vec4(seen.rgb * seen.a, seen.a);
}
