//! The list of live alarms as a role may see it, and answering for one. No VIN leaves here: an alarm has a number of its
//! own, and whoever may open cards gets a handle for it, as for a click on a dot.

use std::sync::{Mutex, PoisonError};

use access::{Action, AlarmComment, AlarmSeen};
use app::api::{Alarm, AlarmKind, Alarms, ApiError};
use fleet::{EXACT, Fleet, SCOPES};
use gb32960::full::{Item, Values};
use tracing::info;
use wire::DistrictName;

use crate::centre::{Desk, refusal};
use crate::clock;

/// Alarms in the list; the others are less serious, or longer known, and are counted.
const MOST: usize = 200;

/// What was answered last, by scope: however many desks ask, the fleet is asked once a tick.
#[derive(Debug, Default)]
pub struct AlarmBoard {
    // A blocking lock: nothing is awaited while it is held and it covers a copy.
    answered: Mutex<[Option<(u64, Alarms)>; SCOPES]>,
}

impl AlarmBoard {
    fn at(&self, scope: u8, tick: u64) -> Option<Alarms> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, alarms) = answered.get(usize::from(scope))?.as_ref()?;
        (*at == tick).then(|| alarms.clone())
    }

    fn keep(&self, scope: u8, tick: u64, alarms: &Alarms) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = answered.get_mut(usize::from(scope)) {
            *place = Some((tick, alarms.clone()));
        }
    }

    /// The list has changed within the tick.
    fn forget(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
    }
}

impl Desk {
    pub async fn list_alarms(&self) -> Result<Alarms, ApiError> {
        self.may(Action::SeeAlarms)?;
        let fleet = &self.state.fleet;
        let scope = self.session.scope();
        let tick = fleet.published().borrow().tick;
        if let Some(alarms) = self.state.alarms.at(scope, tick) {
            return Ok(alarms);
        }
        let districts = fleet.districts.clone();
        let alarms = fleet
            .read(move |fleet| list(fleet, scope, &districts))
            .await
            .ok_or(ApiError::Unreachable)?;
        self.state.alarms.keep(scope, tick, &alarms);
        Ok(alarms)
    }

    /// A handle for the vehicle of an alarm. What it is good for is decided, and written down, when a card is opened.
    pub async fn handle_of_alarm(&self, id: u64) -> Result<String, ApiError> {
        self.may(Action::OpenCard)?;
        let vehicle = self
            .state
            .fleet
            .read(move |fleet| fleet.alarm(id).map(|alarm| alarm.vehicle))
            .await
            .flatten()
            .ok_or(ApiError::NoSuchAlarm)?;
        let handles = &self.state.handles;
        let handle = handles.issue(self.session.id, vehicle, clock::now().mono_ms);
        Ok(hex::encode(handle.0))
    }

    /// The row first; then the list says so.
    pub async fn acknowledge(
        &self,
        id: u64,
        comment: &str,
        reference: Option<&str>,
    ) -> Result<(), ApiError> {
        self.may(Action::AcknowledgeAlarm)?;
        let comment = AlarmComment::parse(comment).ok_or(ApiError::BadRequest)?;
        let fleet = &self.state.fleet;
        // One that is answered for already gets no second row: rows are bounded by alarms.
        let waiting = move |fleet: &mut Fleet| {
            let alarm = fleet.alarm(id).filter(|alarm| alarm.waits())?;
            Some((fleet.vin(alarm.vehicle)?, alarm.level))
        };
        let (vin, level) = fleet
            .read(waiting)
            .await
            .flatten()
            .ok_or(ApiError::NoSuchAlarm)?;
        let seen = AlarmSeen::new(vin.as_str().unwrap_or_default(), level, comment, reference)
            .map_err(|_| ApiError::BadCaseNumber)?;
        let access = &self.state.access;
        access
            .acknowledge_alarm(&self.session, seen, clock::unix_s())
            .await
            .map_err(refusal)?;
        let by = self.session.name.clone();
        fleet
            .read(move |fleet| fleet.acknowledge_alarm(id, &by, comment.name()))
            .await;
        self.state.alarms.forget();
        info!(user = %self.session.name, level, comment = comment.name(), "an alarm was acknowledged");
        Ok(())
    }
}

fn list(fleet: &Fleet, scope: u8, districts: &[DistrictName]) -> Alarms {
    let (worst, all) = fleet.alarms(MOST);
    let list: Vec<_> = worst
        .iter()
        .map(|alarm| {
            let (kinds, faults) = kinds(fleet, alarm);
            let district = fleet
                .district(scope, alarm.vehicle)
                .and_then(|of| districts.get(of));
            let exact = fleet.shown(EXACT, alarm.vehicle).filter(|_| scope == EXACT);
            Alarm {
                id: alarm.id,
                level: alarm.level,
                kinds,
                faults,
                began_unix_ms: alarm.began_unix_ms,
                over: alarm.over,
                district: district.map(|name| (name.en.clone(), name.zh.clone())),
                // A blurred scope is told the district: the place of a parked car would undo its displacement.
                place: exact.map(|(at, _)| at.to_lon_lat()),
                acknowledged: alarm
                    .acknowledged
                    .as_ref()
                    .filter(|_| !alarm.waits())
                    .map(|seen| (seen.by.clone(), seen.comment.clone())),
            }
        })
        .collect();
    Alarms {
        more: u32::try_from(all - list.len()).unwrap_or(u32::MAX),
        list,
        unanswered: u32::try_from(fleet.unanswered_alarms()).unwrap_or(u32::MAX),
        now_unix_ms: clock::unix_ms(),
    }
}

/// The flags that the vehicle has set, by their names, and how many fault codes of its maker came with them.
fn kinds(fleet: &Fleet, alarm: &fleet::Alarm) -> (Vec<AlarmKind>, u32) {
    let (mut kinds, mut faults) = (Vec::new(), 0);
    // Of one that is over the vehicle says nothing any more.
    let snapshot = fleet.seen_by(EXACT, alarm.vehicle).filter(|_| !alarm.over);
    for item in snapshot.iter().flat_map(|vehicle| &vehicle.items) {
        let Some(read) = Item::read(item.edition, item.kind, item.body) else {
            continue;
        };
        read.entries(|entry| match entry.values {
            Values::Flag { bit, name } => kinds.push(named(bit, name)),
            Values::Faults(codes) => faults += codes.codes().len() as u32,
            _ => {}
        });
    }
    (kinds, faults)
}

fn named(bit: u8, name: Option<&str>) -> AlarmKind {
    let words = name.and_then(app::text::alarms::kind);
    match words {
        Some(words) => AlarmKind {
            en: words.en.to_owned(),
            zh: words.zh.to_owned(),
        },
        None => AlarmKind {
            en: format!("bit {bit}"),
            zh: format!("第{bit}位"),
        },
    }
}
