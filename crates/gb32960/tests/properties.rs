//! Properties that hold for any bytes: every parser ends, moves on, and agrees with its neighbours. A failure prints the
//! input that proptest found.

mod support;

use gb32960::json::decode_line;
use gb32960::{Edition, Frame, Split, items, split, split_at_end};
use proptest::collection::vec;
use proptest::prelude::*;
use support::checks::{check_frame, check_report, check_stream};
use support::{Numbers, common_report, frame, report};

fn edition() -> impl Strategy<Value = Edition> {
    prop_oneof![Just(Edition::V2016), Just(Edition::V2025)]
}

/// Items that look like items: known types, small counts, any bytes, now and then cut.
fn item_soup() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![
        0x01..=0x09u8,
        0x30..=0x32u8,
        Just(0x80u8),
        Just(0xFFu8),
        any::<u8>()
    ];
    let byte = prop_oneof![4 => 0..=3u8, 2 => any::<u8>(), 1 => 0xFE..=0xFFu8];
    vec((kind, vec(byte, 0..40)), 0..12).prop_map(|items| {
        items
            .into_iter()
            .flat_map(|(kind, body)| [vec![kind], body].concat())
            .collect()
    })
}

/// Feeds a stream in pieces as a socket would, and gives the frames found.
fn feed(stream: &[u8], mut piece_len: impl FnMut() -> usize) -> Vec<Vec<u8>> {
    let (mut frames, mut buffer, mut fed) = (Vec::new(), Vec::new(), 0);
    while fed < stream.len() {
        let piece = &stream[fed..(fed + piece_len().max(1)).min(stream.len())];
        buffer.extend_from_slice(piece);
        fed += piece.len();
        loop {
            match split(&buffer) {
                Split::Wait { len } => {
                    assert!(len > buffer.len(), "a wait for what is there");
                    break;
                }
                Split::Frame { frame, len } => {
                    frames.push(frame.bytes().to_vec());
                    buffer.drain(..len);
                }
                Split::Junk { len, .. } => {
                    assert!(len > 0);
                    buffer.drain(..len);
                }
            }
        }
    }
    frames
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_stop_the_splitter(bytes in vec(prop_oneof![any::<u8>(), 0x23..=0x24u8, Just(0xFEu8)], 0..200)) {
        check_stream(&bytes);
    }

    #[test]
    fn any_data_unit_of_a_report_decodes_and_writes_back(data in vec(any::<u8>(), 0..300), edition in edition()) {
        check_report(&data, edition);
    }

    #[test]
    fn anything_like_items_decodes_and_writes_back(soup in item_soup(), edition in edition()) {
        check_report(&[&[26, 5, 4, 3, 2, 1][..], &soup].concat(), edition);
    }

    #[test]
    fn a_cut_report_keeps_the_items_before_the_cut(cut in 0usize..400, soup in item_soup(), edition in edition()) {
        let data = [&[26, 5, 4, 3, 2, 1][..], &soup].concat();
        let whole: Vec<_> = items(&data, edition).collect();
        let cut_data = &data[..cut.min(data.len())];
        let kept: Vec<_> = items(cut_data, edition).collect();
        prop_assert!(kept.len() <= whole.len());
        prop_assert_eq!(&whole[..kept.len()], &kept[..]);
    }

    #[test]
    fn any_frame_of_any_command_writes_back_and_prints(
        command in any::<u8>(), flag in prop_oneof![Just(0xFEu8), Just(1u8)], data in vec(any::<u8>(), 0..80),
        edition in edition(),
    ) {
        let mut bytes = frame(edition, command, &data);
        let last = bytes.len() - 1;
        bytes[last] ^= bytes[3] ^ flag;
        bytes[3] = flag;
        check_frame(&Frame::unchecked(&bytes).unwrap());
        prop_assert!(decode_line(&hex::encode(&bytes), true)["body"].is_object());
    }

    #[test]
    fn any_line_prints_as_an_object(line in ".{0,80}", bytes in vec(any::<u8>(), 0..120)) {
        prop_assert!(decode_line(&line, false).is_object());
        prop_assert!(decode_line(&hex::encode(bytes), false).is_object());
    }

    #[test]
    fn a_stream_fed_in_any_pieces_gives_the_same_frames(seed in 1u64.., count in 1usize..12) {
        let mut numbers = Numbers(seed);
        let frames: Vec<Vec<u8>> = (0..count).map(|_| some_frame(&mut numbers)).collect();
        let longest = 1 + numbers.below(300);
        prop_assert_eq!(feed(&frames.concat(), || numbers.below(longest)), frames);
    }

    #[test]
    fn damage_costs_at_most_the_frames_it_touched(seed in 1u64.., count in 1usize..12, hits in 1usize..6) {
        let mut numbers = Numbers(seed);
        let frames: Vec<Vec<u8>> = (0..count).map(|_| some_frame(&mut numbers)).collect();
        let (stream, untouched) = damaged(&frames, hits, &mut numbers);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(next) = split_at_end(&stream[at..], 65_531) {
            let (Split::Frame { len, .. } | Split::Junk { len, .. }) = next else { panic!("an ended stream waits") };
            if matches!(next, Split::Frame { .. }) {
                found.push((at, len));
            }
            at += len;
        }
        for whole in untouched {
            // Either it was found, or bytes that are no frame passed the one-byte checksum and covered it: 1 in 256.
            let is_found = found.contains(&whole);
            let is_covered = found.iter().any(|&(at, len)| at < whole.0 + whole.1 && whole.0 < at + len);
            prop_assert!(is_found || is_covered, "{:?} lost", whole);
        }
    }
}

/// A frame of the kind and length that really come.
fn some_frame(numbers: &mut Numbers) -> Vec<u8> {
    let blob: Vec<u8> = (0..numbers.below(200)).map(|_| numbers.byte()).collect();
    match numbers.below(4) {
        0 => frame(Edition::V2016, 0x07, &[]),
        1 => common_report(numbers.below(2200) as u16),
        2 => report(Edition::V2025, &[&[0x80, 0, blob.len() as u8], &blob]),
        _ => frame(Edition::V2016, 0xC5, &blob),
    }
}

/// The frames glued together after flips, cuts, insertions and doubled pieces; and where the untouched frames now stand.
fn damaged(
    frames: &[Vec<u8>],
    hits: usize,
    numbers: &mut Numbers,
) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut pieces: Vec<(Vec<u8>, bool)> =
        frames.iter().map(|frame| (frame.clone(), true)).collect();
    for _ in 0..hits {
        let which = numbers.below(pieces.len());
        let (bytes, is_whole) = &mut pieces[which];
        let at = numbers.below(bytes.len().max(1));
        match (numbers.below(4), bytes.is_empty()) {
            (_, true) => {}
            (0, _) => bytes[at] ^= 1 << numbers.below(8),
            (1, _) => bytes.truncate(at),
            (2, _) => bytes.insert(at, numbers.byte()),
            (_, _) => {
                let piece = bytes[at..].to_vec();
                bytes.extend_from_slice(&piece);
            }
        }
        *is_whole = false;
    }
    let (mut stream, mut untouched) = (Vec::new(), Vec::new());
    for (bytes, is_whole) in pieces {
        if is_whole {
            untouched.push((stream.len(), bytes.len()));
        }
        stream.extend_from_slice(&bytes);
    }
    (stream, untouched)
}
