//! Permission to search for a VIN. The search itself is done elsewhere; here it is written down, twice: what is asked
//! before it runs, and how many were found before the answer leaves. The hits pass through `search_answered`, so an
//! answer without its row does not compile, and misses, which is what guessing looks like, are counted.

use crate::audit::{AuditKind, Entry, append};
use crate::budget;
use crate::error::{Fault, Refused};
use crate::purpose::Purpose;
use crate::role::Action;
use crate::session::Session;
use crate::store::Access;
use std::fmt;

/// Hits that are shown. More than these are a question that is too wide.
pub const HITS_MAX: usize = 10;

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// All 17 characters.
    Vin(&'a str),
    /// The last six, and a make, so that nobody lists a fleet by its serial numbers.
    Tail { last6: &'a str, make: &'a str },
}

/// A search that has been written down and not yet answered.
pub struct Search {
    session: Session,
    seq: i64,
}

/// The answer to a search whose number of hits has been written down.
#[derive(Debug, PartialEq, Eq)]
pub struct Hits<T> {
    pub hits: Vec<T>,
    /// There were more than `HITS_MAX`; the rest is not shown.
    pub more: bool,
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Before the search: writes down who looks for what, and why.
    pub async fn search(
        &self,
        session: &Session,
        wanted: Wanted<'_>,
        purpose: &Purpose,
        now_unix_s: i64,
    ) -> Result<Search, Refused> {
        let action = Action::SearchVin;
        if let Err(refused) = session.may(action) {
            self.note_refusal(session, action, now_unix_s).await;
            return Err(refused.into());
        }
        let (vin, make) = match wanted {
            Wanted::Vin(vin) if is_vin_part(vin, 17) => (vin, None),
            Wanted::Tail { last6, make } if is_vin_part(last6, 6) && is_make(make) => {
                (last6, Some(make.to_owned()))
            }
            Wanted::Vin(_) | Wanted::Tail { .. } => return Err(Refused::BadVin),
        };
        let mut tx = self.write().await?;
        let session = self.living(&mut tx, session, action, now_unix_s).await?;
        let asked = budget::ask(&mut tx, &session, 1, &self.0.settings.budgets, now_unix_s).await;
        if let Err(refused @ Refused::OverBudget { .. }) = asked {
            budget::refusal(&mut tx, &session, action, "over_budget", now_unix_s).await?;
            tx.commit().await?;
            return Err(refused);
        }
        asked?;
        let entry = Entry {
            action: Some(action.name().to_owned()),
            purpose: Some(purpose.kind().name()),
            case_number: purpose.case_number().map(str::to_owned),
            vin: Some(vin.to_owned()),
            make,
            ..Entry::of(&session)
        };
        let row = append(&mut tx, AuditKind::SearchAsked, entry, now_unix_s).await?;
        tx.commit().await?;
        Ok(Search {
            session,
            seq: row.seq,
        })
    }

    /// After the search: writes down how many were found, and only then hands the hits on.
    pub async fn search_answered<T>(
        &self,
        search: Search,
        mut hits: Vec<T>,
        now_unix_s: i64,
    ) -> Result<Hits<T>, Fault> {
        let mut tx = self.write().await?;
        let entry = Entry {
            action: Some(Action::SearchVin.name().to_owned()),
            // The row of the question, as a permit's closing row names its opening row.
            permit_id: Some(search.seq),
            amount: Some(i64::try_from(hits.len()).unwrap_or(i64::MAX)),
            ..Entry::of(&search.session)
        };
        append(&mut tx, AuditKind::SearchAnswered, entry, now_unix_s).await?;
        if hits.is_empty() {
            let budgets = &self.0.settings.budgets;
            budget::missed(&mut tx, &search.session, budgets, now_unix_s).await?;
        }
        tx.commit().await?;
        let more = hits.len() > HITS_MAX;
        hits.truncate(HITS_MAX);
        Ok(Hits { hits, more })
    }
}

/// ASCII capitals and digits: a VIN in full-width or look-alike letters is refused, not guessed at.
fn is_vin_part(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_make(make: &str) -> bool {
    (1..=40).contains(&make.chars().count()) && !make.chars().any(char::is_control)
}
