//! What the engine tells the page, at most once a second, and what it tells at once: picks, handles and cards.

use crate::link::Connection;
use crate::pick::{Census, Pick};
use std::sync::Arc;
use wire::{DistrictName, Handle, HandleAnswer, Look, Status};

/// Where the camera stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// Degrees, of the middle of the picture.
    pub lon: f64,
    pub lat: f64,
    pub zoom: f64,
}

/// The state of the picture, for the status line and the legend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineReport {
    /// The last status the server sent, with the newest counts by district.
    pub status: Option<Status>,
    /// What those districts are called and where they lie.
    pub districts: Arc<[DistrictName]>,
    pub connection: Connection,
    /// Dots on the screen; filtered ones are not among them.
    pub drawn: u32,
    /// Dots on the screen by kind, filtered ones included.
    pub census: Census,
    /// Frames in the last second. A picture in which nothing moves needs none.
    pub fps: f32,
    /// Mean time to draw one of them.
    pub frame_ms: f32,
    /// `cpu` or `webgl2`.
    pub renderer: &'static str,
    /// WebGL2 was given up after repeated failures; the CPU draws since.
    pub fell_back: bool,
    /// How often the GPU's context was lost since the page was loaded.
    pub gpu_losses: u32,
    /// The browser gave the ground no WebGL: dots stand on a plain one.
    pub ground_is_plain: bool,
    /// Afterglow or density was asked for and is left out, because frames took too long.
    pub light_shed: bool,
    /// What the server shows this page: the scope of its cells.
    pub scope: u8,
    /// Level of the cells asked for.
    pub level: u8,
    /// Cells of the present view that have not come yet.
    pub cells_missing: u32,
    /// Where the camera stands; none before there is a ground.
    pub camera: Option<Place>,
    /// The dots in the area that was drawn, if there is one.
    pub area: Option<Census>,
    /// The looks of the dots of the last list; none for one that is out of sight.
    pub listed: Vec<Option<Look>>,
    /// Bytes of WebAssembly memory; it never shrinks.
    pub memory_bytes: u32,
}

/// A place was clicked or tapped, or the middle of the picture was asked about by keyboard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picked {
    /// CSS pixels from the upper left corner of the ground.
    pub at_css: (f64, f64),
    /// The dots in reach, the nearest first; empty where there is none.
    pub dots: Vec<Pick>,
    /// Metres on the ground for a CSS pixel, in the middle of the picture.
    pub metres_per_css: f64,
    /// Further dots in reach that the list has no room for.
    pub more: usize,
}

/// What a page wants to hear of at once.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A tick came, of this time of the server's clock.
    Tick {
        unix_ms: i64,
    },
    Picked(Picked),
    Answer(HandleAnswer),
    /// The wall is to show what it is called.
    Greeted {
        name: String,
    },
    Card {
        handle: Handle,
        json: String,
    },
}
