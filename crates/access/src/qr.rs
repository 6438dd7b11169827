//! A text as a QR code that a page can draw: an SVG path of unit squares.

use std::fmt::Write;

use qrcode::{Color, QrCode};

/// The path, and how many squares a side has, without the quiet zone of four. A text that is too long for a code gives an
/// empty path: it can still be typed.
#[must_use]
pub(crate) fn path(text: &str) -> (String, u32) {
    let Ok(code) = QrCode::new(text) else {
        return (String::new(), 1);
    };
    let side = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let len = run.len();
                // Writing into a String does not fail.
                let _ = write!(path, "M{x} {y}h{len}v1h-{len}z");
            }
            x += run.len();
        }
    }
    (path, u32::try_from(side).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_reads_the_text_back() {
        let text =
            "otpauth://totp/evwall:viewer?secret=SVVVOGL64IU3FKDS7SQL42SLAQRJCJG3&issuer=evwall";
        let (path, side) = path(text);
        let mut dark = vec![false; (side * side) as usize];
        for square in path.split('M').skip(1) {
            let numbers: Vec<u32> = square
                .split(|letter: char| !letter.is_ascii_digit())
                .filter_map(|number| number.parse().ok())
                .collect();
            let [x, y, len, ..] = numbers[..] else {
                panic!("{square}")
            };
            (x..x + len).for_each(|x| dark[(y * side + x) as usize] = true);
        }
        // As a camera sees it: four pixels a square, and light all around.
        let pixels = (side as usize + 8) * 4;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(pixels, pixels, |x, y| {
            let at = |pixel: usize| (pixel / 4).checked_sub(4).filter(|at| *at < side as usize);
            match (at(x), at(y)) {
                (Some(x), Some(y)) if dark[y * side as usize + x] => 0,
                _ => 255,
            }
        });
        let (_, read) = image.detect_grids()[0].decode().unwrap();
        assert_eq!(read, text);
        assert_eq!(super::path(&"x".repeat(9_000)).0, "");
    }
}
