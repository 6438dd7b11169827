//! Which level of cells a camera looks at: ⌊zoom⌋, held a little while the zoom trembles around a whole number, never
//! finer than the server allows this viewer, and coarser where the view would touch too many cells.

use crate::camera::RectWorld;

/// A view that touches more cells than this is refused by the server; we choose a coarser level before that.
pub const MOST_CELLS: u64 = 512;
/// How far the zoom may leave the level's own range before the level changes.
pub const HYSTERESIS: f64 = 0.2;
/// The finest level there is.
pub const FINEST: u8 = 20;

/// The level for a zoom, given the one in use.
pub fn choose(zoom: f64, in_use: Option<u8>, finest: u8, rect: &RectWorld) -> u8 {
    let finest = finest.min(FINEST);
    let plain = zoom.floor().clamp(0.0, f64::from(finest)) as u8;
    let held = in_use.filter(|&level| {
        level <= finest
            && zoom >= f64::from(level) - HYSTERESIS
            && zoom < f64::from(level) + 1.0 + HYSTERESIS
    });
    let mut level = held.unwrap_or(plain);
    while level > 0 && rect.cells_at(level) > MOST_CELLS {
        level -= 1;
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: RectWorld = RectWorld {
        x0: 10,
        y0: 10,
        x1: 20,
        y1: 20,
    };

    #[test]
    fn a_trembling_zoom_keeps_its_level() {
        let mut level = choose(10.1, None, 20, &SMALL);
        assert_eq!(level, 10);
        for (zoom, expected) in [
            (9.9, 10),
            (9.81, 10),
            (9.79, 9),
            (10.1, 9),
            (10.19, 9),
            (10.2, 10),
            (10.0, 10),
        ] {
            level = choose(zoom, Some(level), 20, &SMALL);
            assert_eq!(level, expected, "zoom {zoom}");
        }
    }

    #[test]
    fn nobody_sees_finer_than_the_server_says() {
        assert_eq!(choose(17.5, Some(16), 11, &SMALL), 11);
        assert_eq!(choose(23.0, None, 200, &SMALL), FINEST);
        assert_eq!(choose(-2.0, None, 20, &SMALL), 0);
    }

    #[test]
    fn a_view_of_too_many_cells_becomes_coarser() {
        let whole = RectWorld {
            x0: 0,
            y0: 0,
            x1: u32::MAX,
            y1: u32::MAX,
        };
        assert_eq!(choose(9.0, None, 20, &whole), 4);
    }
}
