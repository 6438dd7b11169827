//! Numbers that are mostly small, as Exp-Golomb codes of some order: the order is about how many bits such a number has,
//! larger ones cost two bits for each bit more.

use super::bits::{READY_BITS, Reader, Writer};

/// Bits of an order that is fitted.
pub(crate) const ORDER_BITS: u32 = 4;

/// Longest run of zeros in front of a number of 32 bits.
const LONGEST_RUN: u32 = 32;

#[inline]
pub(crate) fn put(w: &mut Writer<'_>, value: u32, order: u32) {
    let above = u64::from(value) + (1 << order);
    let bits = 63 - above.leading_zeros();
    let run = bits - order;
    // A run of zeros, a one, then what lies below the highest bit.
    w.put(0, run);
    w.put(1, 1);
    w.put((above ^ 1 << bits) as u32, bits);
}

/// Reads a number; what no writer writes comes out as some number.
#[inline]
pub(crate) fn take(r: &mut Reader<'_>, order: u32) -> u32 {
    r.refill();
    let run = r.window().trailing_zeros().min(LONGEST_RUN);
    r.skip(run + 1);
    let bits = (run + order).min(32);
    if run + 1 + bits > READY_BITS {
        r.refill();
    }
    let above = u64::from(r.take(bits)) + (1 << bits);
    above.wrapping_sub(1 << order) as u32
}

/// Writes the order that suits these numbers best, and returns it.
pub(crate) fn put_fitted(w: &mut Writer<'_>, numbers: impl Iterator<Item = u32>) -> u32 {
    let order = fit(numbers);
    w.put(order, ORDER_BITS);
    order
}

/// A number of the order's length or shorter costs the order and one, a longer one two for each bit more; so the best order
/// is the length that half of the numbers do not exceed.
fn fit(numbers: impl Iterator<Item = u32>) -> u32 {
    const LONGEST: u32 = (1 << ORDER_BITS) - 1;
    let mut of_length = [0u32; 33];
    let mut longer = 0;
    for number in numbers {
        of_length[32 - number.leading_zeros() as usize] += 1;
        longer += 1;
    }
    let half = longer / 2;
    (0..LONGEST)
        .find(|order| {
            longer -= of_length[*order as usize];
            longer <= half
        })
        .unwrap_or(LONGEST)
}

/// A number of either sign as one of none: 0, −1, 1, −2, 2 …
#[inline]
pub(crate) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

#[inline]
pub(crate) fn signed(zigzag: u32) -> i32 {
    (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_under_every_order() {
        let numbers = || (0..32).flat_map(|bit| [0, 1 << bit, (1u32 << bit) - 1, u32::MAX - bit]);
        for order in 0..25 {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out);
            for number in numbers() {
                put(&mut writer, number, order);
            }
            writer.finish();
            let mut reader = Reader::new(&out);
            for number in numbers() {
                assert_eq!(take(&mut reader, order), number, "order {order}");
            }
            reader.finish().unwrap();
        }
    }

    #[test]
    fn signs_come_back() {
        for value in [0, -1, 1, i32::MIN, i32::MAX, -4095] {
            assert_eq!(signed(zigzag(value)), value);
        }
        assert_eq!(zigzag(-1), 1);
    }
}
