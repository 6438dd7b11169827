//! Shared by the tests of this crate and by the fuzz targets.

pub mod checks;
