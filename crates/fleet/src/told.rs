//! What a scope is told of the counts where there are zones, and which figures are too small to be told.
//!
//! Whoever sees the map can count its dots and subtract them from a figure. So who is in a zone and not shown counts as live
//! and driving, whatever it does: it was so when it came, so its coming and going change nothing, and nothing that it does
//! in there does. Every figure is said in tens, and keeps what it says until it is wrong by more than seven. Alarms are
//! the exception: an alarm in a zone is as real, and is counted, one by one, for the whole city.

use wire::{Activity, DistrictCounts, Excluded, Freshness, Status};

use crate::Counts;
use crate::counts::district_counts;

/// Figures are multiples of it.
pub(crate) const STEP: u32 = 10;
/// A figure stays while it is wrong by no more.
const SLACK: u32 = 7;

/// What is said, which depends on what was said before.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Told {
    freshness: [u32; 4],
    activity: [u32; 5],
    /// Without an alarm in tens, the others as they are.
    alarms: [u32; 5],
    excluded: Vec<(Excluded, u32)>,
    blurred: u32,
    districts: Vec<DistrictCounts>,
}

impl Told {
    /// `seen` counts the dots that the scope is shown, `unseen` is how many it is not.
    pub fn say(&mut self, truth: &Counts, seen: &Counts, unseen: u32, blurred: u32) {
        let (mut freshness, mut activity) = (seen.all.freshness, seen.all.activity);
        freshness[Freshness::Live as usize] += unseen;
        activity[Activity::Driving as usize] += unseen;
        let pairs = self.freshness.iter_mut().zip(freshness);
        pairs.for_each(|(said, count)| steady(said, count));
        let pairs = self.activity.iter_mut().zip(activity);
        pairs.for_each(|(said, count)| steady(said, count));
        steady(&mut self.alarms[0], seen.all.alarms[0] + unseen);
        self.alarms[1..].copy_from_slice(&truth.all.alarms[1..]);
        steady(&mut self.blurred, blurred);
        let before = std::mem::take(&mut self.excluded);
        self.excluded = seen
            .excluded()
            .map(|(why, count)| {
                let was = before.iter().find(|(of, _)| *of == why);
                let mut said = was.map_or(0, |(_, said)| *said);
                steady(&mut said, count);
                (why, said)
            })
            .collect();
        self.districts
            .resize(seen.by_district.len(), DistrictCounts::default());
        for (said, tally) in self.districts.iter_mut().zip(&seen.by_district) {
            let count = district_counts(tally);
            for (said, count) in [
                (&mut said.shown, count.shown),
                (&mut said.driving, count.driving),
                (&mut said.charging, count.charging),
            ] {
                steady(said.get_or_insert(0), count.unwrap_or(0));
            }
            said.alarms = count.alarms;
        }
    }

    pub fn districts(&self) -> impl Iterator<Item = DistrictCounts> + '_ {
        self.districts.iter().copied()
    }

    /// Puts what is said in the place of the truth.
    pub fn put_into(&self, status: &mut Status) {
        [status.live, status.late, status.silent, status.cut_off] = self.freshness;
        status.activity = self.activity;
        status.alarms = self.alarms;
        if status.blurred > 0 {
            status.blurred = self.blurred;
        }
        let excluded = self.excluded.iter().filter(|(_, said)| *said > 0);
        status.excluded = excluded.copied().collect();
        let excluded: u32 = status.excluded.iter().map(|(_, said)| said).sum();
        status.registered = self.freshness.iter().sum::<u32>() + excluded;
    }
}

/// Says a count in tens, and something else only when it is wrong enough.
fn steady(said: &mut u32, count: u32) {
    if said.abs_diff(count) > SLACK {
        *said = (count + STEP / 2) / STEP * STEP;
    }
}

/// Takes small figures out of a table of districts, column by column, and then the next smallest ones until those that are
/// missing are not small on the average: else whoever knows the sum could tell, or guess well.
pub(crate) fn suppress(districts: &mut [DistrictCounts], below: u32) {
    if below <= 1 {
        return;
    }
    type Column = fn(&mut DistrictCounts) -> &mut Option<u32>;
    let columns: [Column; 3] = [
        |district| &mut district.shown,
        |district| &mut district.driving,
        |district| &mut district.charging,
    ];
    for column in columns {
        let mut order: Vec<(u32, usize)> = districts
            .iter_mut()
            .enumerate()
            .filter_map(|(i, district)| Some(((*column(district))?, i)))
            .collect();
        order.sort_unstable();
        let (mut missing, mut sum) = (0, 0);
        for (count, i) in order {
            let is_told = count >= below && (missing == 0 || missing > 1 && sum >= below * missing);
            if is_told {
                break;
            }
            *column(&mut districts[i]) = None;
            missing += 1;
            sum += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suppressed(shown: &[u32]) -> Vec<Option<u32>> {
        let row = |shown: &u32| DistrictCounts {
            shown: Some(*shown),
            ..DistrictCounts::default()
        };
        let mut rows: Vec<_> = shown.iter().map(row).collect();
        suppress(&mut rows, 5);
        rows.iter().map(|row| row.shown).collect()
    }

    #[test]
    fn a_small_figure_goes_together_with_a_second_one_and_they_are_not_small_on_the_average() {
        assert_eq!(suppressed(&[9, 7, 80]), [Some(9), Some(7), Some(80)]);
        assert_eq!(suppressed(&[9, 3, 80]), [None, None, Some(80)]);
        assert_eq!(suppressed(&[0, 3, 80, 90]), [None, None, None, Some(90)]);
        assert_eq!(suppressed(&[4, 3, 80, 90]), [None, None, None, Some(90)]);
        assert_eq!(suppressed(&[2]), [None]);
        assert_eq!(suppressed(&[]), []);
    }

    #[test]
    fn whoever_knows_the_sum_never_learns_a_small_figure() {
        for seed in 0..2_000u64 {
            let counts: Vec<u32> = (0..6)
                .map(|i| (crate::hash::mix(seed * 8 + i) % 12) as u32)
                .collect();
            let told = suppressed(&counts);
            let missing: Vec<u32> = (0..6)
                .filter(|i| told[*i].is_none())
                .map(|i| counts[i])
                .collect();
            assert!(told.iter().flatten().all(|count| *count >= 5), "{counts:?}");
            let all_are_missing = missing.len() == 6;
            let adds_up =
                missing.len() > 1 && missing.iter().sum::<u32>() >= 5 * missing.len() as u32;
            assert!(
                missing.is_empty() || adds_up || all_are_missing,
                "{counts:?} {told:?}"
            );
        }
    }

    #[test]
    fn a_figure_in_tens_stays_until_it_is_wrong_by_more_than_seven() {
        let mut said = 0;
        let mut changes = 0;
        for count in (0..40).chain((0..40).rev()) {
            let before = said;
            steady(&mut said, count);
            changes += u32::from(said != before);
            assert!(said.is_multiple_of(STEP) && said.abs_diff(count) <= SLACK);
        }
        assert!(changes <= 10, "{changes}");
    }
}
