//! The six bytes of a time stamp: plain binary year, month, day, hour, minute, second in Beijing time (2016 and 2025,
//! table 5). Not BCD, no daylight saving, years 2000–2255. The bytes are kept as they came; whether they are a date is
//! asked separately, because real platforms send month 0.

/// Beijing time is UTC+8 all year.
const BEIJING_OFFSET_S: i64 = 8 * 3600;
const DAY_S: i64 = 86_400;

/// A time stamp as it stands in a frame: `[year − 2000, month, day, hour, minute, second]`, Beijing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Time(pub [u8; 6]);

impl Time {
    /// Seconds since 1970 UTC; `None` when the bytes are not a date (month 0, 31 April, hour 24, second 60).
    pub fn to_unix_s(self) -> Option<i64> {
        let [year, month, day, hour, minute, second] = self.0;
        let year = 2000 + i64::from(year);
        let in_range = (1..=12).contains(&month)
            && day >= 1
            && day <= days_in_month(year, month)
            && hour < 24
            && minute < 60
            && second < 60;
        in_range.then(|| {
            days_from_civil(year, i64::from(month), i64::from(day)) * DAY_S
                + i64::from(hour) * 3600
                + i64::from(minute) * 60
                + i64::from(second)
                - BEIJING_OFFSET_S
        })
    }

    /// The stamp of a moment. Moments outside the years 2000–2255 are moved to the nearest end.
    pub fn from_unix_s(unix_s: i64) -> Self {
        let first = days_from_civil(2000, 1, 1) * DAY_S;
        let last = days_from_civil(2256, 1, 1) * DAY_S - 1;
        let beijing_s = unix_s.saturating_add(BEIJING_OFFSET_S).clamp(first, last);
        let (year, month, day) = civil_from_days(beijing_s.div_euclid(DAY_S));
        let of_day = beijing_s.rem_euclid(DAY_S);
        // Every part fits a byte: the year is at most 2255, the rest are calendar parts.
        Self(
            [
                year - 2000,
                month,
                day,
                of_day / 3600,
                of_day / 60 % 60,
                of_day % 60,
            ]
            .map(|part| part as u8),
        )
    }
}

fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date, counted in eras of 400 years that begin on 1 March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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
            unix_s += DAY_S - 1;
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
