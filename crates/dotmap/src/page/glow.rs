//! How much of the afterglow is left since the last frame. It stays where it is on the canvas, so it ends when the camera
//! moves, and begins anew.

use super::backend::Scene;
use crate::camera::Camera;
use crate::raster::light::FADE_STEP_MS;

#[derive(Default)]
pub struct Glow {
    camera: Option<Camera>,
    colours: u32,
    drawn_ms: u32,
    /// Time that was not enough for a step.
    left_ms: f64,
}

impl Glow {
    /// Whether this picture is to go on glowing in the next.
    pub fn is_wanted(scene: &Scene<'_>) -> bool {
        scene.light.afterglow && !scene.light.density
    }

    /// By how many steps of opacity the last frame's light has faded; `None` where there is none to go on from.
    pub fn steps(&mut self, scene: &Scene<'_>) -> Option<u32> {
        let passed_ms = scene.clock.now_ms.wrapping_sub(self.drawn_ms);
        self.drawn_ms = scene.clock.now_ms;
        let wanted = Self::is_wanted(scene);
        let camera = wanted.then_some(*scene.camera);
        // Other colours, another filter: what glows is of no more use.
        let same = camera == self.camera && scene.styles.version() == self.colours;
        (self.camera, self.colours) = (camera, scene.styles.version());
        if !same || !wanted {
            self.left_ms = 0.0;
            return None;
        }
        self.left_ms += f64::from(passed_ms);
        let steps = (self.left_ms / FADE_STEP_MS).floor();
        self.left_ms -= steps * FADE_STEP_MS;
        Some(steps as u32)
    }
}
