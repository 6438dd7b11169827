//! What must hold for any bytes. The property tests, the fuzz targets and the replay of their corpora all come here.

use gb32960::full::{Unit, decode, decode_as_plain};
use gb32960::{Command, Vin};
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
