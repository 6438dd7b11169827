//! What must hold for any bytes. The property tests, the fuzz targets and the replay of their corpora all come here.

use gb32960::full::{Item, Report, Unit, decode, decode_as_plain};
use gb32960::{Command, Live, Quantity, Reading, Vin};
use gb32960::{
    Edition, Frame, Split, encode, items, live, live_of_data, split_at_end, split_within,
};

/// The splitter moves on, waits only for what is not there, and agrees with itself at the end of a stream. Every frame
/// it finds decodes and writes back.
pub fn check_stream(stream: &[u8]) {
    let mut rest = stream;
    while let Some(found) = split_at_end(rest, 65_531) {
        match split_within(rest, 65_531) {
            Split::Wait { len } => assert!(len > rest.len(), "a wait for what is there"),
            at_once => assert_eq!(at_once, found),
        }
        if let Split::Wait { len } = split_within(rest, 64) {
            assert!(
                len > rest.len() && len <= 64 + 25,
                "a cap that does not bound the wait"
            );
        }
        let (Split::Frame { len, .. } | Split::Junk { len, .. }) = found else {
            panic!("an ended stream waits")
        };
        assert!(len > 0 && len <= rest.len(), "no progress");
        if let Split::Frame { frame, .. } = found {
            check_frame(&frame);
        }
        rest = &rest[len..];
    }
}

/// Decoded plainly or not, a frame writes back to its bytes.
pub fn check_frame(frame: &Frame<'_>) {
    for decoded in [decode(frame), decode_as_plain(frame)] {
        let mut written = Vec::new();
        decoded.write(&mut written).expect("as long as it was");
        assert_eq!(written, frame.bytes());
    }
    let _ = live(frame);
}

/// The live view, the walk and the full decode of a report see the same items and end at the same place.
pub fn check_report(data: &[u8], edition: Edition) {
    let data = &data[..data.len().min(65_531)];
    let mut walk = items(data, edition);
    let walked: Vec<u8> = walk.by_ref().map(|(kind, _)| kind).collect();
    let mut bytes = Vec::new();
    encode::frame(
        &mut bytes,
        edition,
        Command::RealTime,
        0xFE,
        &Vin([b'0'; 17]),
        data,
    )
    .expect("cut to fit");
    let frame = Frame::unchecked(&bytes).expect("the encoder makes whole frames");
    check_frame(&frame);
    match (decode(&frame).unit, live_of_data(data, edition)) {
        (Unit::Report(report), Ok(live)) => {
            assert_eq!(
                report
                    .items
                    .iter()
                    .map(|item| item.kind())
                    .collect::<Vec<_>>(),
                walked
            );
            assert_eq!(report.stopped, live.stopped);
            assert_eq!(report.rest, walk.rest());
            assert_eq!(report.stopped.is_none(), report.rest.is_empty());
            report
                .items
                .iter()
                .for_each(|item| item.entries(|entry| entry.values.forms(|_| {})));
            assert_eq!(seen_by_full_decode(&report), seen_live(&live));
            if let Some(position) = live.position {
                assert!(
                    position.lon_e6.abs() <= 180_000_000 && position.lat_e6.abs() <= 90_000_000
                );
            }
        }
        (Unit::Cut(_), Err(_)) => assert!(data.len() < 6),
        (unit, live) => panic!("{unit:?} but {live:?}"),
    }
}

/// Speed, odometer, charge and alarm level as one comparable value.
type Seen = (
    Option<Reading<i64>>,
    Option<Reading<i64>>,
    Option<Reading<i64>>,
    Option<u8>,
);

fn seen_live(live: &Live) -> Seen {
    (
        live.speed_dkmh.map(|speed| speed.map(i64::from)),
        live.odometer_hm.map(|odometer| odometer.map(i64::from)),
        live.soc_pct.map(|soc| soc.map(i64::from)),
        live.alarm_level.and_then(Reading::value),
    )
}

/// The last vehicle item and the highest alarm level.
fn seen_by_full_decode(report: &Report<'_>) -> Seen {
    report
        .items
        .iter()
        .fold((None, None, None, None), |seen, item| match item {
            Item::Vehicle2016(item) => (
                Some(item.speed.steps()),
                Some(item.odometer.steps()),
                Some(item.soc.steps()),
                seen.3,
            ),
            Item::Vehicle2025(item) => (
                Some(item.speed.steps()),
                Some(item.odometer.steps()),
                Some(item.soc.steps()),
                seen.3,
            ),
            Item::Alarms(item) => (seen.0, seen.1, seen.2, seen.3.max(item.level().value())),
            _ => seen,
        })
}
