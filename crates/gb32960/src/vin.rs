//! The 17 bytes of an identifier. Mostly a VIN (GB 16735, ISO 3779), sometimes a platform's or a terminal's own code,
//! sometimes nothing. A VIN names the country, the legal maker (WMI) and the model year; it does not name the brand
//! inside a joint venture, nor the model. The check digit warns and never rejects: a good part of real identifiers fail it.

mod wmi;

pub use wmi::{make_of, make_of_wmi};

/// The characters of a VIN; I, O and Q do not occur.
const ALPHABET: &[u8; 33] = b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ";

/// A 17-byte identifier as it stands in a frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vin(pub [u8; 17]);

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VinError {
    /// Neither empty nor longer than 17 bytes is allowed.
    #[error("an identifier has 1 to 17 characters, not {len}")]
    Length {
        /// Bytes given.
        len: usize,
    },
    /// Only printable ASCII without spaces.
    #[error("byte {byte:#04x} at {at} is not a printable ASCII character")]
    Character {
        /// The byte.
        byte: u8,
        /// Where it stands.
        at: usize,
    },
}

impl Vin {
    /// From text of 1 to 17 printable ASCII characters; a shorter code is padded with NUL on the right. Whether it is
    /// a well-formed VIN is [`Vin::is_well_formed`].
    pub fn parse(text: &str) -> Result<Self, VinError> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > 17 {
            return Err(VinError::Length { len: bytes.len() });
        }
        if let Some(at) = bytes.iter().position(|byte| !byte.is_ascii_graphic()) {
            return Err(VinError::Character {
                byte: bytes[at],
                at,
            });
        }
        let mut vin = [0; 17];
        vin[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(vin))
    }

    /// The identifier without its NUL padding (right or left), if what remains is printable ASCII. `None` for an
    /// all-NUL or non-ASCII identifier: those are not vehicles and are never merged into one.
    pub fn as_str(&self) -> Option<&str> {
        let trimmed = trim_nul(&self.0);
        if trimmed.is_empty() || !trimmed.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        std::str::from_utf8(trimmed).ok()
    }

    /// 17 characters of the VIN alphabet.
    pub fn is_well_formed(&self) -> bool {
        self.0.iter().all(|byte| ALPHABET.contains(byte))
    }

    /// The check digit that position 9 should hold (GB 16735); `None` when the VIN is not well formed.
    pub fn check_digit(&self) -> Option<u8> {
        self.is_well_formed().then(|| check_digit(&self.0))
    }

    /// Whether position 9 holds the right check digit. False is a reason to warn, not to reject.
    pub fn has_good_check_digit(&self) -> bool {
        self.check_digit() == Some(self.0[8])
    }

    /// The model year that position 10 encodes, in 2010–2039; `None` for a character that encodes none.
    pub fn model_year(&self) -> Option<u16> {
        const YEARS: &[u8; 30] = b"ABCDEFGHJKLMNPRSTVWXY123456789";
        let at = YEARS.iter().position(|&code| code == self.0[9])?;
        u16::try_from(at).ok().map(|years| 2010 + years)
    }
}

impl std::fmt::Debug for Vin {
    /// Only the maker's three characters: a VIN names one vehicle and has no place in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_str() {
            Some(text) => write!(f, "VIN({}…)", text.get(..3).unwrap_or("")),
            None if self.0 == [0; 17] => f.write_str("VIN(none)"),
            None => f.write_str("VIN(not text)"),
        }
    }
}

/// A well-formed VIN with the right check digit, for simulated vehicles. `year_code` is position 10 and `plant`
/// position 11; of `serial` the last six digits count. Characters outside the VIN alphabet are written as they are
/// and count as zero in the check.
pub fn build(wmi: &[u8; 3], vds5: &[u8; 5], year_code: u8, plant: u8, serial: u32) -> Vin {
    let mut vin = [b'0'; 17];
    vin[..3].copy_from_slice(wmi);
    vin[3..8].copy_from_slice(vds5);
    vin[9] = year_code;
    vin[10] = plant;
    let mut rest = serial % 1_000_000;
    for digit in vin[11..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    vin[8] = check_digit(&vin);
    Vin(vin)
}

/// Bytes without leading and trailing NULs; fixed-width strings are padded on either side in practice.
pub fn trim_nul(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|&byte| byte != 0)
        .unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(start, |last| last + 1);
    &bytes[start..end]
}

fn check_digit(vin: &[u8; 17]) -> u8 {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let sum: u32 = vin
        .iter()
        .zip(WEIGHTS)
        .map(|(&byte, weight)| transliterated(byte) * weight)
        .sum();
    match sum % 11 {
        10 => b'X',
        digit => b'0' + digit as u8,
    }
}

fn transliterated(byte: u8) -> u32 {
    u32::from(match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'H' => byte - b'A' + 1,
        b'J'..=b'N' => byte - b'J' + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => byte - b'S' + 2,
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_built_vin_is_well_formed_and_checks() {
        let vin = build(b"LSV", b"AU2A3", b'K', b'2', 1_410_592);
        assert!(vin.is_well_formed() && vin.has_good_check_digit());
        assert_eq!(&vin.as_str().unwrap()[9..], "K2410592");
        assert_eq!(vin.model_year(), Some(2019));
    }

    #[test]
    fn the_check_digit_agrees_with_a_hand_reckoned_one() {
        // The textbook example: seventeen ones check themselves.
        assert!(Vin(*b"11111111111111111").has_good_check_digit());
        assert!(!Vin(*b"11111111211111111").has_good_check_digit());
        // One at position 17 has weight 2, so 5 there leaves a remainder of 10.
        assert_eq!(Vin(*b"00000000000000005").check_digit(), Some(b'X'));
        // Z at position 2 has value 9 and weight 7: 63 leaves 8.
        assert_eq!(Vin(*b"0Z000000000000000").check_digit(), Some(b'8'));
        // R at position 8 has value 9 and weight 10: 90 leaves 2.
        assert_eq!(Vin(*b"0000000R000000000").check_digit(), Some(b'2'));
        // I, O and Q do not occur.
        assert_eq!(Vin(*b"0000000O000000000").check_digit(), None);
    }

    #[test]
    fn an_all_nul_or_non_ascii_identifier_is_no_text() {
        assert_eq!(Vin([0; 17]).as_str(), None);
        assert_eq!(Vin([0xC4; 17]).as_str(), None);
        assert_eq!(
            Vin(*b"123456789\0\0\0\0\0\0\0\0").as_str(),
            Some("123456789")
        );
        assert_eq!(
            Vin(*b"\0\0\0\0\0\0\0\x00123456789").as_str(),
            Some("123456789")
        );
        assert_eq!(Vin(*b"ab\0cdefghijklmnop").as_str(), None);
    }

    #[test]
    fn debug_never_prints_a_whole_vin() {
        let vin = build(b"LSV", b"AU2A3", b'K', b'2', 592);
        let printed = format!("{vin:?}");
        assert_eq!(printed, "VIN(LSV…)");
    }

    #[test]
    fn text_that_is_no_identifier_is_refused_with_a_reason() {
        assert_eq!(Vin::parse(""), Err(VinError::Length { len: 0 }));
        assert_eq!(
            Vin::parse("123456789012345678"),
            Err(VinError::Length { len: 18 })
        );
        assert_eq!(
            Vin::parse("A B"),
            Err(VinError::Character { byte: b' ', at: 1 })
        );
        assert!(Vin::parse("123456789").is_ok());
    }
}
