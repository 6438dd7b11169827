//! Bytes of one source → reports. Total: any bytes give reports and counts, never an error that ends the stream.
//!
//! A message may hold one frame, several, or a part of one: what is left over waits for the next message, bounded by
//! the largest frame the standard allows. What cannot be taken is counted by kind and passed over.

use bytes::{Bytes, BytesMut};
use fleet::{RawPosition, Report, SourceId};
use gb32960::codes::{ChargeState, VehicleState};
use gb32960::datum::wgs84_from;
use gb32960::{Command, Frame, Live, LiveError, Reading, Split};
use metrics::counter;
use tracing::{debug, warn};
use wire::{Activity, WorldPoint};

use super::json;
use crate::metrics::{DAMAGED, REPORTS};

/// Damage is logged at its first, second, fourth, … occurrence, so that a broken platform cannot fill the disk.
#[derive(Default)]
struct Damage {
    count: u64,
}

pub struct Intake {
    source: SourceId,
    name: String,
    /// The beginning of a frame whose end has not come; shorter than one frame.
    pending: BytesMut,
    damage: Damage,
}

impl Intake {
    #[must_use]
    pub fn new(source: SourceId, name: String) -> Self {
        Self {
            source,
            name,
            pending: BytesMut::new(),
            damage: Damage::default(),
        }
    }

    /// Takes one binary message and appends the reports in it.
    pub fn binary(&mut self, message: Bytes, reports: &mut Vec<Report>) {
        let bytes = if self.pending.is_empty() {
            message
        } else {
            self.pending.extend_from_slice(&message);
            self.pending.split().freeze()
        };
        let mut rest = bytes.clone();
        loop {
            if rest.is_empty() {
                return;
            }
            match gb32960::split(&rest) {
                Split::Frame { frame, len } => {
                    self.frame(&frame, &rest, reports);
                    rest = rest.slice(len..);
                }
                Split::Wait { .. } => {
                    // The end of this frame is in the next message, or nowhere: then the splitter finds that out.
                    self.damaged("cut", "a frame goes on in the next message");
                    self.pending.extend_from_slice(&rest);
                    return;
                }
                Split::Junk { len, why } => {
                    self.damaged(why.name(), "bytes that are no frame were skipped");
                    rest = rest.slice(len..);
                }
            }
        }
    }

    /// Takes one text message: JSON reports, or damage.
    pub fn text(&mut self, message: &str, reports: &mut Vec<Report>) {
        match json::read(message, self.source) {
            Ok(results) => {
                for result in results {
                    match result {
                        Ok(report) => {
                            counter!(REPORTS).increment(1);
                            reports.push(report);
                        }
                        Err(kind) => {
                            self.damaged(kind, "a JSON report that cannot be taken was skipped")
                        }
                    }
                }
            }
            Err(_) => self.damaged("text", "a text message that is no JSON report was skipped"),
        }
    }

    /// The connection is gone, and with it the other half of a cut frame.
    pub fn reset(&mut self) {
        self.pending.clear();
    }

    fn frame(&mut self, frame: &Frame<'_>, bytes: &Bytes, reports: &mut Vec<Report>) {
        let reissued = match frame.command() {
            Command::RealTime => false,
            Command::Reissue => true,
            Command::Other(_) => {
                return self.damaged(
                    "unknown_command",
                    "a frame with an unknown command was skipped",
                );
            }
            // Logins, logouts and heartbeats say nothing about where a vehicle is.
            _ => return,
        };
        match gb32960::live(frame) {
            Ok(live) => {
                counter!(REPORTS).increment(1);
                if live.stopped.is_some() {
                    self.damaged("item", "a report ended in an item that cannot be read; what stood before it was taken");
                }
                match self.report(frame, &live, reissued, bytes) {
                    Ok(report) => reports.push(report),
                    Err(kind) => self.damaged(
                        kind,
                        "a report without a usable vehicle or time was skipped",
                    ),
                }
            }
            Err(error) => self.damaged(
                live_error_name(error),
                "a report that cannot be read was skipped",
            ),
        }
    }

    fn report(
        &self,
        frame: &Frame<'_>,
        live: &Live,
        reissued: bool,
        bytes: &Bytes,
    ) -> Result<Report, &'static str> {
        let vin = frame.identifier();
        if vin.as_str().is_none() {
            return Err("identifier");
        }
        let stamp_unix_s = live.time.to_unix_s().ok_or("time")?;
        let fix = live
            .position
            .filter(|position| position.valid)
            .map(|position| {
                let (lon, lat) = (
                    f64::from(position.lon_e6) / 1e6,
                    f64::from(position.lat_e6) / 1e6,
                );
                // The 2016 edition does not name a datum; terminals read satellites, so it is taken for WGS-84.
                let (lon, lat) = match position.datum {
                    Some(datum) => wgs84_from(datum, lon, lat),
                    None => (lon, lat),
                };
                WorldPoint::from_lon_lat(lon, lat)
            });
        Ok(Report {
            vin,
            source: self.source,
            stamp_unix_s,
            reissued,
            edition: Some(frame.edition()),
            fix,
            raw_position: live.position.map(|position| RawPosition {
                lon_e6: position.lon_e6,
                lat_e6: position.lat_e6,
                valid: position.valid,
            }),
            activity: activity(live),
            speed_dkmh: live.speed_dkmh,
            odometer_hm: live.odometer_hm,
            soc_pct: live.soc_pct,
            alarm_level: live.alarm_level,
            items: bytes.slice_ref(frame.data()),
        })
    }

    fn damaged(&mut self, kind: &'static str, what: &str) {
        counter!(DAMAGED, "kind" => kind).increment(1);
        self.damage.count += 1;
        if self.damage.count.is_power_of_two() {
            warn!(source = %self.name, kind, damaged_so_far = self.damage.count, "{what}");
        } else {
            debug!(source = %self.name, kind, "{what}");
        }
    }
}

/// What a vehicle is doing, as far as one report tells. Charging while driving is driving.
fn activity(live: &Live) -> Option<Activity> {
    let state = live.vehicle_state?.value();
    let charge = live.charge_state.and_then(Reading::value);
    Some(match (state, charge) {
        (_, Some(ChargeState::Parked)) => Activity::Charging,
        (Some(VehicleState::Started), _) => Activity::Driving,
        (Some(VehicleState::Off), _) => Activity::Off,
        _ => Activity::Unknown,
    })
}

fn live_error_name(error: LiveError) -> &'static str {
    match error {
        LiveError::NotAReport => "not_a_report",
        LiveError::Reply => "reply",
        LiveError::Encrypted => "encrypted",
        LiveError::NoTime => "no_time",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake() -> Intake {
        Intake::new(SourceId(0), "test".to_owned())
    }

    fn frame(serial: u32) -> Vec<u8> {
        use gb32960::encode::ReportWriter;
        let vin = gb32960::vin::build(b"LGX", b"CE4CB", b'P', b'0', serial);
        let mut out = Vec::new();
        ReportWriter::new(
            &mut out,
            gb32960::Edition::V2016,
            Command::RealTime,
            &vin,
            gb32960::Time::from_unix_s(1_780_000_000),
        )
        .finish()
        .unwrap();
        out
    }

    fn take(intake: &mut Intake, messages: &[&[u8]]) -> usize {
        let mut reports = Vec::new();
        for message in messages {
            intake.binary(Bytes::copy_from_slice(message), &mut reports);
        }
        reports.len()
    }

    #[test]
    fn one_message_may_hold_several_frames() {
        let both = [frame(1), frame(2)].concat();
        assert_eq!(take(&mut intake(), &[&both]), 2);
    }

    #[test]
    fn a_frame_cut_in_two_messages_anywhere_is_whole_again() {
        let whole = frame(1);
        for at in 1..whole.len() {
            let (head, tail) = whole.split_at(at);
            assert_eq!(take(&mut intake(), &[head, tail]), 1, "cut at {at}");
        }
    }

    #[test]
    fn damage_costs_its_own_frame_only() {
        let mut bad = frame(1);
        *bad.last_mut().unwrap() ^= 1;
        let stream = [frame(2), bad, b"noise".to_vec(), frame(3)].concat();
        let mut intake = intake();
        assert_eq!(take(&mut intake, &[&stream]), 2);
        assert!(intake.damage.count > 0);
    }
}
