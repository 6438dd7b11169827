//! Rows of the audit log as a page shows them, the question for them, and the centre's days and times.
//!
//! Times are those of the centre (UTC+8, no summer time); a period is asked for in whole days.

use serde::{Deserialize, Serialize};
use time::{Date, Month, OffsetDateTime};

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
        digits.then(|| part.parse::<i32>().ok()).flatten()
    };
    let (year, month, date) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() || year < 1970 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = Date::from_calendar_date(year, month, u8::try_from(date).ok()?).ok()?;
    Some(day.midnight().assume_utc().unix_timestamp() - OFFSET_S)
}

/// `2026-11-22 15:04:05`, the centre's time. Empty beyond the year 9999.
#[must_use]
pub fn clock_time(unix_s: i64) -> String {
    let Ok(local) = OffsetDateTime::from_unix_timestamp(unix_s.saturating_add(OFFSET_S)) else {
        return String::new();
    };
    let (date, time) = (local.date(), local.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_centres_and_every_one_comes_back() {
        assert_eq!(day_start_unix_s("1970-01-02"), Some(16 * 3600));
        assert_eq!(clock_time(1_795_300_000), "2026-11-22 06:26:40");
        for days in 0..60_000 {
            let start = days * DAY_S - OFFSET_S;
            let text = clock_time(start);
            let text = text.strip_suffix(" 00:00:00").unwrap();
            assert_eq!(day_start_unix_s(text), Some(start), "{text}");
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
