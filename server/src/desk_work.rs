//! What the desk asks besides cards and searches: where places are, and why a vehicle is not on the map.

use access::Wanted;
use app::api::{Alarms, ApiError, Explained, NamedPlace, WallOrder, WallThere, Whereabouts};
use app::centre::{Answer, DeskWork};
use fleet::{Fleet, VehicleIx};
use tracing::info;
use wire::{Excluded, Freshness};

use crate::centre::{Desk, count_search, hit_of, purpose_of, refusal};
use crate::clock;
use crate::fleet_thread::Sought;

impl Desk {
    /// A search for one VIN, written down as such, whose answer says why the vehicle is where it is. Whoever could tell
    /// a vehicle that never reported from one that is unknown without a row could list the registry; so both cost the
    /// same: a row before, a row after, and the unknown one a miss.
    async fn explain(
        &self,
        vin: &str,
        purpose: &str,
        case_number: Option<&str>,
    ) -> Result<Explained, ApiError> {
        let vin = vin.trim().to_ascii_uppercase();
        let purpose = purpose_of(purpose, case_number)?;
        let sought = Sought::vin(&vin).ok_or(ApiError::BadVin)?;
        let (access, now) = (&self.state.access, clock::now());
        let now_unix_s = now.unix_ms / 1000;
        let search = access
            .search(&self.session, Wanted::Vin(&vin), &purpose, now_unix_s)
            .await
            .map_err(refusal)?;
        let found = self.state.fleet.find(sought).await;
        let found = access
            .search_answered(search, found, now_unix_s)
            .await
            .map_err(|fault| refusal(access::Refused::Fault(fault)))?;
        let unknown = Explained {
            whereabouts: Whereabouts::Unknown,
            heard_unix_s: None,
            hit: None,
        };
        let Some(vehicle) = found.hits.first().copied() else {
            return Ok(unknown);
        };
        let fleet = &self.state.fleet;
        let scope = self.scope();
        let stands = fleet
            .read(move |fleet| whereabouts(fleet, scope, vehicle))
            .await;
        let (Some((whereabouts, heard_unix_s)), Some(facts)) =
            (stands, fleet.snapshot(scope, vehicle).await)
        else {
            return Err(ApiError::Unreachable);
        };
        let handles = &self.state.handles;
        let handle = handles.issue(self.session.id, vehicle, now.mono_ms);
        info!(user = %self.session.name, from = %self.from, "it was asked why a vehicle is not on the map");
        Ok(Explained {
            whereabouts,
            heard_unix_s,
            hit: Some(hit_of(handle, facts)),
        })
    }
}

/// Whether a vehicle has a dot, why not, and when its newest report came in.
fn whereabouts(fleet: &Fleet, scope: u8, vehicle: VehicleIx) -> (Whereabouts, Option<i64>) {
    let shown = fleet.shown(scope, vehicle);
    if shown.is_none() && fleet.is_zoned(scope, vehicle) {
        // Not even when it was last heard: that would say since when it drives in there.
        return (Whereabouts::InZone, None);
    }
    let heard = fleet.snapshot(vehicle).and_then(|facts| facts.received);
    let whereabouts = match (shown, fleet.excluded(vehicle)) {
        (Some((_, look)), _) => match look.freshness() {
            Freshness::Live => Whereabouts::Live,
            Freshness::Late => Whereabouts::Late,
            Freshness::Silent => Whereabouts::Silent,
            Freshness::CutOff => Whereabouts::CutOff,
        },
        (None, Some(Excluded::NoFix)) => Whereabouts::NoFix,
        (None, Some(Excluded::ClockAhead)) => Whereabouts::ClockAhead,
        (None, Some(Excluded::OnlyReissued)) => Whereabouts::OnlyReissued,
        (None, Some(Excluded::NeverHeard) | None) => Whereabouts::NeverHeard,
    };
    (whereabouts, heard.map(|heard| heard.unix_ms / 1000))
}

impl DeskWork for Desk {
    fn alarms(&self) -> Answer<'_, Alarms> {
        Box::pin(self.list_alarms())
    }

    fn wall_order(&self) -> Answer<'_, Option<WallOrder>> {
        Box::pin(async move { Ok(self.order_for_wall()) })
    }

    fn walls(&self) -> Answer<'_, Vec<WallThere>> {
        Box::pin(async move { self.list_walls() })
    }

    fn send_to_wall(&self, name: String, query: String, minutes: u32) -> Answer<'_, ()> {
        Box::pin(async move { self.order_wall(&name, &query, minutes).await })
    }

    fn pick_alarm(&self, id: u64) -> Answer<'_, String> {
        Box::pin(self.handle_of_alarm(id))
    }

    fn acknowledge_alarm(
        &self,
        id: u64,
        comment: String,
        reference: Option<String>,
    ) -> Answer<'_, ()> {
        Box::pin(async move { self.acknowledge(id, &comment, reference.as_deref()).await })
    }

    fn gazetteer(&self) -> Answer<'_, Vec<NamedPlace>> {
        Box::pin(async move { Ok(self.state.gazetteer.to_vec()) })
    }

    fn explain_vin(
        &self,
        vin: String,
        purpose: String,
        case_number: Option<String>,
    ) -> Answer<'_, Explained> {
        Box::pin(async move {
            let answer = self.explain(&vin, &purpose, case_number.as_deref()).await;
            count_search(&answer, |explained| explained.hit.is_some());
            answer
        })
    }
}
