//! Light beside the dots themselves. *Afterglow*: a dot leaves its colour behind with half the opacity, which fades over the
//! better part of a minute, so that roads appear by themselves. *Density*: far out, where dots cover one another, a pixel
//! tells how many there are around it; serious alarms stay dots above it. Both back ends take their numbers from here.

use super::Pixel;
use crate::style::LOWEST_OPACITY;

/// Which light is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Light {
    pub afterglow: bool,
    /// Takes the place of dots below [`DENSITY_ZOOM`].
    pub density: bool,
}

/// Nearer than this dots stand apart, and density is not shown.
pub const DENSITY_ZOOM: f64 = 10.0;
/// Opacity of what a dot leaves behind.
pub const AFTERGLOW: u32 = 112;
/// An afterglow loses one step of its opacity in this time: forty seconds until it is gone.
pub const FADE_STEP_MS: f64 = 360.0;
/// The selected dot's ring; it leaves nothing behind.
pub const NO_AFTERGLOW: u32 = u32::MAX;
/// Dots around a pixel from which on it does not get brighter.
pub const MOST_COUNTED: usize = 255;

/// Makes afterglow of the dots of the last frame, and takes `steps` from what glows already.
// The instructions are in every browser since 2021 (Safari 2023).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub(super) fn fade(pixels: &mut [Pixel], steps: u32) {
    for pixel in pixels {
        let colour = u32::from_le_bytes(*pixel);
        let opacity = colour >> 24;
        let left = if opacity >= LOWEST_OPACITY {
            AFTERGLOW
        } else {
            opacity.saturating_sub(steps)
        };
        let gone = (left == 0) | (colour == NO_AFTERGLOW);
        let faded = if gone {
            0
        } else {
            colour & 0x00ff_ffff | left << 24
        };
        *pixel = faded.to_le_bytes();
    }
}

/// Colours of counts, 0 to [`MOST_COUNTED`]: each doubling is a step from deep blue to white.
pub fn ramp() -> [u32; MOST_COUNTED + 1] {
    const STOPS: [[f32; 3]; 4] = [
        [16.0, 52.0, 92.0],
        [36.0, 120.0, 180.0],
        [110.0, 205.0, 255.0],
        [255.0, 255.0, 255.0],
    ];
    std::array::from_fn(|count| {
        if count == 0 {
            return 0;
        }
        let share = (1.0 + count as f32).ln() / (1.0 + MOST_COUNTED as f32).ln();
        let at = share * (STOPS.len() - 1) as f32;
        let stop = (at as usize).min(STOPS.len() - 2);
        let part = |ix: usize| {
            let (a, b) = (STOPS[stop][ix], STOPS[stop + 1][ix]);
            (a + (b - a) * (at - stop as f32)) as u32
        };
        // Below every dot.
        (LOWEST_OPACITY - 1) << 24 | part(2) << 16 | part(1) << 8 | part(0)
    })
}

/// Memory lent for the last three rows, each pixel three side by side taken together.
pub(super) type Rows = [Vec<u32>; 3];

/// Makes the picture of density from the number of dots at each point: a pixel tells how many there are in the square of nine
/// whose last one it is. Empties `points`.
// The instructions are in every browser since 2021 (Safari 2023).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub(super) fn shine(
    points: &mut [u32],
    pixels: &mut [Pixel],
    stride: usize,
    rows: &mut Rows,
    ramp: &[u32; MOST_COUNTED + 1],
) {
    for row in rows.iter_mut() {
        row.clear();
        row.resize(stride, 0);
    }
    let lines = points
        .chunks_exact_mut(stride)
        .zip(pixels.chunks_exact_mut(stride));
    for (y, (points, pixels)) in lines.enumerate() {
        let threes = points.iter().zip(&points[1..]).zip(&points[2..]);
        for (sum, ((a, b), c)) in rows[y % 3][2..].iter_mut().zip(threes) {
            *sum = a.wrapping_add(*b).wrapping_add(*c);
        }
        points.fill(0);
        let [a, b, c] = &*rows;
        for (pixel, ((a, b), c)) in pixels.iter_mut().zip(a.iter().zip(b).zip(c)) {
            let dots = a.wrapping_add(*b).wrapping_add(*c) as usize;
            if dots > 0 {
                let colour = ramp[dots.min(MOST_COUNTED)];
                *pixel = u32::from_le_bytes(*pixel).max(colour).to_le_bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dot_leaves_behind_is_below_every_dot_and_goes() {
        let mut pixels = [[9, 8, 7, 240], [1, 2, 3, 2], [255; 4], [0; 4]];
        fade(&mut pixels, 1);
        assert_eq!(
            pixels,
            [[9, 8, 7, AFTERGLOW as u8], [1, 2, 3, 1], [0; 4], [0; 4]]
        );
        fade(&mut pixels, AFTERGLOW);
        assert_eq!(pixels, [[0; 4]; 4]);
    }

    #[test]
    fn more_dots_are_brighter_and_none_is_dark() {
        let light = |colour: u32| (colour & 255) + (colour >> 8 & 255) + (colour >> 16 & 255);
        let ramp = ramp();
        assert_eq!(ramp[0], 0);
        assert!(ramp.is_sorted_by_key(|&colour| light(colour)));
        assert!(ramp.iter().all(|&colour| colour >> 24 < LOWEST_OPACITY));
    }
}
