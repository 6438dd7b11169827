//! What goes wrong between the bytes and the frame in real traffic, one test each.

mod support;

use gb32960::encode::{ReplyFlag, reply, time_sync_reply};
use gb32960::{
    Edition, Frame, Junk, Live, LiveError, Split, Time, live, live_of_data, split, split_at_end,
    split_within,
};
use support::{TIME, common_report, frame, report, vin, whole};

/// Every whole frame, and the bytes skipped, of a stream that has ended.
fn all_frames(stream: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut frames, mut skipped, mut rest) = (Vec::new(), 0, stream);
    while let Some(found) = split_at_end(rest, 65_531) {
        let len = match found {
            Split::Frame { frame, len } => {
                frames.push(frame.bytes());
                len
            }
            Split::Junk { len, .. } => {
                skipped += len;
                len
            }
            Split::Wait { .. } => panic!("an ended stream waits for nothing"),
        };
        assert!(len > 0 && len <= rest.len());
        rest = &rest[len..];
    }
    (frames, skipped)
}

#[test]
fn several_frames_and_a_stub_in_one_read_split_and_the_stub_waits() {
    let (first, second) = (common_report(10), common_report(20));
    let stub = &first[..first.len() - 9];
    let read = [&first[..], &second, stub].concat();
    let Split::Frame { len: first_len, .. } = split(&read) else {
        panic!()
    };
    let Split::Frame {
        len: second_len, ..
    } = split(&read[first_len..])
    else {
        panic!()
    };
    assert_eq!(
        split(&read[first_len + second_len..]),
        Split::Wait { len: first.len() }
    );
}

#[test]
fn a_frame_cut_anywhere_asks_for_more() {
    let bytes = common_report(10);
    for cut in 0..bytes.len() {
        match split(&bytes[..cut]) {
            Split::Wait { len } => assert!(len > cut && len <= bytes.len()),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn start_bytes_inside_a_payload_do_not_split_it() {
    let bytes = report(Edition::V2016, &[&[0x80, 0, 4, 0x23, 0x23, 0x02, 0xFE]]);
    assert_eq!(whole(&bytes).bytes(), bytes);
}

#[test]
fn garbage_and_a_false_start_cost_only_themselves() {
    let good = common_report(10);
    for garbage in [&[0x00, 0xFF, 0x23, 0x99][..], b"#", b"$#", b"#$", b"hello"] {
        let stream = [garbage, &good].concat();
        assert_eq!(
            all_frames(&stream),
            (vec![&good[..]], garbage.len()),
            "{garbage:?}"
        );
    }
    // A false start whose header is plausible is found out by its checksum at the latest.
    let false_start = [b"##\x02\xfe".as_slice(), &[b'X'; 17], &[1, 0, 10]].concat();
    let stream = [&false_start[..], &good, &good].concat();
    assert_eq!(all_frames(&stream).0.len(), 2);
}

#[test]
fn half_a_start_mark_at_the_end_of_a_read_is_kept() {
    assert_eq!(
        split(b"garbage#"),
        Split::Junk {
            len: 7,
            why: Junk::NotAStart
        }
    );
    assert_eq!(split(b"#"), Split::Wait { len: 25 });
    assert_eq!(split(b"$"), Split::Wait { len: 25 });
}

#[test]
fn a_corrupt_length_does_not_swallow_the_frames_behind_it() {
    let good = common_report(10);
    let mut corrupt = good.clone();
    corrupt[22] = 0x7F;
    let stream = [&corrupt[..], &good, &good].concat();
    // While bytes may still come, it waits …
    assert!(matches!(split(&stream), Split::Wait { .. }));
    // … and when they do not come in time, only the damaged frame is lost.
    assert_eq!(
        all_frames(&stream),
        (vec![&good[..], &good[..]], corrupt.len())
    );
    // A cap ends the wait before it begins.
    assert!(matches!(
        split_within(&stream, 8192),
        Split::Junk {
            why: Junk::TooLong,
            ..
        }
    ));
}

#[test]
fn the_cap_and_the_longest_legal_length_are_themselves_allowed() {
    let bytes = frame(Edition::V2016, 0xC5, &[7; 100]);
    assert!(matches!(split_within(&bytes, 100), Split::Frame { .. }));
    assert!(matches!(
        split_within(&bytes, 99),
        Split::Junk {
            why: Junk::TooLong,
            ..
        }
    ));
    let mut header = bytes[..24].to_vec();
    header[22..].copy_from_slice(&65_531u16.to_be_bytes());
    assert_eq!(split(&header), Split::Wait { len: 65_556 });
    header[22..].copy_from_slice(&65_532u16.to_be_bytes());
    assert!(matches!(
        split(&header),
        Split::Junk {
            why: Junk::TooLong,
            ..
        }
    ));
}

#[test]
fn a_header_that_cannot_be_is_junk_before_its_length_is_believed() {
    let good = common_report(10);
    for (at, byte) in [
        (2, 0x00),
        (2, 0xFF),
        (3, 0x00),
        (3, 0x7F),
        (21, 0x06),
        (21, 0x44),
    ] {
        let mut bad = good.clone();
        bad[at] = byte;
        bad[22] = 0xF0;
        assert!(
            matches!(
                split(&bad),
                Split::Junk {
                    why: Junk::BadHeader,
                    ..
                }
            ),
            "{byte:#x} at {at}"
        );
    }
}

#[test]
fn a_heartbeat_without_identifier_is_skipped_whole() {
    let malformed = [0x23, 0x23, 0x07, 0xFE, 0x01, 0x00, 0x00, 0xF8];
    assert_eq!(
        split(&malformed),
        Split::Junk {
            len: 8,
            why: Junk::NoIdentifier
        }
    );
    let good = common_report(10);
    let stream = [&malformed[..], &good].concat();
    assert_eq!(all_frames(&stream), (vec![&good[..]], 8));
}

#[test]
fn a_wrong_checksum_is_junk_and_a_swap_of_equal_bytes_passes() {
    let mut bytes = common_report(10);
    let last = bytes.len() - 1;
    bytes[last] = !bytes[last];
    assert!(matches!(
        split(&bytes),
        Split::Junk {
            why: Junk::BadChecksum,
            ..
        }
    ));
    bytes[last] = !bytes[last];
    // XOR cannot see two bytes changed alike: SOC 81 becomes 81 ^ 0x80 = 209 and says so itself by its range.
    bytes[24 + 7 + 13] ^= 0x80;
    bytes[24 + 7 + 4] ^= 0x80;
    let live = live(&whole(&bytes)).unwrap();
    assert_eq!(live.soc_pct, Some(gb32960::Reading::OutOfRange(209)));
}

#[test]
fn the_checksum_covers_command_to_data_and_not_the_start_mark() {
    let bytes = frame(Edition::V2016, 0x07, &[]);
    let by_hand = bytes[2..24].iter().fold(0, |sum, byte| sum ^ byte);
    assert_eq!(bytes[24], by_hand);
    // The start bytes are equal, so including them would not even show; including one would.
    let mut other_edition = bytes;
    other_edition[..2].fill(b'$');
    assert_eq!(whole(&other_edition).edition(), Edition::V2025);
}

#[test]
fn the_checksum_agrees_with_a_plain_loop_at_every_length() {
    let bytes: Vec<u8> = (0..400u16).map(|at| ((at * 7) ^ (at >> 3)) as u8).collect();
    for len in 0..bytes.len() {
        assert_eq!(
            gb32960::bcc(&bytes[..len]),
            bytes[..len].iter().fold(0, |sum, byte| sum ^ byte),
            "{len}"
        );
    }
}

#[test]
fn both_editions_share_one_stream() {
    let old = report(
        Edition::V2016,
        &[&[0x05, 0, 0x07, 0x3D, 0x84, 0x64, 0x01, 0xDC, 0x8A, 0x40]],
    );
    let new = report(
        Edition::V2025,
        &[&[0x05, 0, 2, 0x07, 0x3D, 0x84, 0x64, 0x01, 0xDC, 0x8A, 0x40]],
    );
    let stream = [&old[..], &new, &old].concat();
    let (frames, skipped) = all_frames(&stream);
    let editions: Vec<Edition> = frames.iter().map(|bytes| whole(bytes).edition()).collect();
    assert_eq!(
        (editions, skipped),
        (vec![Edition::V2016, Edition::V2025, Edition::V2016], 0)
    );
}

#[test]
fn an_all_nul_identifier_is_no_vehicle() {
    let mut out = Vec::new();
    gb32960::encode::empty(
        &mut out,
        Edition::V2016,
        gb32960::Command::Heartbeat,
        &gb32960::Vin([0; 17]),
    );
    assert_eq!(whole(&out).identifier().as_str(), None);
}

#[test]
fn a_reply_keeps_command_identifier_and_time_and_drops_the_rest() {
    let request = common_report(10);
    let mut out = Vec::new();
    reply(&mut out, &whole(&request), ReplyFlag::Success).unwrap();
    let answer = whole(&out);
    assert_eq!((out[2], out[3], answer.data()), (0x02, 0x01, &TIME.0[..]));
    assert_eq!((answer.identifier(), answer.encryption_byte()), (vin(), 1));
}

#[test]
fn a_terminal_of_2016_may_be_answered_with_an_echo_on_request() {
    let request = common_report(10);
    let mut out = Vec::new();
    gb32960::encode::reply_echo(&mut out, &whole(&request), ReplyFlag::Success, Time([1; 6]))
        .unwrap();
    assert_eq!(
        (out.len(), out[3], &out[24..30]),
        (request.len(), 1, &[1; 6][..])
    );
    assert_eq!(out[30..out.len() - 1], request[30..request.len() - 1]);
}

#[test]
fn a_reply_is_never_answered() {
    let mut answer = Vec::new();
    reply(&mut answer, &whole(&common_report(10)), ReplyFlag::Error).unwrap();
    let before = answer.clone();
    let mut out = Vec::new();
    assert_eq!(reply(&mut out, &whole(&answer), ReplyFlag::Success), None);
    assert_eq!((out.len(), answer), (0, before));
}

#[test]
fn replies_to_empty_data_units_are_empty_and_to_a_time_sync_carry_the_time() {
    let mut out = Vec::new();
    reply(
        &mut out,
        &whole(&frame(Edition::V2016, 0x07, &[])),
        ReplyFlag::Success,
    )
    .unwrap();
    assert_eq!(whole(&out).data(), b"");
    out.clear();
    let now = Time::from_unix_s(1_783_378_515);
    time_sync_reply(&mut out, &whole(&frame(Edition::V2016, 0x08, &[])), now).unwrap();
    assert_eq!(whole(&out).data(), now.0);
}

#[test]
fn the_finer_reply_flags_exist_only_in_2025() {
    for (flag, in_2025) in [
        (ReplyFlag::VinUnknown, 4),
        (ReplyFlag::BadSignature, 5),
        (ReplyFlag::BadStructure, 6),
        (ReplyFlag::BadEncryption, 7),
    ] {
        assert_eq!(
            (flag.byte(Edition::V2016), flag.byte(Edition::V2025)),
            (2, in_2025)
        );
    }
}

#[test]
fn plain_data_under_a_wrong_encryption_byte_is_read_on_request() {
    let mut bytes = common_report(10);
    let last = bytes.len() - 1;
    for encryption in [0x00, 0x02] {
        bytes[last] ^= bytes[21] ^ encryption;
        bytes[21] = encryption;
        let marked: Frame<'_> = whole(&bytes);
        let direct: Result<Live, LiveError> = live(&marked);
        // 00 is read as plain; 02 says RSA, and only who knows better asks for the data as it stands.
        assert_eq!(direct.is_ok(), encryption == 0, "{direct:?}");
        assert!(live_of_data(marked.data(), marked.edition()).is_ok());
    }
}

#[test]
fn a_frame_whose_encryption_is_marked_invalid_still_writes_back() {
    // Found by fuzzing.
    let mut bytes = frame(Edition::V2025, 0x07, &[]);
    bytes[21] = 0xFF;
    bytes[24] ^= 0xFE;
    let mut written = Vec::new();
    gb32960::full::decode(&whole(&bytes))
        .write(&mut written)
        .unwrap();
    assert_eq!(written, bytes);
}

#[test]
fn the_diesel_family_with_its_extra_header_byte_is_not_taken_for_ours() {
    // GB 17691: software version behind the identifier, then encryption and length; our length field reads 0x0100 + n.
    let mut bytes = [
        &b"##\x02\xfe"[..],
        &vin().0,
        &[1, 1, 0, 9],
        &TIME.0,
        &[1, 2, 3],
    ]
    .concat();
    let check = bytes[2..].iter().fold(0, |sum, byte| sum ^ byte);
    bytes.push(check);
    let stream = [bytes.clone(), bytes.clone(), bytes].concat();
    assert_eq!(all_frames(&stream), (vec![], stream.len()));
}
