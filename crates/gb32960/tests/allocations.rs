//! The path from bytes to a live view does not allocate.

mod support;

use gb32960::{Edition, Split, bcc, items, live, split};
use support::{common_report, report};

#[test]
fn splitting_checking_and_walking_allocate_nothing() {
    let stop = report(Edition::V2016, &[&[0x81, 1, 0, 2, 0, 3]]);
    let lists = report(
        Edition::V2025,
        &[
            &[0x02, 1],
            &[0; 10],
            &[0x07, 1],
            &[0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0],
        ],
    );
    let stream = [&b"garbage##"[..], &common_report(10), &stop, &lists, b"$"].concat();
    let (mut reports, mut seen, mut rest) = (0, 0, &stream[..]);
    let counted = allocation_counter::measure(|| {
        loop {
            let len = match split(rest) {
                Split::Frame { frame, len } => {
                    reports += usize::from(live(&frame).is_ok());
                    seen += items(frame.data(), frame.edition()).count();
                    len
                }
                Split::Junk { len, .. } => len,
                Split::Wait { .. } => break,
            };
            rest = &rest[len..];
        }
        seen += usize::from(bcc(&stream) == 0);
    });
    assert!(reports == 3 && seen >= 6, "{reports} reports, {seen} items");
    assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
}
