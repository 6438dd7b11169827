//! Damaged bytes made fit to be kept and shown: no vehicle, no place, no secret. Damage may have moved everything, so this
//! does not rely on the layout: whatever looks like an identifier or like a position in or around China is blanked
//! wherever it stands, and besides that what the layout names. What remains tells how a sender breaks its frames.

use crate::frame::{Command, Edition, HEADER_LEN};
use crate::walk::{ITEMS_AT, items};

/// A run of this many letters and digits is taken for (a part of) a VIN, a SIM number or a code.
const CODE_RUN: usize = 6;
/// Degrees × 10⁶ that are taken for a longitude when a latitude follows. Other bytes that happen to look so are lost too.
const LON_E6: std::ops::RangeInclusive<u32> = 70_000_000..=140_000_000;
/// Degrees × 10⁶ that are taken for a latitude when a longitude precedes.
const LAT_E6: std::ops::RangeInclusive<u32> = 3_000_000..=54_000_000;

/// A copy without identifiers, positions, passwords and keys; blanked bytes are 0. Of data units that are not reports
/// only the first eight bytes (time and serial) are kept.
pub fn blanked(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    blank_codes(&mut out);
    blank_positions(bytes, &mut out);
    let Some(edition) = bytes.first().copied().and_then(Edition::of_start_byte) else {
        return out;
    };
    let identifier_end = out.len().min(21);
    if let Some(identifier) = out.get_mut(4..identifier_end) {
        identifier.fill(0);
    }
    let Some((header, data)) = bytes.split_at_checked(HEADER_LEN) else {
        return out;
    };
    if Command::from_byte(header[2]).is_report() {
        blank_report(data, edition, &mut out[HEADER_LEN..]);
    } else if let Some(behind_serial) = out.get_mut(HEADER_LEN + 8..) {
        behind_serial.fill(0);
    }
    out
}

fn blank_codes(out: &mut [u8]) {
    for run in out
        .chunk_by_mut(|left, right| left.is_ascii_alphanumeric() == right.is_ascii_alphanumeric())
    {
        if run.len() >= CODE_RUN && run[0].is_ascii_alphanumeric() {
            run.fill(0);
        }
    }
}

fn blank_positions(bytes: &[u8], out: &mut [u8]) {
    for (at, window) in bytes.windows(8).enumerate() {
        let word = |at: usize| {
            u32::from_be_bytes([window[at], window[at + 1], window[at + 2], window[at + 3]])
        };
        if LON_E6.contains(&word(0)) && LAT_E6.contains(&word(4)) {
            out[at..at + 8].fill(0);
        }
    }
}

/// The coordinates of every position item, wherever in the world. The time is kept: it tells how late a sender is.
fn blank_report(data: &[u8], edition: Edition, out: &mut [u8]) {
    let mut at = ITEMS_AT;
    for (kind, body) in items(data, edition) {
        if kind == 0x05 {
            out[at + 2..at + 1 + body.len()].fill(0);
        }
        at += 1 + body.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{ReportWriter, platform_login};
    use crate::full::Position2016;
    use crate::{Time, Vin};

    const VIN: Vin = Vin(*b"TEST0000000000001");

    fn contains(haystack: &[u8], needle: &[u8]) -> bool {
        haystack
            .windows(needle.len())
            .any(|window| window == needle)
    }

    #[test]
    fn a_damaged_report_keeps_neither_vehicle_nor_place_wherever_they_have_moved() {
        for (lon, lat) in [(121_473_700, 31_230_400), (2_350_000, 48_850_000)] {
            let mut bytes = Vec::new();
            ReportWriter::new(
                &mut bytes,
                Edition::V2016,
                Command::RealTime,
                &VIN,
                Time([26, 5, 4, 3, 2, 30]),
            )
            .position(&Position2016::at(lon, lat, true))
            .finish()
            .unwrap();
            let as_sent = blanked(&bytes);
            assert_eq!(as_sent.len(), bytes.len());
            assert!(
                !contains(&as_sent, &lon.to_be_bytes()) && !contains(&as_sent, &lat.to_be_bytes())
            );
            assert!(!contains(&as_sent, b"TEST"));
            assert_eq!(as_sent[24..30], [26, 5, 4, 3, 2, 30]);
        }
        let position = [
            &121_473_700u32.to_be_bytes()[..],
            &31_230_400u32.to_be_bytes(),
        ]
        .concat();
        for shift in 0..40 {
            let moved = [&vec![0x23; shift][..], &VIN.0, &position].concat();
            let kept = blanked(&moved);
            assert!(
                !contains(&kept, &position[..4]) && !contains(&kept, &VIN.0[..6]),
                "{shift}"
            );
        }
    }

    #[test]
    fn a_login_keeps_neither_user_nor_password() {
        let mut bytes = Vec::new();
        platform_login(
            &mut bytes,
            Edition::V2016,
            &VIN,
            Time([1; 6]),
            7,
            b"me",
            b"pw",
        );
        let kept = blanked(&bytes);
        assert!(kept[32..].iter().all(|&byte| byte == 0));
        assert_eq!(kept[24..32], bytes[24..32]);
    }

    #[test]
    fn any_bytes_can_be_blanked() {
        for len in 0..60 {
            for byte in [0x00, 0x23, 0x24, b'A', 0xFF] {
                assert_eq!(blanked(&vec![byte; len]).len(), len);
            }
        }
    }
}
