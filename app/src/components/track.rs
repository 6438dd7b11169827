//! Where the vehicle of the open card has been since the card was opened. It is made from the positions of the cards that the
//! page was sent, it is kept in the page alone, and it goes with the card.

/// Places kept; at the bound the oldest goes. A card is open for fifteen minutes at most.
const MAX_PLACES: usize = 2_000;

/// Places in the order in which the vehicle was there, degrees, longitude first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    places: Vec<(f64, f64)>,
}

impl Track {
    /// Adds a place; one that is where the last one is changes nothing. True: it was added.
    pub fn add(&mut self, place: (f64, f64)) -> bool {
        if self.places.last() == Some(&place) {
            return false;
        }
        if self.places.len() == MAX_PLACES {
            self.places.remove(0);
        }
        self.places.push(place);
        true
    }

    #[must_use]
    pub fn places(&self) -> &[(f64, f64)] {
        &self.places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vehicle_that_stands_adds_nothing_and_no_track_grows_for_ever() {
        let mut track = Track::default();
        assert!(track.add((121.4737, 31.2304)));
        assert!(!track.add((121.4737, 31.2304)));
        for i in 0..3 * MAX_PLACES {
            assert!(track.add((100.0 + i as f64 * 1e-4, 10.0)));
        }
        assert_eq!(track.places().len(), MAX_PLACES);
        assert_eq!(
            track.places()[0],
            (100.0 + (2 * MAX_PLACES) as f64 * 1e-4, 10.0)
        );
    }
}
