//! The centre as one signed-in person sees it: answers the server functions of `app`.

use std::net::IpAddr;
use std::sync::Arc;

use access::{
    Action, Closed, Permit, Purpose, PurposeError, PurposeKind, Refused, Session, Vehicle, Wanted,
};
use app::api::{ApiError, Me, PurposeChoice, SearchHit, SearchHits};
use app::card::{OpenedCard, RawItem};
use app::centre::{Answer, Centre};
use metrics::counter;
use tracing::{info, warn};
use wire::Handle;

use crate::fleet_thread::Sought;
use crate::metrics::{CARDS, SEARCHES};
use crate::state::AppState;
use crate::{card, clock};

/// One person's view of the centre, for one request.
pub struct Desk {
    pub state: AppState,
    pub session: Arc<Session>,
    pub from: IpAddr,
}

impl Desk {
    /// What this person is shown of where vehicles are.
    pub fn scope(&self) -> u8 {
        self.session.scope()
    }

    async fn open(
        &self,
        handle: &str,
        purpose: &str,
        case_number: Option<&str>,
    ) -> Result<OpenedCard, ApiError> {
        self.session
            .may(Action::OpenCard)
            .map_err(|_| ApiError::NotAllowed)?;
        let handle = parse_handle(handle)?;
        let now = clock::now();
        let vehicle = self
            .state
            .handles
            .vehicle(handle, self.session.id, now.mono_ms)
            .ok_or(ApiError::HandleExpired)?;
        let purpose = purpose_of(purpose, case_number)?;
        let facts = self
            .state
            .fleet
            .snapshot(self.scope(), vehicle)
            .await
            .ok_or(ApiError::HandleExpired)?;
        let looked_at = Vehicle {
            vin: facts.vin.as_str().unwrap_or_default().to_owned(),
            handle: handle.0,
        };
        let permit = self
            .state
            .access
            .permit(
                &self.session,
                Action::OpenCard,
                looked_at,
                &purpose,
                now.unix_ms / 1000,
            )
            .await
            .map_err(refusal)?;
        let permit = Arc::new(permit);
        let until_unix_s = permit.expires_unix_s();
        let left_ms = u64::try_from(until_unix_s * 1000 - now.unix_ms).unwrap_or(0);
        let before = self.state.handles.opened(
            handle,
            Arc::clone(&permit),
            now.mono_ms,
            now.mono_ms + left_ms,
        );
        if let Some(before) = before {
            self.end(&before, Closed::OpenedAgain).await?;
        }
        info!(user = %self.session.name, from = %self.from, purpose = purpose.kind().name(), "a card was opened");
        Ok(OpenedCard {
            card: card::of(&permit, &facts, &self.state.sources.all(), now)
                .map_err(|_| ApiError::HandleExpired)?,
            words: app::text::fields::words(),
            until_unix_s,
        })
    }

    /// Whole VIN, or the last six characters and a make. What is asked is a row before the fleet is, and how many were
    /// found is a row before the answer leaves.
    async fn search(
        &self,
        vin: &str,
        make: &str,
        purpose: &str,
        case_number: Option<&str>,
    ) -> Result<SearchHits, ApiError> {
        let vin = vin.trim().to_ascii_uppercase();
        let make = make.trim();
        let purpose = purpose_of(purpose, case_number)?;
        let (wanted, sought) = if vin.len() == 6 {
            let tail = Wanted::Tail { last6: &vin, make };
            (tail, Sought::tail(&vin, make))
        } else {
            (Wanted::Vin(&vin), Sought::vin(&vin))
        };
        let sought = sought.ok_or(ApiError::BadVin)?;
        let (access, now) = (&self.state.access, clock::now());
        let now_unix_s = now.unix_ms / 1000;
        let search = access
            .search(&self.session, wanted, &purpose, now_unix_s)
            .await
            .map_err(refusal)?;
        let found = self.state.fleet.find(sought).await;
        let found = access
            .search_answered(search, found, now_unix_s)
            .await
            .map_err(|fault| refusal(Refused::Fault(fault)))?;
        let mut hits = Vec::with_capacity(found.hits.len());
        for vehicle in found.hits {
            let Some(facts) = self.state.fleet.snapshot(self.scope(), vehicle).await else {
                continue;
            };
            let handle = self
                .state
                .handles
                .issue(self.session.id, vehicle, now.mono_ms);
            hits.push(hit_of(handle, facts));
        }
        info!(user = %self.session.name, from = %self.from, hits = hits.len(), "a VIN was searched");
        Ok(SearchHits {
            hits,
            more: found.more,
        })
    }

    /// The bytes behind a card that this session has open.
    async fn raw(&self, handle: &str) -> Result<Vec<RawItem>, ApiError> {
        let handle = parse_handle(handle)?;
        let now = clock::now();
        let open = self
            .state
            .handles
            .open_card(handle, self.session.id, now.mono_ms);
        let (permit, vehicle) = open.ok_or(ApiError::HandleExpired)?;
        let facts = self.state.fleet.snapshot(self.scope(), vehicle).await;
        let facts = facts.ok_or(ApiError::HandleExpired)?;
        card::raw(&permit, &facts, now).map_err(|_| ApiError::HandleExpired)
    }

    async fn close(&self, handle: &str) -> Result<(), ApiError> {
        let handle = parse_handle(handle)?;
        let Some(permit) = self.state.handles.close(handle, self.session.id) else {
            return Ok(());
        };
        self.end(&permit, Closed::ByHand).await
    }

    async fn end(&self, permit: &Permit, why: Closed) -> Result<(), ApiError> {
        let closed = self
            .state
            .access
            .close_permit(permit.id(), why, clock::unix_s())
            .await;
        closed.map_err(|fault| {
            warn!(%fault, "the closing row of a card could not be written yet");
            ApiError::RecordUnavailable
        })
    }
}

impl Centre for Desk {
    fn me(&self) -> Answer<'_, Me> {
        let purposes = PurposeKind::ALL
            .into_iter()
            .map(|kind| PurposeChoice {
                code: kind.name().to_owned(),
                needs_case: kind.needs_case_number(),
            })
            .collect();
        let me = Ok(Me {
            name: self.session.name.clone(),
            role: self.session.role.name().to_owned(),
            may_open_cards: access::allows(self.session.role, Action::OpenCard),
            may_show_track: access::allows(self.session.role, Action::ShowTrack),
            may_search: access::allows(self.session.role, Action::SearchVin),
            may_follow: access::allows(self.session.role, Action::FollowVehicle),
            may_list_area: access::allows(self.session.role, Action::ListLasso),
            may_see_alarms: access::allows(self.session.role, Action::SeeAlarms),
            may_send_to_wall: access::allows(self.session.role, Action::SendToWall),
            may_acknowledge: access::allows(self.session.role, Action::AcknowledgeAlarm),
            may_read_log: access::allows(self.session.role, Action::ReadAudit),
            may_see_sources: access::allows(self.session.role, Action::SeeSources),
            may_manage_users: access::allows(self.session.role, Action::ManageUsers),
            may_manage_screens: access::allows(self.session.role, Action::ManageScreens),
            has_own_page: access::allows(self.session.role, Action::SeeOwnAudit),
            purposes,
            blurred: self.scope() != 0,
        });
        Box::pin(async move { me })
    }

    fn open_card(
        &self,
        handle: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, OpenedCard> {
        Box::pin(async move {
            let answer = self.open(&handle, &purpose, case_number.as_deref()).await;
            let outcome = match answer {
                Ok(_) => "opened",
                Err(ApiError::RecordUnavailable) => "no_record",
                Err(_) => "refused",
            };
            counter!(CARDS, "outcome" => outcome).increment(1);
            answer
        })
    }

    fn raw_card(&self, handle: String) -> Answer<'_, Vec<RawItem>> {
        Box::pin(async move { self.raw(&handle).await })
    }

    fn close_card(&self, handle: String) -> Answer<'_, ()> {
        Box::pin(async move { self.close(&handle).await })
    }

    fn search_vin(
        &self,
        vin: String,
        make: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, SearchHits> {
        Box::pin(async move {
            let answer = self
                .search(&vin, &make, &purpose, case_number.as_deref())
                .await;
            count_search(&answer, |found| !found.hits.is_empty());
            answer
        })
    }
}

/// Counts an answer to a question that names a VIN; `found` says whether it is about a vehicle.
pub fn count_search<T>(answer: &Result<T, ApiError>, found: impl Fn(&T) -> bool) {
    let outcome = match answer {
        Ok(answer) if found(answer) => "found",
        Ok(_) => "missed",
        Err(ApiError::RecordUnavailable) => "no_record",
        Err(_) => "refused",
    };
    counter!(SEARCHES, "outcome" => outcome).increment(1);
}

/// What a search says of a vehicle that it found.
pub fn hit_of(handle: Handle, facts: card::Facts) -> SearchHit {
    SearchHit {
        handle: hex::encode(handle.0),
        vin_hint: hint(facts.vin.as_str().unwrap_or_default()),
        make: facts.make,
        model: facts.model,
    }
}

pub fn purpose_of(purpose: &str, case_number: Option<&str>) -> Result<Purpose, ApiError> {
    let kind = PurposeKind::parse(purpose).ok_or(ApiError::UnknownPurpose)?;
    Purpose::new(kind, case_number).map_err(|error| match error {
        PurposeError::CaseNumberNeeded => ApiError::CaseNumberNeeded,
        PurposeError::BadCaseNumber | PurposeError::PersonalNumber => ApiError::BadCaseNumber,
        PurposeError::NoCaseNumberHere => ApiError::BadRequest,
    })
}

/// Enough of a VIN to choose among hits: the maker's three letters and the last six characters.
fn hint(vin: &str) -> String {
    match (vin.get(..3), vin.len().checked_sub(6)) {
        (Some(maker), Some(tail)) if tail > 3 && vin.is_ascii() => {
            format!("{maker}…{}", &vin[tail..])
        }
        _ => "…".to_owned(),
    }
}

/// Why the store refused, as far as a browser may know.
pub fn refusal(refused: Refused) -> ApiError {
    match refused {
        Refused::SessionEnded => ApiError::SignedOut,
        Refused::NotAllowed { .. } | Refused::NoPermitFor { .. } => ApiError::NotAllowed,
        Refused::BadNumberOfVehicles { .. } => ApiError::BadRequest,
        Refused::BadVin => ApiError::BadVin,
        Refused::OverBudget { .. } => ApiError::BudgetSpent,
        Refused::Fault(_) => ApiError::RecordUnavailable,
    }
}

/// 32 hexadecimal digits, as the page got them.
fn parse_handle(text: &str) -> Result<Handle, ApiError> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ApiError::BadRequest)?;
    Ok(Handle(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_never_holds_the_whole_vin() {
        assert_eq!(hint("LTEST00000W000001"), "LTE…000001");
        for short in ["", "A", "ABCDEFGHI", "维维维维维维"] {
            assert_eq!(hint(short), "…", "{short}");
        }
    }

    #[test]
    fn a_handle_is_thirty_two_hexadecimal_digits_and_nothing_else() {
        assert_eq!(
            parse_handle("00112233445566778899aabbccddeeff").unwrap().0[15],
            0xff
        );
        for bad in [
            "",
            "0011",
            "zz112233445566778899aabbccddeeff",
            "00112233445566778899aabbccddeeff00",
        ] {
            assert_eq!(parse_handle(bad), Err(ApiError::BadRequest), "{bad}");
        }
    }
}
