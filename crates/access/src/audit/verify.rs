//! Finds what was changed. Walks the whole log once, in order, with nothing but the rows: each must carry the hash of
//! its own columns and of the row before it. A chain that somebody computed anew from some row on is whole in itself;
//! that is what exported heads are for: a head says "row 4711 had this hash", and it lies where whoever can write the
//! database cannot.
//!
//! Removed rows leave a gap, edited rows a wrong hash, exchanged rows both, a cut tail a head that has no row.
//!
//! A log whose old rows were removed begins behind the row that its newest cut names, and carries that row's hash. Whoever
//! can write the file can also write such a cut for rows that are young; heads betray it, for they say when there were how
//! many rows.

use super::append::TOLERANCE_S;
use super::cut::CUT_AGE_MIN_S;
use super::heads::Head;
use super::row::{AuditKind, AuditRow};
use crate::error::Fault;
use crate::store::{Access, OpenError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, FromRow, Row, SqliteConnection};
use std::collections::BTreeMap;
use std::path::Path;

/// Kept in the verdict; further ones are only counted.
const PROBLEMS_MAX: usize = 100;
const ROWS_AT_ONCE: i64 = 1_000;
const TRIGGERS: [&str; 4] = [
    "audit_has_no_gaps",
    "audit_is_cut_when_old",
    "audit_is_not_deleted",
    "audit_is_not_edited",
];

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("rows {from} to {to} are missing")]
    Missing { from: i64, to: i64 },
    #[error("row {seq} is not what was written: its columns do not give its hash")]
    Edited { seq: i64 },
    #[error("row {seq} does not follow the row before it")]
    BrokenLink { seq: i64 },
    #[error("row {seq} cannot be read")]
    Unreadable { seq: i64 },
    #[error("row {seq} is earlier than the row before it")]
    OutOfTime { seq: i64 },
    #[error("row {seq} is not the one whose hash was exported")]
    HeadDiffers { seq: i64 },
    #[error("the log ends before row {seq}, whose hash was exported")]
    TailCut { seq: i64 },
    #[error("the database no longer protects the log: the trigger {name} is missing")]
    TriggerMissing { name: &'static str },
    #[error("row {seq} says which rows were removed, and what is left says otherwise")]
    FalseCut { seq: i64 },
    #[error("row {seq} removed rows that an exported head shows to have been too young")]
    CutTooYoung { seq: i64 },
    #[error("there is no readable head to compare with")]
    NoHeads,
}

/// What `verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub rows: u64,
    /// The newest row and its hash, to be noted down elsewhere.
    pub newest: Option<(i64, [u8; 32])>,
    /// The last row that was removed because of its age, and when that was written down.
    pub cut: Option<(i64, i64)>,
    /// Heads that were looked for, whether or not the log agrees with them; those of removed rows among them.
    pub heads_checked: u32,
    pub problems: Vec<Problem>,
    pub problems_total: u64,
}

impl Verdict {
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.problems_total == 0
    }

    fn add(&mut self, problem: Problem) {
        self.problems_total += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }
}

impl Access {
    /// Checks every row, and every head of `heads` (`read_heads` reads them from a file). `None` checks the chain in
    /// itself only, which cannot see a tail that was cut.
    pub async fn verify_audit(&self, heads: Option<&[Head]>) -> Result<Verdict, Fault> {
        let mut on = self.read().begin().await?;
        verify_on(&mut on, heads).await
    }
}

/// The same for a database that nobody serves from: a back-up, a copy kept as evidence. Writes nothing into it; a file
/// that is not there is an error and is not made.
pub async fn verify_file(path: &Path, heads: Option<&[Head]>) -> Result<Verdict, OpenError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut on = options
        .connect()
        .await
        .map_err(|error| OpenError::Database {
            path: path.to_path_buf(),
            error,
        })?;
    let verdict = verify_on(&mut on, heads)
        .await
        .map_err(|fault| OpenError::Fault {
            path: path.to_path_buf(),
            fault,
        });
    // It was only read: closing cannot lose anything.
    let _ = on.close().await;
    verdict
}

async fn verify_on(on: &mut SqliteConnection, heads: Option<&[Head]>) -> Result<Verdict, Fault> {
    let mut check = Check::new(heads);
    let present: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'",
    )
    .fetch_all(&mut *on)
    .await?;
    for name in TRIGGERS {
        if !present.iter().any(|there| there == name) {
            check.verdict.add(Problem::TriggerMissing { name });
        }
    }
    // Of a cut that is itself edited the walk says so; here it is only where the log may begin.
    let cuts: Vec<CutRow> = sqlx::query_as(
        "SELECT seq, at_unix_s, amount AS last, handle AS half_hash FROM audit WHERE kind = 'audit_cut' ORDER BY seq",
    )
    .fetch_all(&mut *on)
    .await?;
    for cut in cuts {
        check.cut(cut);
    }
    let mut after = i64::MIN;
    loop {
        let rows = sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(after)
            .bind(ROWS_AT_ONCE)
            .fetch_all(&mut *on)
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.try_get("seq")?;
        for row in &rows {
            match AuditRow::from_row(row) {
                Ok(row) => check.row(&row),
                Err(_) => check.unreadable(row.try_get("seq")?),
            }
        }
    }
    Ok(check.finish())
}

/// What a row of the kind `audit_cut` says, if it is one.
#[derive(sqlx::FromRow)]
struct CutRow {
    seq: i64,
    at_unix_s: i64,
    last: Option<i64>,
    half_hash: Option<Vec<u8>>,
}

/// The walk, apart from where rows come from.
struct Check {
    verdict: Verdict,
    last_seq: i64,
    last_hash: Vec<u8>,
    last_unix_s: i64,
    heads: BTreeMap<i64, Vec<[u8; 32]>>,
    /// When there were so many rows: number and time of each head.
    heads_at: Vec<(i64, i64)>,
    /// The newest cut: its own number, the last row that it removed, the first half of that one's hash.
    cut: Option<(i64, i64, Vec<u8>)>,
}

impl Check {
    fn new(heads: Option<&[Head]>) -> Self {
        let mut check = Self {
            verdict: Verdict::default(),
            last_seq: 0,
            last_hash: vec![0; 32],
            last_unix_s: i64::MIN,
            heads: BTreeMap::new(),
            heads_at: Vec::new(),
            cut: None,
        };
        for head in heads.unwrap_or_default() {
            check.heads_at.push((head.seq, head.at_unix_s));
            check.heads.entry(head.seq).or_default().push(head.hash);
        }
        if heads.is_some_and(<[Head]>::is_empty) {
            check.verdict.add(Problem::NoHeads);
        }
        check
    }

    /// One row that says that rows were removed; oldest first.
    fn cut(&mut self, cut: CutRow) {
        let seq = cut.seq;
        let last = cut.last.unwrap_or(0);
        let before = self.cut.as_ref().map_or(0, |(_, last, _)| *last);
        if last <= before || last >= seq {
            return self.verdict.add(Problem::FalseCut { seq });
        }
        // What came after a head is not older than it.
        let limit_unix_s = cut.at_unix_s - CUT_AGE_MIN_S + TOLERANCE_S;
        let too_young = |(rows, at_unix_s): &(i64, i64)| *rows < last && *at_unix_s > limit_unix_s;
        if self.heads_at.iter().any(too_young) {
            self.verdict.add(Problem::CutTooYoung { seq });
        }
        self.verdict.cut = Some((last, cut.at_unix_s));
        self.cut = Some((seq, last, cut.half_hash.unwrap_or_default()));
    }

    /// The first row there is: it may be any up to the one behind the last that was removed, for a crash leaves some.
    fn begin(&mut self, row: &AuditRow) {
        let Some(last) = self.cut.as_ref().map(|(_, last, _)| *last) else {
            return;
        };
        if row.seq > last + 1 {
            // What is missing behind the cut is missing.
            self.last_seq = last;
        } else if row.seq > 1 {
            self.last_seq = row.seq - 1;
            self.last_hash.clone_from(&row.previous);
        }
        if row.seq == last + 1 {
            self.end_of_cut(&row.previous, last);
        }
    }

    /// Compares the last removed row's hash, and the heads that were exported when it was the newest.
    fn end_of_cut(&mut self, hash: &[u8], last: i64) {
        let Some((seq, _, half_hash)) = self.cut.as_ref() else {
            return;
        };
        if hash.get(..16) != Some(half_hash) {
            self.verdict.add(Problem::FalseCut { seq: *seq });
        }
        self.compare_heads(last, hash);
    }

    fn compare_heads(&mut self, seq: i64, hash: &[u8]) {
        for head in self.heads.remove(&seq).unwrap_or_default() {
            self.verdict.heads_checked += 1;
            if head.as_slice() != hash {
                self.verdict.add(Problem::HeadDiffers { seq });
            }
        }
    }

    fn row(&mut self, row: &AuditRow) {
        let seq = row.seq;
        if self.verdict.rows == 0 {
            self.begin(row);
        }
        let follows = self.step(seq);
        if follows && row.previous != self.last_hash {
            self.verdict.add(Problem::BrokenLink { seq });
        }
        if row.hash != row.right_hash() {
            self.verdict.add(Problem::Edited { seq });
        }
        if row.at_unix_s < self.last_unix_s && row.kind != AuditKind::ClockAccepted.name() {
            self.verdict.add(Problem::OutOfTime { seq });
        }
        self.last_unix_s = row.at_unix_s;
        if self.cut.as_ref().is_some_and(|(_, last, _)| *last == seq) {
            self.end_of_cut(&row.hash, seq);
        }
        self.compare_heads(seq, &row.hash);
        self.verdict.newest = row.hash.as_slice().try_into().ok().map(|hash| (seq, hash));
        self.last_hash.clone_from(&row.hash);
    }

    fn unreadable(&mut self, seq: i64) {
        self.step(seq);
        self.verdict.add(Problem::Unreadable { seq });
        self.last_hash.clear();
    }

    /// Counts the row, and says whether the one before it is the one that was seen last.
    fn step(&mut self, seq: i64) -> bool {
        let follows = seq == self.last_seq.saturating_add(1);
        if !follows {
            let from = self.last_seq.saturating_add(1);
            self.verdict.add(Problem::Missing {
                from,
                to: seq.saturating_sub(1),
            });
        }
        self.verdict.rows += 1;
        self.last_seq = seq;
        follows
    }

    fn finish(mut self) -> Verdict {
        for (&seq, heads) in &self.heads {
            self.verdict.heads_checked += u32::try_from(heads.len()).unwrap_or(u32::MAX);
            // Inside the log it is a row that is missing, and that has been said.
            if seq > self.last_seq {
                self.verdict.add(Problem::TailCut { seq });
            }
        }
        self.verdict
    }
}
