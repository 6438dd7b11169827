//! What must hold for any bytes. The property tests, the fuzz targets and the replay of their corpora all come here.

use std::collections::BTreeMap;

use wire::{
    CellChanges, CellKey, CellMirror, CellPoint, Change, Down, Enter, Look, MAX_SLOTS,
    MAX_VIEW_CELLS, Up, frames,
};

const KEY: CellKey = CellKey {
    scope: 0,
    level: 11,
    x: 1715,
    y: 836,
};

/// As a message, as a base and as a delta the bytes are either taken or refused, and what is taken holds together.
pub fn check_down(bytes: &[u8]) {
    let mut cells = BTreeMap::new();
    for frame in frames(bytes).flatten() {
        take(&mut cells, &frame);
    }
    let mut cells = BTreeMap::new();
    let base = Down::Base {
        key: KEY,
        generation: 1,
        tick: 1,
        body: bytes,
    };
    take(&mut cells, &base);
    for dots in [0, 9, 150] {
        let dots: Vec<_> = (0..dots).map(dot).collect();
        let (mirror, _) = CellMirror::from_dots(1, 1, &dots);
        let delta = Down::Delta {
            key: KEY,
            generation: 1,
            tick: 2,
            follows: 1,
            body: bytes,
        };
        take(&mut BTreeMap::from([(KEY, mirror)]), &delta);
    }
}

fn dot(i: u32) -> (CellPoint, Look) {
    let at = CellPoint {
        x: (i * 1_237 % 4_096) as u16,
        y: (i * 331 % 4_096) as u16,
    };
    (at, Look::from_bits((i * 97) as u16))
}

/// Does what a page does with a frame.
fn take(cells: &mut BTreeMap<CellKey, CellMirror>, frame: &Down<'_>) {
    match *frame {
        Down::Base {
            key,
            generation,
            tick,
            body,
        } => {
            if let Ok(mirror) = CellMirror::from_base(generation, tick, body) {
                check_mirror(&mirror);
                let mut again = Vec::new();
                mirror.encode_base(&key, &mut again);
                assert_eq!(read_base(&again), mirror, "a base that does not write back");
                cells.insert(key, mirror);
            }
        }
        Down::Delta {
            key,
            generation,
            tick,
            follows,
            body,
        } => {
            let Some(before) = cells.remove(&key) else {
                return;
            };
            let (mut mirror, mut changes) = (before.clone(), CellChanges::default());
            if mirror
                .apply_delta(generation, tick, follows, body, |change| {
                    note(&mut changes, change);
                })
                .is_ok()
            {
                check_mirror(&mirror);
                check_written_back(before, &mirror, &key, &mut changes);
                cells.insert(key, mirror);
            }
        }
        Down::Rebase {
            key, generation, ..
        } => {
            if let Some(mirror) = cells.get_mut(&key) {
                let alive = mirror.alive();
                let digest32 = mirror.clone().renumber(generation).digest32;
                let mut told = 0;
                mirror
                    .rebase(generation, digest32, |_, _| told += 1)
                    .expect("the same cell sorts alike");
                assert_eq!((told, mirror.slots()), (alive, alive));
            }
        }
        _ => assert_eq!(Down::decode(&frame.to_vec()).as_ref(), Ok(frame)),
    }
}

fn check_mirror(mirror: &CellMirror) {
    assert!(mirror.slots() <= MAX_SLOTS);
    assert_eq!(mirror.dots().flatten().count() as u32, mirror.alive());
    let inside = |at: CellPoint| at.x < 4_096 && at.y < 4_096;
    assert!(mirror.dots().flatten().all(|dot| inside(dot.0)));
}

fn read_base(frame: &[u8]) -> CellMirror {
    match Down::decode(frame) {
        Ok(Down::Base {
            generation,
            tick,
            body,
            ..
        }) => CellMirror::from_base(generation, tick, body).expect("our own base"),
        other => panic!("{other:?}"),
    }
}

fn note(changes: &mut CellChanges, change: Change) {
    match change {
        Change::Move { slot, to, .. } => changes.moves.push((slot, to)),
        Change::Enter { at, look, from, .. } => changes.enters.push(Enter { at, look, from }),
        Change::Leave { slot } => changes.leaves.push(slot),
        Change::Look { slot, look } => changes.looks.push((slot, look)),
    }
}

/// What a delta changed, written as a delta of our own, does the same.
fn check_written_back(
    mut before: CellMirror,
    after: &CellMirror,
    key: &CellKey,
    changes: &mut CellChanges,
) {
    let mut page = before.clone();
    let mut frame = Vec::new();
    before.encode_delta(key, after.tick(), changes, &mut frame);
    let Ok(Down::Delta {
        generation,
        tick,
        follows,
        body,
        ..
    }) = Down::decode(&frame)
    else {
        panic!("our own delta does not decode");
    };
    page.apply_delta(generation, tick, follows, body, |_| {})
        .expect("our own delta");
    assert_eq!(&page, &before);
    assert_eq!(&page, after, "a delta that does not write back");
}

/// An upward frame is taken or refused; what is taken writes back, and a view has no more cells than are served.
pub fn check_up(bytes: &[u8]) {
    let Ok(up) = Up::decode(bytes) else {
        return;
    };
    assert_eq!(Up::decode(&up.encode()), Ok(up));
    if let Up::View(view) = up
        && let Ok(cells) = view.cells(0)
    {
        let cells: Vec<_> = cells.collect();
        assert!((1..=MAX_VIEW_CELLS).contains(&cells.len()));
        assert!(cells.iter().all(CellKey::is_valid));
    }
}
