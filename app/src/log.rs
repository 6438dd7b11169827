//! Rows of the audit log as a page shows them, the question for them, and the centre's days and times.
//!
//! Times are those of the centre (UTC+8, no summer time); a period is asked for in whole days.

use serde::{Deserialize, Serialize};

const OFFSET_S: i64 = 8 * 3600;
const DAY_S: i64 = 86_400;

/// Which rows. What is empty filters nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    pub user: String,
    pub kind: String,
    /// The whole VIN: "who looked at this vehicle".
    pub vin: String,
    /// `2026-11-22`, the first day.
    pub from_day: String,
    /// The last day, included.
    pub to_day: String,
    /// The smallest row of the page before; 0 for the newest.
    pub before_seq: i64,
}

impl LogQuery {
    /// First second and the second after the last, where they are given. `Err` for what is no day.
    ///
    /// # Errors
    /// A day that does not exist.
    pub fn period_unix_s(&self) -> Result<(Option<i64>, Option<i64>), NoDay> {
        let start = |day: &str| match day.trim() {
            "" => Ok(None),
            day => day_start_unix_s(day).map(Some).ok_or(NoDay),
        };
        let to = start(&self.to_day)?.map(|start| start + DAY_S);
        Ok((start(&self.from_day)?, to))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day")]
pub struct NoDay;

/// One row. Codes (`kind`, `reason`, …) are put into words by `text`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRow {
    pub seq: i64,
    pub at_unix_s: i64,
    pub kind: String,
    pub user: Option<String>,
    pub role: Option<String>,
    pub source: Option<String>,
    pub action: Option<String>,
    pub purpose: Option<String>,
    pub case_number: Option<String>,
    pub vin: Option<String>,
    pub make: Option<String>,
    pub about_user: Option<String>,
    pub reason: Option<String>,
    pub amount: Option<i64>,
}

/// Without the VIN, as everywhere.
impl std::fmt::Debug for LogRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogRow")
            .field("seq", &self.seq)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    pub rows: Vec<LogRow>,
    /// Older rows are there.
    pub more: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRows {
    pub page: LogPage,
    pub looks_today: u32,
}

/// `2026-11-22` as the second at which that day begins at the centre. Years 1970 to 9999.
#[must_use]
pub fn day_start_unix_s(day: &str) -> Option<i64> {
    let mut parts = day.split('-');
    let mut number = |length: usize| {
        let part = parts.next()?;
        let digits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    };
    let (year, month, date) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || year < 1970 || !(1..=12).contains(&month) {
        return None;
    }
    let unix_s = days_from_civil(year, month, date) * DAY_S - OFFSET_S;
    // A date that the month does not have comes back as another one.
    (date >= 1 && civil_from_days((unix_s + OFFSET_S) / DAY_S) == (year, month, date))
        .then_some(unix_s)
}

/// `2026-11-22 15:04:05`, the centre's time.
#[must_use]
pub fn clock_time(unix_s: i64) -> String {
    let local_s = unix_s.saturating_add(OFFSET_S);
    let (year, month, date) = civil_from_days(local_s.div_euclid(DAY_S));
    let of_day_s = local_s.rem_euclid(DAY_S);
    format!(
        "{year:04}-{month:02}-{date:02} {:02}:{:02}:{:02}",
        of_day_s / 3600,
        of_day_s / 60 % 60,
        of_day_s % 60
    )
}

// Years that begin in March put the leap day last; 400 of them have 146,097 days.
fn days_from_civil(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_centres_and_every_one_comes_back() {
        assert_eq!(day_start_unix_s("1970-01-02"), Some(16 * 3600));
        assert_eq!(clock_time(1_795_300_000), "2026-11-22 06:26:40");
        for days in 0..60_000 {
            let (year, month, date) = civil_from_days(days);
            let text = format!("{year:04}-{month:02}-{date:02}");
            assert_eq!(
                day_start_unix_s(&text),
                Some(days * DAY_S - OFFSET_S),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "22-11-2026",
            "2026-11-22x",
            "२०२६-११-२२",
            "' OR 1=1",
        ] {
            assert_eq!(day_start_unix_s(bad), None, "{bad}");
        }
        let query = LogQuery {
            from_day: "2024-02-29".into(),
            to_day: "2024-02-29".into(),
            ..LogQuery::default()
        };
        let (from, to) = query.period_unix_s().unwrap();
        assert_eq!(to.unwrap() - from.unwrap(), DAY_S);
    }
}
