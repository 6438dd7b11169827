//! Bytes of one source → reports. Total: any bytes give reports and counts, never an error that ends the stream.
//!
//! A message may hold one frame, several, or a part of one: what is left over waits for the next message, bounded by
//! the longest data unit that is waited for. What cannot be taken is counted by kind, kept blanked in the source's
//! [`Quarantine`], and passed over.

use bytes::{Buf, Bytes, BytesMut};
use fleet::{Report, SourceId};
use gb32960::{Command, Datum, Frame, Split};
use intake::{Kind, json, report_of};
use metrics::{Counter, counter};
use tracing::{debug, warn};

use super::quarantine::Quarantine;
use crate::metrics::{DAMAGED, REPORTS, SOURCE_DAMAGED, SOURCE_REPORTS};

/// The longest data unit that is waited for; a longer one is damage. Real reports have 100–1,200 bytes.
const MAX_DATA_BYTES: usize = 16_384;

pub struct Intake {
    source: SourceId,
    name: String,
    /// Of positions in frames that do not name one.
    datum: Datum,
    /// The beginning of a frame whose end has not come; shorter than one frame.
    pending: BytesMut,
    quarantine: Quarantine,
    taken: Counter,
    taken_of_source: Counter,
}

impl Intake {
    #[must_use]
    pub fn new(source: SourceId, name: String, datum: Datum, quarantine: Quarantine) -> Self {
        Self {
            source,
            taken_of_source: counter!(SOURCE_REPORTS, "source" => name.clone()),
            name,
            datum,
            pending: BytesMut::new(),
            quarantine,
            taken: counter!(REPORTS),
        }
    }

    /// Takes one binary message and appends the reports in it.
    pub fn binary(&mut self, message: Bytes, reports: &mut Vec<Report>) {
        let mut rest = if self.pending.is_empty() {
            message
        } else {
            self.pending.extend_from_slice(&message);
            self.pending.split().freeze()
        };
        while !rest.is_empty() {
            match gb32960::split_within(&rest, MAX_DATA_BYTES) {
                Split::Wait { .. } => {
                    // The end of this frame is in the next message, or nowhere: then the splitter finds that out.
                    self.damaged("cut", &[], "a frame goes on in the next message");
                    self.pending.extend_from_slice(&rest);
                    return;
                }
                found => {
                    let len = self.found(found, &rest, reports);
                    rest.advance(len);
                }
            }
        }
    }

    /// The connection is gone, and with it the other half of a cut frame. Whole frames may stand behind one whose
    /// damaged length announced more than ever came.
    pub fn finish(&mut self, reports: &mut Vec<Report>) {
        let mut rest = self.pending.split().freeze();
        while let Some(found) = gb32960::split_at_end(&rest, MAX_DATA_BYTES) {
            let len = self.found(found, &rest, reports);
            rest.advance(len);
        }
    }

    /// How many bytes that was.
    fn found(&mut self, found: Split<'_>, bytes: &Bytes, reports: &mut Vec<Report>) -> usize {
        match found {
            Split::Frame { frame, len } => {
                self.frame(&frame, bytes, reports);
                len
            }
            Split::Junk { len, why } => {
                self.damaged(
                    why.name(),
                    &bytes[..len],
                    "bytes that are no frame were skipped",
                );
                len
            }
            Split::Wait { .. } => 0,
        }
    }

    /// Takes one text message: JSON reports, or damage.
    pub fn text(&mut self, message: &str, reports: &mut Vec<Report>) {
        match json::read(message, self.source) {
            Ok(results) => {
                for result in results {
                    match result {
                        Ok(report) => {
                            self.took();
                            reports.push(report);
                        }
                        Err(kind) => {
                            self.damaged(
                                kind,
                                &[],
                                "a JSON report that cannot be taken was skipped",
                            );
                        }
                    }
                }
            }
            // Not into the quarantine: nobody knows what stands in such a text.
            Err(_) => self.damaged(
                "text",
                &[],
                "a text message that is no JSON report was skipped",
            ),
        }
    }

    fn took(&self) {
        self.taken.increment(1);
        self.taken_of_source.increment(1);
    }

    fn frame(&mut self, frame: &Frame<'_>, bytes: &Bytes, reports: &mut Vec<Report>) {
        match frame.command() {
            Command::RealTime | Command::Reissue => reports.extend(self.report(frame, bytes).ok()),
            Command::Other(_) => self.damaged(
                "unknown_command",
                frame.bytes(),
                "a frame with an unknown command was skipped",
            ),
            // Logins, logouts and heartbeats say nothing about where a vehicle is.
            _ => {}
        }
    }

    /// The report in a frame of command 02 or 03. `bytes` is the buffer that the frame lies in: the report keeps a
    /// share of it.
    ///
    /// # Errors
    /// Why there is none; it has been counted.
    pub fn report(&mut self, frame: &Frame<'_>, bytes: &Bytes) -> Result<Report, Kind> {
        let outcome = report_of(frame, bytes, self.source, self.datum).map(|(report, whole)| {
            self.took();
            if !whole {
                self.damaged(
                    "item",
                    frame.bytes(),
                    "a report ended in an item that cannot be read; what stood before it was taken",
                );
            }
            report
        });
        outcome.inspect_err(|kind| {
            self.damaged(
                kind,
                frame.bytes(),
                "a report that cannot be taken was skipped",
            );
        })
    }

    /// Counts a piece that could not be taken, keeps it blanked, and says so at the first, second, fourth, … of the
    /// source, so that a broken platform cannot fill the disk.
    pub fn damaged(&mut self, kind: Kind, piece: &[u8], what: &str) {
        counter!(DAMAGED, "kind" => kind).increment(1);
        counter!(SOURCE_DAMAGED, "source" => self.name.clone(), "kind" => kind).increment(1);
        let so_far = self.quarantine.keep(kind, piece);
        if so_far.is_power_of_two() {
            warn!(source = %self.name, kind, damaged_so_far = so_far, "{what}");
        } else {
            debug!(source = %self.name, kind, "{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake() -> Intake {
        Intake::new(
            SourceId(0),
            "test".to_owned(),
            Datum::Wgs84,
            Quarantine::default(),
        )
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
        assert!(intake.quarantine.lines("test").contains(" bad_checksum "));
    }

    #[test]
    fn a_damaged_length_costs_its_own_frame_only_even_when_the_stream_ends_early() {
        let mut bad = frame(1);
        bad[22] = 0x3f;
        let stream = [bad, frame(2), frame(3)].concat();
        let mut intake = intake();
        assert_eq!(take(&mut intake, &[&stream]), 0);
        let mut reports = Vec::new();
        intake.finish(&mut reports);
        assert_eq!(reports.len(), 2);
    }
}
