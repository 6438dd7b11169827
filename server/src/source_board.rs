//! The source board: how every platform and stream does, for the page and as a table for another program. It names no vehicle.

use access::Action;
use app::api::{ApiError, SourceLine, SourceState};
use app::centre::{Answer, SourceWork};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use fleet::{Quality, SourceId, SourceSummary};

use crate::centre::Desk;
use crate::clock;
use crate::state::AppState;

/// A source that is connected and brings nothing for longer is told as silent: well within a minute, and longer than a
/// platform of few vehicles may need between two reports.
const SILENT_AFTER_MS: u32 = 45_000;
/// With less driven in a minute the two distances say nothing.
const LEAST_DRIVEN_M: f64 = 1_000.0;

impl SourceWork for Desk {
    fn sources(&self) -> Answer<'_, Vec<SourceLine>> {
        Box::pin(async move {
            self.session
                .may(Action::SeeSources)
                .map_err(|_| ApiError::NotAllowed)?;
            lines(&self.state).await.ok_or(ApiError::Unreachable)
        })
    }
}

/// `GET /sources.csv`. The door has asked whether this role may.
pub async fn export(State(state): State<AppState>) -> Response {
    let Some(lines) = lines(&state).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let head = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"evwall-sources.csv\"",
        ),
    ];
    match csv_of(&lines) {
        Ok(text) => (head, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Every source that should be there, in the order of the configuration; nothing while the fleet does not answer.
async fn lines(state: &AppState) -> Option<Vec<SourceLine>> {
    let names = state.sources.all();
    let count = u16::try_from(names.len()).unwrap_or(u16::MAX);
    let told = state
        .fleet
        .read(move |fleet| {
            let now = clock::now();
            let quality = |id| fleet.quality(SourceId(id), now);
            let summaries = fleet.summary().sources.clone();
            (summaries, (0..count).map(quality).collect::<Vec<_>>())
        })
        .await;
    let (summaries, qualities) = told?;
    let lines = names.iter().zip(0..).zip(qualities);
    let lines = lines.filter_map(|((name, id), quality)| {
        let summary = summaries
            .iter()
            .find(|summary| summary.id == SourceId(id))?;
        Some(line(name, summary, &quality))
    });
    Some(lines.collect())
}

fn line(name: &str, summary: &SourceSummary, quality: &Quality) -> SourceLine {
    let age_ms = summary.newest_report_age_ms;
    let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
    SourceLine {
        name: name.to_owned(),
        state: match age_ms {
            _ if !summary.connected => SourceState::Away,
            Some(age) if age < SILENT_AFTER_MS => SourceState::Online,
            _ => SourceState::Silent,
        },
        silent_s: age_ms.map(|age| age / 1_000),
        reports_per_s: f64::from(quality.reports) * 1e3 / (quality.window_ms.max(1_000) as f64),
        late: share(quality.late, quality.reports),
        invalid: share(quality.invalid, quality.fields),
        duplicates: share(quality.duplicates, quality.reports),
        skew_s: quality.skew_s,
        odometer_by_gps: (quality.gps_m >= LEAST_DRIVEN_M)
            .then(|| quality.odometer_m / quality.gps_m),
    }
}

fn csv_of(lines: &[SourceLine]) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "source",
        "state",
        "silent_s",
        "reports_per_s",
        "late_share",
        "invalid_share",
        "duplicate_share",
        "clock_skew_s",
        "odometer_by_gps",
    ])?;
    let share = |share: Option<f64>| share.map_or(String::new(), |share| format!("{share:.4}"));
    for line in lines {
        out.write_record([
            in_a_cell(&line.name),
            line.state.name().to_owned(),
            line.silent_s
                .map_or(String::new(), |seconds| seconds.to_string()),
            format!("{:.2}", line.reports_per_s),
            share(line.late),
            share(line.invalid),
            share(line.duplicates),
            line.skew_s.map_or(String::new(), |skew| skew.to_string()),
            line.odometer_by_gps
                .map_or(String::new(), |ratio| format!("{ratio:.3}")),
        ])?;
    }
    Ok(out.into_inner()?)
}

/// A name that begins like a formula would be one in a spreadsheet.
fn in_a_cell(name: &str) -> String {
    match name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{name}"),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(connected: bool, age_ms: Option<u32>) -> SourceSummary {
        SourceSummary {
            id: SourceId(0),
            connected,
            newest_report_age_ms: age_ms,
            cut_off: false,
        }
    }

    #[test]
    fn a_dead_platform_is_told_within_a_minute_and_one_that_left_at_once() {
        let state =
            |connected, age_ms| line("a", &summary(connected, age_ms), &Quality::default()).state;
        assert_eq!(state(true, Some(1_000)), SourceState::Online);
        assert_eq!(state(true, Some(59_000)), SourceState::Silent);
        assert_eq!(state(true, None), SourceState::Silent);
        assert_eq!(state(false, Some(0)), SourceState::Away);
    }

    #[test]
    fn shares_are_of_what_was_there_and_a_name_is_no_formula() {
        let quality = Quality {
            reports: 200,
            window_ms: 20_000,
            late: 50,
            fields: 1_000,
            invalid: 10,
            skew_s: Some(-3_600),
            odometer_m: 2_100.0,
            gps_m: 2_000.0,
            duplicates: 1,
        };
        let told = line("=cmd()", &summary(true, Some(1_500)), &quality);
        let text = String::from_utf8(csv_of(&[told]).unwrap()).unwrap();
        assert_eq!(
            text.lines().nth(1),
            Some("'=cmd(),online,1,10.00,0.2500,0.0100,0.0050,-3600,1.050")
        );
        let idle = line("b", &summary(false, None), &Quality::default());
        assert_eq!(
            (idle.state, idle.late, idle.odometer_by_gps),
            (SourceState::Away, None, None)
        );
    }
}
