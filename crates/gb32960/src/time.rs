//! The six bytes of a time stamp: plain binary year, month, day, hour, minute, second in Beijing time (2016 and 2025,
//! table 5). Not BCD, no daylight saving, years 2000–2255. The bytes are kept as they came; whether they are a date is
//! asked separately, because real platforms send month 0.

use time::{Date, Month, OffsetDateTime};

/// Beijing time is UTC+8 all year.
const BEIJING_OFFSET_S: i64 = 8 * 3600;
/// 2000-01-01 00:00:00 and 2255-12-31 23:59:59, in seconds since 1970 of the same clock.
const CALENDAR_S: (i64, i64) = (946_684_800, 9_025_257_599);

/// A time stamp as it stands in a frame: `[year − 2000, month, day, hour, minute, second]`, Beijing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Time(pub [u8; 6]);

impl Time {
    /// Seconds since 1970 UTC; `None` when the bytes are not a date (month 0, 31 April, hour 24, second 60).
    pub fn to_unix_s(self) -> Option<i64> {
        let [year, month, day, hour, minute, second] = self.0;
        let year = 2000 + i32::from(year);
        let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
        let moment = date.with_hms(hour, minute, second).ok()?;
        Some(moment.assume_utc().unix_timestamp() - BEIJING_OFFSET_S)
    }

    /// The stamp of a moment. Moments outside the years 2000–2255 are moved to the nearest end.
    pub fn from_unix_s(unix_s: i64) -> Self {
        let beijing_s = unix_s
            .saturating_add(BEIJING_OFFSET_S)
            .clamp(CALENDAR_S.0, CALENDAR_S.1);
        let moment = OffsetDateTime::from_unix_timestamp(beijing_s)
            .expect("the years 2000 to 2255 are in the range of the crate");
        // The years of the range fit a byte.
        Self([
            (moment.year() - 2000) as u8,
            moment.month().into(),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_binary_and_eight_hours_ahead_of_utc() {
        // 2026-07-07 06:55:15 in Beijing is 2026-07-06 22:55:15 UTC.
        let time = Time([0x1a, 7, 7, 6, 0x37, 0x0f]);
        assert_eq!(time.to_unix_s(), Some(1_783_378_515));
        assert_eq!(Time::from_unix_s(1_783_378_515), time);
    }

    #[test]
    fn every_day_from_2000_to_2255_survives_the_round_trip() {
        let mut unix_s = Time([0, 1, 1, 0, 0, 0]).to_unix_s().unwrap();
        let last = Time([255, 12, 31, 23, 59, 59]).to_unix_s().unwrap();
        while unix_s <= last {
            assert_eq!(Time::from_unix_s(unix_s).to_unix_s(), Some(unix_s));
            unix_s += 86_400 - 1;
        }
    }

    #[test]
    fn what_is_not_a_date_has_no_unix_time() {
        for bytes in [
            [0, 0, 1, 0, 0, 0],
            [23, 2, 29, 0, 0, 0],
            [24, 4, 31, 0, 0, 0],
            [24, 1, 1, 24, 0, 0],
            [24, 1, 1, 0, 0, 60],
        ] {
            assert_eq!(Time(bytes).to_unix_s(), None, "{bytes:?}");
        }
        assert!(Time([24, 2, 29, 0, 0, 0]).to_unix_s().is_some());
    }

    #[test]
    fn moments_outside_the_calendar_go_to_its_ends() {
        assert_eq!(Time::from_unix_s(i64::MIN).0, [0, 1, 1, 0, 0, 0]);
        assert_eq!(Time::from_unix_s(i64::MAX).0, [255, 12, 31, 23, 59, 59]);
    }
}
