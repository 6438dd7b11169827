//! Every field that an edition of the standard knows, once each: the smallest item of each type, with one motor, one pack,
//! one stack where there may be several, and all bytes zero. What a vehicle did not send can so be listed by name.

use super::entries::Entry;
use super::report::Item;
use crate::frame::Edition;

/// A body of zeros.
const fn plain<const LEN: usize>() -> [u8; LEN] {
    [0; LEN]
}

/// A body of one part, zeros behind the count.
const fn one_part<const LEN: usize>() -> [u8; LEN] {
    let mut body = [0; LEN];
    body[0] = 1;
    body
}

const V2016: [(u8, &[u8]); 9] = [
    (0x01, &plain::<20>()),
    (0x02, &one_part::<13>()),
    (0x03, &plain::<18>()),
    (0x04, &plain::<5>()),
    (0x05, &plain::<9>()),
    (0x06, &plain::<14>()),
    (0x07, &plain::<9>()),
    (0x08, &one_part::<11>()),
    (0x09, &one_part::<4>()),
];

const V2025: [(u8, &[u8]); 11] = [
    (0x01, &plain::<18>()),
    (0x02, &one_part::<11>()),
    (0x03, &plain::<12>()),
    (0x04, &plain::<2>()),
    (0x05, &plain::<10>()),
    (0x06, &plain::<10>()),
    (0x07, &one_part::<8>()),
    (0x08, &one_part::<4>()),
    (0x30, &one_part::<13>()),
    (0x31, &plain::<9>()),
    (0x32, &plain::<18>()),
];

/// Calls back with every field of an edition; the values mean nothing, and a number carries its unit. General alarms are
/// not among them: [`crate::codes::alarm_flag_name`] has their names.
pub fn catalogue(edition: Edition, mut each: impl FnMut(Entry<'static>)) {
    let bodies: &[(u8, &'static [u8])] = match edition {
        Edition::V2016 => &V2016,
        Edition::V2025 => &V2025,
    };
    for (kind, body) in bodies {
        let item = Item::read(edition, *kind, body).expect("a body of the right length is an item");
        item.entries(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn both_editions_know_at_least_the_sixty_one_items() {
        for edition in [Edition::V2016, Edition::V2025] {
            let mut keys = BTreeSet::new();
            let mut count = 0;
            catalogue(edition, |entry| {
                keys.insert((entry.group, entry.key));
                count += 1;
            });
            assert!(keys.len() >= 61, "{edition:?}: {}", keys.len());
            assert_eq!(keys.len(), count, "a field stands there twice");
        }
    }
}
