//! A card from what the fleet knows of one vehicle. It cannot be made without a permit.

use access::{Action, NotPermitted, Permit};
use app::card::{Card, Group, Shown};
use fleet::{Now, Snapshot, SourceId, Timed};
use gb32960::{Reading, Vin, vin};
use wire::WorldPoint;

use crate::card_groups;

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
    reported_unix_s: Option<i64>,
    received: Option<Now>,
    source: SourceId,
    groups: Vec<Group>,
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
            reported_unix_s: stamps.into_iter().flatten().max(),
            received: vehicle.received,
            source: vehicle.source,
            groups: card_groups::of(&vehicle.items),
        }
    }

    /// When the newest report came in; tells whether a card has become old.
    #[must_use]
    pub fn received_mono_ms(&self) -> Option<u64> {
        self.received.map(|received| received.mono_ms)
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
        reported_unix_s: facts.reported_unix_s,
        age_ms: facts
            .received
            .map(|received| now.mono_ms.saturating_sub(received.mono_ms)),
        position: facts.position.map(WorldPoint::to_lon_lat),
        source: facts
            .received
            .and_then(|_| sources.get(usize::from(facts.source.0)).cloned()),
        groups: facts.groups.clone(),
    })
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
