//! A card from what the fleet knows of one vehicle. It cannot be made without a permit.

use access::{Action, NotPermitted, Permit};
use app::card::{Card, OldParts, RawItem, Shown};
use fleet::{Item, Now, Snapshot, SourceId, Timed};
use gb32960::{Edition, Reading, Vin, vin};
use wire::{Freshness, WorldPoint};

use crate::card_groups::{self, Newest};
use crate::card_plots;

/// What the fleet knows of one vehicle, taken out of the fleet's thread. Not serialisable; only [`of`] shows it.
pub struct Facts {
    pub vin: Vin,
    pub make: Option<String>,
    pub model: Option<String>,
    class: &'static str,
    activity: u8,
    mileage_hm: Shown<u32>,
    speed_dkmh: Shown<u16>,
    charge_pct: Shown<u8>,
    alarm_level: Shown<u8>,
    position: Option<WorldPoint>,
    in_zone: bool,
    reported_unix_s: Option<i64>,
    received: Option<Now>,
    source: SourceId,
    edition: Option<Edition>,
    old: OldParts,
    newest: Newest,
    items: Vec<OwnItem>,
}

/// An item taken out of the fleet's thread as it is; decoding it is not the fleet's work.
struct OwnItem {
    kind: u8,
    part: u32,
    stamp_unix_s: i64,
    edition: Edition,
    body: Box<[u8]>,
}

impl Facts {
    #[must_use]
    pub fn new(vehicle: &Snapshot<'_>) -> Self {
        let stamps = [
            vehicle.fix.map(|timed| timed.stamp_unix_s),
            vehicle.raw_position.map(|timed| timed.stamp_unix_s),
            vehicle.activity.map(|timed| timed.stamp_unix_s),
            vehicle.odometer_hm.map(|timed| timed.stamp_unix_s),
            vehicle.alarm_level.map(|timed| timed.stamp_unix_s),
        ];
        let reported_unix_s = stamps.into_iter().flatten().max();
        let newest = Newest {
            reported_unix_s: reported_unix_s.unwrap_or_default(),
            is_late: vehicle.freshness != Freshness::Live,
        };
        let old =
            |stamp_unix_s: Option<i64>| stamp_unix_s.is_some_and(|stamp| newest.makes_old(stamp));
        Self {
            vin: vehicle.vin,
            // The first three letters of a VIN say who built it; nothing in it says which model.
            make: vehicle
                .make
                .as_deref()
                .or_else(|| vin::make_of(&vehicle.vin))
                .map(str::to_owned),
            model: vehicle.model.as_deref().map(str::to_owned),
            class: vehicle.class.name(),
            activity: vehicle.activity.map_or(0, |timed| timed.value as u8),
            mileage_hm: shown(vehicle.odometer_hm),
            speed_dkmh: shown(vehicle.speed_dkmh),
            charge_pct: shown(vehicle.soc_pct),
            alarm_level: shown(vehicle.alarm_level),
            position: vehicle.fix.map(|timed| timed.value),
            in_zone: vehicle.place_withheld,
            reported_unix_s,
            received: vehicle.received,
            source: vehicle.source,
            edition: vehicle.edition,
            old: OldParts {
                vehicle: old(vehicle.speed_dkmh.map(|timed| timed.stamp_unix_s))
                    || old(vehicle.odometer_hm.map(|timed| timed.stamp_unix_s)),
                alarms: old(vehicle.alarm_level.map(|timed| timed.stamp_unix_s)),
                position: old(vehicle.fix.map(|timed| timed.stamp_unix_s)),
            },
            newest,
            items: vehicle.items.iter().map(OwnItem::of).collect(),
        }
    }

    fn items(&self) -> Vec<Item<'_>> {
        self.items.iter().map(OwnItem::item).collect()
    }

    /// When the newest report came in; tells whether a card has become old.
    #[must_use]
    pub fn received_mono_ms(&self) -> Option<u64> {
        self.received.map(|received| received.mono_ms)
    }
}

impl OwnItem {
    fn of(item: &Item<'_>) -> Self {
        Self {
            kind: item.kind,
            part: item.part,
            stamp_unix_s: item.stamp_unix_s,
            edition: item.edition,
            body: item.body.into(),
        }
    }

    fn item(&self) -> Item<'_> {
        Item {
            kind: self.kind,
            part: self.part,
            stamp_unix_s: self.stamp_unix_s,
            edition: self.edition,
            body: &self.body,
        }
    }
}

/// The card, if the permit is for opening this very vehicle and has not ended. That it exists means that the audit row
/// was written.
///
/// # Errors
/// A permit for something else, or one that is over.
pub fn of(
    permit: &Permit,
    facts: &Facts,
    sources: &[String],
    now: Now,
) -> Result<Card, NotPermitted> {
    let vin = facts.vin.as_str().unwrap_or_default();
    permit.check_for(Action::OpenCard, vin, now.unix_ms / 1000)?;
    let items = facts.items();
    Ok(Card {
        vin: vin.to_owned(),
        make: facts.make.clone(),
        model: facts.model.clone(),
        class: facts.class.to_owned(),
        mileage_km: facts.mileage_hm.map(|hm| f64::from(hm) / 10.0),
        charge_pct: facts.charge_pct,
        speed_kmh: facts.speed_dkmh.map(|dkmh| f64::from(dkmh) / 10.0),
        alarm_level: facts.alarm_level,
        activity: facts.activity,
        old: facts.old,
        reported_unix_s: facts.reported_unix_s,
        received_unix_s: facts
            .received
            .map(|received| received.unix_ms.div_euclid(1_000)),
        edition: facts.edition.map(card_groups::year),
        age_ms: facts
            .received
            .map(|received| now.mono_ms.saturating_sub(received.mono_ms)),
        position: facts.position.map(WorldPoint::to_lon_lat),
        in_zone: facts.in_zone,
        source: facts
            .received
            .and_then(|_| sources.get(usize::from(facts.source.0)).cloned()),
        groups: card_groups::of(&items, facts.edition, facts.newest),
        plots: card_plots::of(&items, facts.edition, facts.newest),
    })
}

/// The bytes of which the card was made, under the same permit.
///
/// # Errors
/// As [`of`].
pub fn raw(permit: &Permit, facts: &Facts, now: Now) -> Result<Vec<RawItem>, NotPermitted> {
    let vin = facts.vin.as_str().unwrap_or_default();
    permit.check_for(Action::OpenCard, vin, now.unix_ms / 1000)?;
    Ok(card_groups::raw(&facts.items()))
}

fn shown<T: Copy>(timed: Option<Timed<Reading<T>>>) -> Shown<T> {
    match timed.map(|timed| timed.value) {
        None => Shown::NotSent,
        Some(Reading::Value(value)) => Shown::Value(value),
        Some(Reading::Abnormal) => Shown::Abnormal,
        Some(Reading::Invalid) => Shown::Invalid,
        Some(Reading::OutOfRange(value)) => Shown::OutOfRange(value),
    }
}
