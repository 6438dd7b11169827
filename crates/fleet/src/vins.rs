//! From a VIN to its vehicle. A look-up waits for memory twice, for the table and for the vehicle's record, so many are
//! done at once: first all read the table, then all read the records.
//!
//! A flat table with linear probing that holds 32 bits of each hash beside the vehicle: the table of a million fits in
//! 17 MB, a record is read only where those bits agree, and growing needs nothing but the table.

use gb32960::Vin;

use std::hash::BuildHasher;

use crate::hash::Folded;

/// Look-ups done at once.
const AT_ONCE: usize = 32;

#[derive(Debug)]
pub(crate) struct Vins {
    hash: Folded,
    /// 32 bits of the hash above the vehicle's number and one; 0 where there is none. Their count is a power of two.
    places: Vec<u64>,
    taken: usize,
}

impl Vins {
    pub fn new(seed: u64) -> Self {
        Self {
            hash: Folded(seed),
            places: vec![0; 64],
            taken: 0,
        }
    }

    fn tag(&self, vin: &Vin) -> u32 {
        let hash = self.hash.hash_one(vin);
        (hash >> 32) as u32 ^ hash as u32
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.places.len() - 1)
    }

    fn first_place(&self, tag: u32) -> usize {
        tag as usize & (self.places.len() - 1)
    }

    /// The first vehicle with this tag for which `is_it` holds.
    fn probe(&self, tag: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.first_place(tag);
        loop {
            let entry = self.places[place];
            if entry == 0 {
                return None;
            }
            let vehicle = (entry as u32).wrapping_sub(1);
            if (entry >> 32) as u32 == tag && is_it(vehicle) {
                return Some(vehicle);
            }
            place = self.next(place);
        }
    }

    /// The vehicle with this VIN; `vin_of` says which one a vehicle has.
    pub fn find(&self, vin: &Vin, vin_of: impl Fn(u32) -> Vin) -> Option<u32> {
        self.probe(self.tag(vin), |vehicle| vin_of(vehicle) == *vin)
    }

    /// [`find`](Self::find) for many, in their order.
    pub fn find_all<'a>(
        &self,
        vins: impl IntoIterator<Item = &'a Vin>,
        vin_of: impl Fn(u32) -> Vin,
        mut found: impl FnMut(Option<u32>),
    ) {
        let mut vins = vins.into_iter();
        loop {
            let mut some = [(Vin([0; 17]), 0, None); AT_ONCE];
            let mut count = 0;
            for (entry, vin) in some.iter_mut().zip(&mut vins) {
                *entry = (*vin, self.tag(vin), None);
                count += 1;
            }
            let some = &mut some[..count];
            let read = some.iter().map(|of| self.places[self.first_place(of.1)]);
            std::hint::black_box(read.fold(0, |sum, entry| sum ^ entry));
            for (_, tag, vehicle) in some.iter_mut() {
                *vehicle = self.probe(*tag, |_| true);
            }
            let read = some.iter().filter_map(|of| of.2);
            std::hint::black_box(read.fold(0, |sum, vehicle| sum ^ vin_of(vehicle).0[0]));
            for (vin, tag, vehicle) in some.iter() {
                match vehicle {
                    Some(vehicle) if vin_of(*vehicle) == *vin => found(Some(*vehicle)),
                    // Another one with the same tag.
                    Some(_) => found(self.probe(*tag, |vehicle| vin_of(vehicle) == *vin)),
                    None => found(None),
                }
            }
            if count < AT_ONCE {
                return;
            }
        }
    }

    /// Adds a VIN that is not there.
    pub fn add(&mut self, vin: &Vin, vehicle: u32) {
        // At most three quarters are taken, so that a probe always ends.
        if 4 * (self.taken + 1) > 3 * self.places.len() {
            let larger = vec![0; 2 * self.places.len()];
            let entries = std::mem::replace(&mut self.places, larger);
            for entry in entries.into_iter().filter(|entry| *entry != 0) {
                self.put(entry);
            }
        }
        self.put(u64::from(self.tag(vin)) << 32 | (u64::from(vehicle) + 1));
        self.taken += 1;
    }

    fn put(&mut self, entry: u64) {
        let mut place = self.first_place((entry >> 32) as u32);
        while self.places[place] != 0 {
            place = self.next(place);
        }
        self.places[place] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vin(number: u32) -> Vin {
        let mut vin = *b"TEST0000000000000";
        vin[9..].copy_from_slice(format!("{number:08}").as_bytes());
        Vin(vin)
    }

    #[test]
    fn every_vin_is_found_alone_and_among_many_and_no_other() {
        let mut vins = Vins::new(7);
        for vehicle in 0..5_000 {
            vins.add(&vin(2 * vehicle), vehicle);
        }
        let vin_of = |vehicle: u32| vin(2 * vehicle);
        let sought: Vec<Vin> = (0..10_000).map(vin).collect();
        let mut found = Vec::new();
        vins.find_all(&sought, vin_of, |vehicle| found.push(vehicle));
        let expected: Vec<_> = (0..10_000u32)
            .map(|number| number.is_multiple_of(2).then_some(number / 2))
            .collect();
        assert_eq!(found, expected);
        assert!(
            sought
                .iter()
                .zip(&expected)
                .all(|(vin, vehicle)| vins.find(vin, vin_of) == *vehicle)
        );
    }

    #[test]
    fn vins_whose_tags_are_alike_are_told_apart() {
        let mut vins = Vins::new(7);
        // As if both had the tag of the first.
        vins.add(&vin(1), 0);
        vins.add(&vin(1), 1);
        let vin_of = |vehicle: u32| vin(vehicle + 1);
        assert_eq!(vins.find(&vin(1), vin_of), Some(0));
        let mut found = Vec::new();
        vins.find_all(
            [&vin(1), &vin(9)],
            |vehicle| vin(2 - vehicle),
            |v| found.push(v),
        );
        assert_eq!(found, [Some(1), None]);
    }
}
