//! What one side writes the other reads: bases, deltas and rebases of a cell, and bytes that are none of them.

mod support;

use proptest::prelude::*;
use support::checks::{check_down, check_up};
use wire::{CellChanges, CellKey, CellMirror, CellPoint, Change, Down, Enter, Look, WireError};

const KEY: CellKey = CellKey {
    scope: 0,
    level: 11,
    x: 1715,
    y: 836,
};

fn point() -> impl Strategy<Value = CellPoint> {
    (0u16..4096, 0u16..4096).prop_map(|(x, y)| CellPoint { x, y })
}

fn look() -> impl Strategy<Value = Look> {
    (0u16..4096).prop_map(Look)
}

fn dots() -> impl Strategy<Value = Vec<(CellPoint, Look)>> {
    prop::collection::vec((point(), look()), 0..200)
}

/// A tick's worth of wishes, made to fit whatever slots there are.
#[derive(Debug, Clone)]
struct Wishes {
    per_slot: Vec<(u8, CellPoint, Look)>,
    enters: Vec<Enter>,
    rebase: bool,
}

fn wishes() -> impl Strategy<Value = Wishes> {
    (
        prop::collection::vec((0u8..12, point(), look()), 1..40),
        prop::collection::vec(
            (
                point(),
                look(),
                prop::option::of((-9000i32..9000, any::<i32>().prop_map(|v| v / 2))),
            ),
            0..5,
        ),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(per_slot, enters, rebase)| Wishes {
            per_slot,
            enters: enters
                .into_iter()
                .map(|(at, look, from)| Enter { at, look, from })
                .collect(),
            rebase,
        })
}

fn changes_from(wishes: &Wishes, mirror: &CellMirror) -> CellChanges {
    let mut changes = CellChanges::default();
    for slot in 0..mirror.slots() {
        let (what, at, look) = wishes.per_slot[slot as usize % wishes.per_slot.len()];
        if mirror.dot(slot).is_none() {
            continue;
        }
        match what {
            0 => changes.leaves.push(slot),
            1..4 => changes.moves.push((slot, at)),
            4 => changes.looks.push((slot, look)),
            5 => {
                changes.moves.push((slot, at));
                changes.looks.push((slot, look));
            }
            _ => {}
        }
    }
    changes.enters.clone_from(&wishes.enters);
    changes
}

fn read_base(frame: &[u8]) -> CellMirror {
    match Down::decode(frame).unwrap() {
        Down::Base {
            key,
            generation,
            tick,
            body,
        } => {
            assert_eq!(key, KEY);
            CellMirror::from_base(generation, tick, body).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

fn read_delta(mirror: &mut CellMirror, frame: &[u8]) -> Result<Vec<Change>, WireError> {
    match Down::decode(frame).unwrap() {
        Down::Delta {
            generation,
            tick,
            follows,
            body,
            ..
        } => {
            let mut seen = Vec::new();
            mirror.apply_delta(generation, tick, follows, body, |change| seen.push(change))?;
            Ok(seen)
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_page_stands_where_the_server_stands_after_every_tick(
        dots in dots(),
        ticks in prop::collection::vec(wishes(), 1..8),
    ) {
        let (mut server, _) = CellMirror::from_dots(7, 7, &dots);
        let mut base = Vec::new();
        server.encode_base(&KEY, &mut base);
        let mut page = read_base(&base);
        prop_assert_eq!(&page, &server);
        for (i, wish) in ticks.iter().enumerate() {
            let tick = 8 + i as u64;
            let mut changes = changes_from(wish, &server);
            let mut frame = Vec::new();
            server.encode_delta(&KEY, tick, &mut changes, &mut frame);
            let seen = read_delta(&mut page, &frame).unwrap();
            let entered: Vec<_> = seen.iter().filter_map(|change| match change {
                Change::Enter { at, look, from, .. } => Some(Enter { at: *at, look: *look, from: *from }),
                _ => None,
            }).collect();
            prop_assert_eq!(entered, changes.enters);
            prop_assert_eq!(&page, &server);
            if wish.rebase {
                let digest32 = server.renumber(tick as u32).digest32;
                page.rebase(tick as u32, digest32, |_, _| {}).unwrap();
                let mut base = Vec::new();
                server.encode_base(&KEY, &mut base);
                prop_assert_eq!(&read_base(&base), &server);
            }
            prop_assert_eq!(&page, &server);
        }
    }

    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check_up(&bytes);
        check_down(&bytes);
    }

    #[test]
    fn a_damaged_frame_never_panics(
        dots in dots(),
        wish in wishes(),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut server, _) = CellMirror::from_dots(7, 7, &dots);
        let mut base = Vec::new();
        server.encode_base(&KEY, &mut base);
        let page = read_base(&base);
        let mut changes = changes_from(&wish, &server);
        let mut delta = Vec::new();
        server.encode_delta(&KEY, 8, &mut changes, &mut delta);
        for frame in [&mut base, &mut delta] {
            let i = at.index(frame.len());
            frame[i] ^= 1 << bit;
            for bytes in [&frame[..], &frame[..cut.index(frame.len())]] {
                match Down::decode(bytes) {
                    Ok(Down::Base { generation, tick, body, .. }) => {
                        let _ = CellMirror::from_base(generation, tick, body);
                    }
                    Ok(Down::Delta { generation, tick, follows, body, .. }) => {
                        let _ = page.clone().apply_delta(generation, tick, follows, body, |_| {});
                    }
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn equal_morton_codes_keep_their_order_through_rebases() {
    let at = CellPoint { x: 100, y: 200 };
    let dots: Vec<_> = (0..5).map(|i| (at, Look(i))).collect();
    let (mut mirror, order) = CellMirror::from_dots(1, 1, &dots);
    assert_eq!(order, [0, 1, 2, 3, 4]);
    let mut changes = CellChanges {
        leaves: vec![1],
        enters: vec![Enter {
            at,
            look: Look(9),
            from: None,
        }],
        ..CellChanges::default()
    };
    mirror.encode_delta(&KEY, 2, &mut changes, &mut Vec::new());
    assert_eq!(mirror.renumber(2).old_slots, [0, 2, 3, 4, 5]);
}

#[test]
fn a_delta_that_was_missed_is_noticed() {
    let (mut server, _) = CellMirror::from_dots(1, 1, &[(CellPoint { x: 1, y: 1 }, Look(0))]);
    let mut page = server.clone();
    let mut frames = Vec::new();
    for tick in 2..4 {
        let mut changes = CellChanges {
            moves: vec![(0, CellPoint { x: tick, y: 1 })],
            ..CellChanges::default()
        };
        let mut frame = Vec::new();
        server.encode_delta(&KEY, u64::from(tick), &mut changes, &mut frame);
        frames.push(frame);
    }
    assert_eq!(
        read_delta(&mut page, &frames[1]),
        Err(WireError::Gap {
            follows: 2,
            mirror: 1
        })
    );
}

#[test]
fn two_sides_that_differ_notice_it_at_the_rebase() {
    let (mut server, _) = CellMirror::from_dots(1, 1, &[(CellPoint { x: 1, y: 1 }, Look(0))]);
    let (mut page, _) = CellMirror::from_dots(1, 1, &[(CellPoint { x: 1, y: 1 }, Look(1))]);
    let digest32 = server.renumber(2).digest32;
    assert!(page.rebase(2, digest32, |_, _| {}).is_err());
}
