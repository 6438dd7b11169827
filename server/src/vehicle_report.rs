//! `POST /log/vehicle`: the report on who looked at one vehicle, as a page for printing that carries its file. The VIN
//! travels in the body, and that somebody asked is a row before the answer leaves.

use std::sync::Arc;

use access::{By, ReportLine, Session, UserError, VehicleReport};
use app::log::clock_time;
use app::text::{self, Lang, report};
use app::vehicle_report::{Shown, page};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use tracing::{info, warn};

use crate::door::plain_page;
use crate::{clock, state::AppState};

#[derive(Deserialize)]
pub struct Asked {
    vin: String,
    /// The language that the page of the log is in.
    lang: String,
}

pub async fn vehicle_report(
    State(state): State<AppState>,
    Extension(session): Extension<Arc<Session>>,
    form: Result<Form<Asked>, FormRejection>,
) -> Response {
    let asked = match form {
        Ok(Form(asked)) => asked,
        // Not what the rejection says: it quotes the form.
        Err(rejection) => return rejection.status().into_response(),
    };
    let lang = Lang::from_accept(&asked.lang);
    let vin = asked.vin.trim().to_ascii_uppercase();
    let by = By::Session(&session);
    match state.access.report_vehicle(by, &vin, clock::unix_s()).await {
        Ok(report) => {
            info!(user = %session.name, row = report.row, "a report on a vehicle was made");
            let nonce = hex::encode(rand::random::<[u8; 16]>());
            let html = page(lang, &nonce, shown(&report, lang));
            plain_page(StatusCode::OK, &format!("style-src 'nonce-{nonce}'"), html)
        }
        Err(refused) => {
            warn!(user = %session.name, %refused, "refused to report on a vehicle");
            let (status, why) = match refused {
                UserError::SessionEnded => (StatusCode::UNAUTHORIZED, text::SESSION_ENDED),
                UserError::NotAllowed { .. } => (StatusCode::FORBIDDEN, text::NOT_YOURS.what),
                UserError::BadVin => (StatusCode::BAD_REQUEST, report::BAD_VIN),
                _ => (StatusCode::SERVICE_UNAVAILABLE, text::SIGN_IN_UNAVAILABLE),
            };
            (status, why.in_lang(lang)).into_response()
        }
    }
}

fn shown(made: &VehicleReport, lang: Lang) -> Shown {
    Shown {
        facts: vec![
            (text::VIN, made.vin.clone()),
            (
                report::MADE,
                format!("{} (UTC+8)", clock_time(made.made_unix_s)),
            ),
            (report::MADE_BY, made.made_by.clone()),
            (report::MADE_AS_ROW, made.row.to_string()),
            (
                report::BEGINS,
                format!("{} · {}", made.begins.0, made.begins.1),
            ),
            (report::STANDS_ON_ROW, made.head_row.to_string()),
            (report::HASH_OF_ROW, hex::encode(&made.head_hash)),
            (report::DIGEST, made.sha256.clone()),
        ],
        is_cut: made.is_cut,
        lines: made
            .lines
            .iter()
            .map(|line| cells(line, &made.vin, lang))
            .collect(),
        file: format!(
            "data:text/csv;charset=utf-8;base64,{}",
            BASE64_STANDARD.encode(&made.file)
        ),
    }
}

fn cells(line: &ReportLine, vin: &str, lang: Lang) -> [String; 6] {
    let role = line.role.as_deref().map(|role| text::role_in(role, lang));
    let purpose = line.purpose.as_deref().map(|code| {
        text::purpose(code).map_or_else(|| code.to_owned(), |words| words.in_lang(lang).to_owned())
    });
    let of_row = line.permit_id.filter(|first| *first != line.seq);
    let detail = [
        line.reason.as_deref().map(|code| text::reason(code, lang)),
        line.amount
            .map(|amount| text::amount(&line.kind, amount, lang)),
        of_row.map(|first| format!("{} {first}", report::OF_ROW.in_lang(lang))),
        line.is_by_tail(vin)
            .then(|| report::BY_TAIL.in_lang(lang).to_owned()),
        line.make.clone(),
    ];
    [
        line.seq.to_string(),
        line.at_local.clone(),
        text::kind(&line.kind, lang),
        joined([Some(line.who().to_owned()), role]),
        joined([purpose, line.case_number.clone()]),
        joined(detail),
    ]
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
