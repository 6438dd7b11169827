//! The owner's question: who looked at this vehicle, when, for what purpose. The answer is a file of lines, made by the
//! privacy officer for one VIN. Nobody need say who the owner is, and there is no field for it.
//!
//! The file says on which row of the log it stands, with that row's hash, which covers every row before. Its last line is
//! the SHA-256 of all lines above it, and the row that making it writes carries the same digest: so whether a file is the
//! one that was made can be asked of the log years later (`find_report`), and the log's own chain answers for that row.

use super::append::{append, in_order, newest};
use super::read::quoted;
use super::row::{AuditKind, Entry};
use crate::error::{Fault, UserError};
use crate::permit::is_vin;
use crate::role::Action;
use crate::store::{Access, OpenError};
use crate::users::By;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, FromRow, SqliteConnection};
use std::path::Path;

/// The first line, which names the format; a change of it is a new name.
const FIRST_LINE: &str = "format,evwall-vehicle-report-1\r\n";
/// What the last line begins with.
const LAST_LINE: &str = "sha256,";
/// Rows of one report, the newest ones: the log takes no other row while it is made.
const ROWS_MAX: u32 = 10_000;

/// The answer for one vehicle.
pub struct VehicleReport {
    pub vin: String,
    pub made_unix_s: i64,
    /// The account that asked, or `console:…` for somebody at the machine.
    pub made_by: String,
    /// The row that says that this was made; it carries `sha256`.
    pub row: i64,
    /// The oldest row that the log still has, and its time by the centre's clock: what was before, no report tells.
    pub begins: (i64, String),
    /// The newest row before, and its hash.
    pub head_row: i64,
    pub head_hash: Vec<u8>,
    /// The oldest first.
    pub lines: Vec<ReportLine>,
    /// There are more than a report holds; the oldest are missing.
    pub is_cut: bool,
    /// The whole file, its last line included.
    pub file: String,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// One row of the log that is about the vehicle: it names the VIN, or its last six characters in a search, or it ends or
/// answers such a row.
#[derive(Clone, FromRow)]
pub struct ReportLine {
    pub seq: i64,
    pub at_unix_s: i64,
    /// The same by the centre's time.
    pub at_local: String,
    pub kind: String,
    pub user_name: Option<String>,
    pub role: Option<String>,
    pub source: Option<String>,
    pub purpose: Option<String>,
    pub case_number: Option<String>,
    /// What was asked for: the VIN, or six characters and then a make, which may mean another vehicle.
    pub vin: Option<String>,
    pub make: Option<String>,
    /// The row that this one ends or answers.
    pub permit_id: Option<i64>,
    pub reason: Option<String>,
    pub amount: Option<i64>,
}

impl ReportLine {
    /// Whether it may be about another vehicle of the same last six characters.
    #[must_use]
    pub fn is_by_tail(&self, vin: &str) -> bool {
        self.vin.as_deref().is_some_and(|asked| asked != vin)
    }

    /// Who did it: an account, or what stood at the machine.
    #[must_use]
    pub fn who(&self) -> &str {
        let who = self.user_name.as_deref().or(self.source.as_deref());
        who.unwrap_or_default()
    }
}

/// What the log says of a report of a certain digest.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ReportRow {
    pub seq: i64,
    pub at_unix_s: i64,
    pub user_name: Option<String>,
}

impl Access {
    /// Makes the report, and the row that says so, in one transaction. Needs `Action::ExportAudit`, or somebody at the
    /// machine.
    ///
    /// # Errors
    /// `BadVin` for what cannot be a vehicle's number. Without its row there is no report.
    pub async fn report_vehicle(
        &self,
        by: By<'_>,
        vin: &str,
        now_unix_s: i64,
    ) -> Result<VehicleReport, UserError> {
        if !is_vin(vin) {
            return Err(UserError::BadVin);
        }
        let action = Action::ExportAudit;
        let mut tx = self.write().await?;
        let entry = self.actor_for(&mut tx, by, action, now_unix_s).await?;
        let (head_row, last_unix_s, head_hash) = newest(&mut tx).await?;
        let made_unix_s = in_order(last_unix_s, now_unix_s)?;
        let offset_s = i64::from(self.0.settings.utc_offset_s);
        let begins = sqlx::query_as(
            "SELECT seq, strftime('%Y-%m-%d %H:%M:%S', at_unix_s + ?, 'unixepoch') FROM audit ORDER BY seq LIMIT 1",
        )
        .bind(offset_s)
        .fetch_optional(&mut *tx)
        .await?
        .unwrap_or_default();
        let mut lines = lines_of(&mut tx, vin, offset_s).await?;
        let is_cut = lines.len() > ROWS_MAX as usize;
        lines.truncate(ROWS_MAX as usize);
        lines.reverse();
        let made_by = entry.user_name.clone().or_else(|| entry.source.clone());
        let mut report = VehicleReport {
            vin: vin.to_owned(),
            made_unix_s,
            made_by: made_by.unwrap_or_default(),
            row: head_row + 1,
            begins,
            head_row,
            head_hash,
            lines,
            is_cut,
            file: String::new(),
            sha256: String::new(),
        };
        report.file = written(&report, offset_s);
        report.sha256 = sha256(report.file.as_bytes());
        report.file += &format!("{LAST_LINE}{}\r\n", report.sha256);
        let entry = Entry {
            action: Some(action.name().to_owned()),
            vin: Some(vin.to_owned()),
            about_user: Some(report.sha256.clone()),
            amount: i64::try_from(report.lines.len()).ok(),
            ..entry
        };
        let row = append(&mut tx, AuditKind::VehicleReported, entry, now_unix_s).await?;
        debug_assert_eq!((row.seq, row.at_unix_s), (report.row, report.made_unix_s));
        tx.commit().await?;
        Ok(report)
    }
}

/// The rows of one vehicle, the newest first, one more than a report holds.
async fn lines_of(
    on: &mut SqliteConnection,
    vin: &str,
    offset_s: i64,
) -> Result<Vec<ReportLine>, sqlx::Error> {
    // Searches by the last six characters are found for a whole VIN only: for another number they would be its own.
    let tail = (vin.len() == 17).then(|| &vin[11..]);
    sqlx::query_as(
        "WITH named AS (
             SELECT seq, kind, coalesce(permit_id, seq) AS first FROM audit WHERE vin = ?1
             UNION SELECT seq, kind, seq FROM audit WHERE vin = ?2
         ), meant AS (
             SELECT seq FROM named
             UNION SELECT second.seq FROM named JOIN audit second ON second.permit_id = named.first
                 WHERE named.kind IN ('permit_opened', 'search_asked')
                     AND second.kind IN ('permit_closed', 'search_answered')
         )
         SELECT seq, at_unix_s, strftime('%Y-%m-%d %H:%M:%S', at_unix_s + ?3, 'unixepoch') AS at_local, kind,
             user_name, role, source, purpose, case_number, vin, make, permit_id, reason, amount
         FROM audit WHERE seq IN meant ORDER BY seq DESC LIMIT ?4",
    )
    .bind(vin)
    .bind(tail)
    .bind(offset_s)
    .bind(ROWS_MAX + 1)
    .fetch_all(on)
    .await
}

/// All lines but the last.
fn written(report: &VehicleReport, offset_s: i64) -> String {
    let facts = [
        ("vin", quoted(Some(&report.vin))),
        ("made_unix_s", report.made_unix_s.to_string()),
        ("made_by", quoted(Some(&report.made_by))),
        ("made_as_row", report.row.to_string()),
        ("log_begins_with_row", report.begins.0.to_string()),
        ("log_begins_at_local_time", report.begins.1.clone()),
        ("stands_on_row", report.head_row.to_string()),
        ("hash_of_that_row", hex::encode(&report.head_hash)),
        ("local_time_is_utc_plus_s", offset_s.to_string()),
        ("rows", report.lines.len().to_string()),
        ("older_rows_are_missing", report.is_cut.to_string()),
    ];
    let mut out = FIRST_LINE.to_owned();
    let mut line = |cells: &[String]| {
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    for (name, value) in facts {
        line(&[name.to_owned(), value]);
    }
    let head = "row,at_unix_s,local_time,what,who,role,purpose,case_number,asked_for,make,of_row,reason,amount";
    line(&[head.to_owned()]);
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in &report.lines {
        line(&[
            row.seq.to_string(),
            row.at_unix_s.to_string(),
            row.at_local.clone(),
            quoted(Some(&row.kind)),
            quoted(Some(row.who())),
            quoted(row.role.as_deref()),
            quoted(row.purpose.as_deref()),
            quoted(row.case_number.as_deref()),
            quoted(row.vin.as_deref()),
            quoted(row.make.as_deref()),
            number(row.permit_id),
            quoted(row.reason.as_deref()),
            number(row.amount),
        ]);
    }
    out
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The digest in the last line of a report; nothing where the lines above it have another one, or where there is none.
#[must_use]
pub fn report_digest(file: &[u8]) -> Option<String> {
    let text = str::from_utf8(file).ok()?;
    let (above, said) = text.rsplit_once(LAST_LINE)?;
    let is_a_line = above.starts_with(FIRST_LINE) && above.ends_with('\n');
    let said = said.strip_suffix("\r\n")?;
    (is_a_line && sha256(above.as_bytes()) == said).then(|| said.to_owned())
}

/// The row of a log that says that a report of this digest was made. Writes nothing; whether the row can be believed,
/// `verify_file` says.
///
/// # Errors
/// A file that is no log, or cannot be read.
pub async fn find_report(path: &Path, sha256: &str) -> Result<Option<ReportRow>, OpenError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let cannot = |error| OpenError::Database {
        path: path.to_path_buf(),
        error,
    };
    let mut on = options.connect().await.map_err(cannot)?;
    let found = sqlx::query_as(
        "SELECT seq, at_unix_s, coalesce(user_name, source) AS user_name FROM audit
         WHERE kind = 'vehicle_reported' AND about_user = ? ORDER BY seq LIMIT 1",
    )
    .bind(sha256)
    .fetch_optional(&mut on)
    .await
    .map_err(|error| OpenError::Fault {
        path: path.to_path_buf(),
        fault: Fault::from(error),
    });
    // It was only read: closing cannot lose anything.
    let _ = on.close().await;
    found
}
