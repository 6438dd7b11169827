//! Showing the log. The privacy officer reads, filters and exports it, and each reading is itself a row, written
//! before the rows are shown. Everybody sees their own rows, without the VINs: those belong to a purpose that is over.

use super::append::append;
use super::row::{AuditKind, AuditRow, Entry};
use crate::error::{AccessError, Refused};
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;
use serde::{Deserialize, Serialize};

/// Rows of one page; a larger wish is cut.
pub const PAGE_MAX: u32 = 500;
/// Rows of one export; what is older needs a narrower filter.
pub const EXPORT_MAX: u32 = 100_000;

/// Which rows. Everything that is `None` or empty filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    pub from_unix_s: Option<i64>,
    /// Not included.
    pub to_unix_s: Option<i64>,
    pub user_name: Option<String>,
    pub kind: Option<String>,
    /// The whole VIN: answers "who looked at this vehicle". Also finds searches for its last six characters.
    pub vin: Option<String>,
    /// For the next page: the smallest `seq` of the page before.
    pub before_seq: Option<i64>,
    pub limit: Option<u32>,
}

impl Access {
    /// Rows of the log, newest first. Writes a row that says who read and with which filter.
    pub async fn read_audit(
        &self,
        session: &Session,
        filter: &AuditFilter,
        now_unix_s: i64,
    ) -> Result<Vec<AuditRow>, Refused> {
        let limit = filter.limit.unwrap_or(PAGE_MAX).min(PAGE_MAX);
        self.recorded_read(session, Action::ReadAudit, filter, limit, now_unix_s)
            .await
    }

    /// The same rows as CSV, for another program: all that the filter finds, at most `EXPORT_MAX`.
    pub async fn export_audit(
        &self,
        session: &Session,
        filter: &AuditFilter,
        now_unix_s: i64,
    ) -> Result<String, Refused> {
        let limit = filter.limit.unwrap_or(EXPORT_MAX).min(EXPORT_MAX);
        let rows = self
            .recorded_read(session, Action::ExportAudit, filter, limit, now_unix_s)
            .await?;
        Ok(csv(&rows))
    }

    async fn recorded_read(
        &self,
        session: &Session,
        action: Action,
        filter: &AuditFilter,
        limit: u32,
        now_unix_s: i64,
    ) -> Result<Vec<AuditRow>, Refused> {
        session.may(action)?;
        let kind = match action {
            Action::ExportAudit => AuditKind::AuditExported,
            _ => AuditKind::AuditRead,
        };
        let mut tx = self.write().await?;
        let session = self.living(&mut tx, session, action, now_unix_s).await?;
        let entry = Entry {
            action: Some(action.name().to_owned()),
            vin: filter.vin.as_deref().map(|vin| bounded(vin, 17)),
            about_user: filter.user_name.as_deref().map(|name| bounded(name, 64)),
            ..Entry::of(&session)
        };
        append(&mut tx, kind, entry, now_unix_s).await?;
        tx.commit().await?;
        let rows = sqlx::query_as(
            "SELECT * FROM audit
             WHERE at_unix_s >= coalesce(?1, at_unix_s) AND (?2 IS NULL OR at_unix_s < ?2)
                 AND (?3 IS NULL OR user_name = ?3 COLLATE NOCASE OR about_user = ?3 COLLATE NOCASE)
                 AND (?4 IS NULL OR kind = ?4)
                 AND (?5 IS NULL OR vin = ?5 OR (length(vin) = 6 AND vin = substr(?5, -6)))
                 AND (?6 IS NULL OR seq < ?6)
             ORDER BY seq DESC LIMIT ?7",
        )
        .bind(filter.from_unix_s)
        .bind(filter.to_unix_s)
        .bind(filter.user_name.as_deref())
        .bind(filter.kind.as_deref())
        .bind(filter.vin.as_deref())
        .bind(filter.before_seq)
        .bind(limit)
        .fetch_all(self.read())
        .await?;
        Ok(rows)
    }

    /// One's own rows, newest first, VINs cut to the maker's three letters.
    pub async fn own_audit(
        &self,
        session: &Session,
        before_seq: Option<i64>,
        limit: u32,
        now_unix_s: i64,
    ) -> Result<Vec<AuditRow>, AccessError> {
        let mut on = self.read().acquire().await?;
        let session = self
            .living(&mut on, session, Action::SeeOwnAudit, now_unix_s)
            .await?;
        let mut rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT * FROM audit WHERE user_id = ?1 AND (?2 IS NULL OR seq < ?2) ORDER BY seq DESC LIMIT ?3",
        )
        .bind(session.user.0)
        .bind(before_seq)
        .bind(limit.min(PAGE_MAX))
        .fetch_all(&mut *on)
        .await?;
        for row in &mut rows {
            row.vin = row.vin.take().map(|vin| match vin.len() {
                17 => format!("{}…", vin.get(..3).unwrap_or_default()),
                _ => "…".to_owned(),
            });
            row.handle = None;
        }
        Ok(rows)
    }

    /// How many vehicles this person has looked at since midnight, by the centre's time.
    pub async fn looks_today(
        &self,
        session: &Session,
        now_unix_s: i64,
    ) -> Result<u32, AccessError> {
        let mut on = self.read().acquire().await?;
        let session = self
            .living(&mut on, session, Action::SeeOwnAudit, now_unix_s)
            .await?;
        let offset_s = i64::from(self.0.settings.utc_offset_s);
        let midnight_unix_s = (now_unix_s + offset_s).div_euclid(86_400) * 86_400 - offset_s;
        let looks: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit WHERE user_id = ? AND kind = 'permit_opened' AND at_unix_s >= ?",
        )
        .bind(session.user.0)
        .bind(midnight_unix_s)
        .fetch_one(&mut *on)
        .await?;
        Ok(u32::try_from(looks).unwrap_or(u32::MAX))
    }
}

/// What a filter said, cut to what the column takes.
fn bounded(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

fn csv(rows: &[AuditRow]) -> String {
    let mut out = String::from(
        "seq,at_unix_s,kind,user,role,session,source,action,purpose,case_number,vin,make,handle,permit,about_user,reason,amount,hash\r\n",
    );
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    for row in rows {
        let cells = [
            row.seq.to_string(),
            row.at_unix_s.to_string(),
            quoted(Some(&row.kind)),
            quoted(row.user_name.as_deref()),
            quoted(row.role.as_deref()),
            number(row.session_id),
            quoted(row.source.as_deref()),
            quoted(row.action.as_deref()),
            quoted(row.purpose.as_deref()),
            quoted(row.case_number.as_deref()),
            quoted(row.vin.as_deref()),
            quoted(row.make.as_deref()),
            row.handle.as_ref().map(hex::encode).unwrap_or_default(),
            number(row.permit_id),
            quoted(row.about_user.as_deref()),
            quoted(row.reason.as_deref()),
            number(row.amount),
            hex::encode(&row.hash),
        ];
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// Quoted; a text that a spreadsheet would take for a formula gets an apostrophe.
pub(super) fn quoted(value: Option<&str>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    let guard = if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", value.replace('"', "\"\""))
}
