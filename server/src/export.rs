//! `POST /log/export`: the rows that a filter finds, as a file for another program. The question travels in the body,
//! so that no VIN stands in a URL; that somebody exported is a row, written before the file leaves.

use std::sync::Arc;

use access::Session;
use app::api::ApiError;
use app::log::LogQuery;
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tracing::warn;

use crate::centre::refusal;
use crate::office::filter_of;
use crate::{clock, state::AppState};

/// Columns that hold numbers.
const NUMBERS: [&str; 5] = ["seq", "at_unix_s", "session", "permit", "amount"];

/// Whoever exports wants all pages, so the form has no `before_seq`.
#[derive(Deserialize)]
pub struct Export {
    #[serde(flatten)]
    query: LogQuery,
    format: Format,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Csv,
    JsonLines,
}

pub async fn export_log(
    State(state): State<AppState>,
    Extension(session): Extension<Arc<Session>>,
    form: Result<Form<Export>, FormRejection>,
) -> Response {
    let export = match form {
        Ok(Form(export)) => export,
        // Not what the rejection says: it quotes the form.
        Err(rejection) => return rejection.status().into_response(),
    };
    let Ok(filter) = filter_of(&export.query) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let csv = match state
        .access
        .export_audit(&session, &filter, clock::unix_s())
        .await
    {
        Ok(csv) => csv,
        Err(refused) => {
            warn!(user = %session.name, %refused, "refused to export the log");
            let status = match refusal(refused) {
                ApiError::SignedOut => StatusCode::UNAUTHORIZED,
                ApiError::NotAllowed => StatusCode::FORBIDDEN,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            return status.into_response();
        }
    };
    let (mime, name, body) = match export.format {
        Format::Csv => ("text/csv; charset=utf-8", "evwall-log.csv", csv),
        Format::JsonLines => match json_lines(&csv) {
            Ok(lines) => ("application/x-ndjson", "evwall-log.jsonl", lines),
            Err(error) => {
                warn!(%error, "the log could not be written as JSON");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        },
    };
    let headers = [
        (CONTENT_TYPE, mime.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, body).into_response()
}

/// The same table, an object a line; an empty cell is null.
fn json_lines(csv: &str) -> anyhow::Result<String> {
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    let columns = rows.headers()?.clone();
    let mut lines = String::new();
    for row in rows.records() {
        let row = row?;
        let object: serde_json::Map<_, _> = columns
            .iter()
            .zip(&row)
            .map(|(column, cell)| {
                let value = if cell.is_empty() {
                    serde_json::Value::Null
                } else if NUMBERS.contains(&column) {
                    cell.parse::<i64>().map_or_else(|_| cell.into(), Into::into)
                } else {
                    cell.into()
                };
                (column.to_owned(), value)
            })
            .collect();
        lines.push_str(&serde_json::to_string(&object)?);
        lines.push('\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_of_the_log_becomes_an_object_a_line() {
        let lines = json_lines(
            "seq,kind,user,amount\r\n7,\"permit_closed\",\"a\"\"b\",12\r\n8,\"audit_read\",,\r\n",
        )
        .unwrap();
        let rows: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["seq"], 7);
        assert_eq!(rows[0]["user"], "a\"b");
        assert_eq!(rows[1]["amount"], serde_json::Value::Null);
    }
}
