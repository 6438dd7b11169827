//! What the page shows is what the server said, whatever the order of cells, borders, levels and numbers.

use dotmap::camera::{Camera, world_from_step};
use dotmap::dot::Clock;
use dotmap::field::{DotRef, Field, LONGEST_WAIT_MS};
use wire::{
    CellChanges, CellKey, CellMirror, CellPoint, Down, Enter, Look, View, frames, push_frame,
};

const LEFT: CellKey = CellKey {
    scope: 0,
    level: 11,
    x: 1700,
    y: 830,
};
const RIGHT: CellKey = CellKey { x: 1701, ..LEFT };
const LOOK: Look = Look(0x0301);

/// A cell as the server keeps it.
struct Served {
    key: CellKey,
    mirror: CellMirror,
}

impl Served {
    fn new(key: CellKey, tick: u64, dots: &[(u16, u16)]) -> Self {
        let dots: Vec<_> = dots
            .iter()
            .map(|&(x, y)| (CellPoint { x, y }, LOOK))
            .collect();
        Self {
            key,
            mirror: CellMirror::from_dots(tick as u32, tick, &dots).0,
        }
    }

    fn base(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        self.mirror.encode_base(&self.key, &mut frame);
        frame
    }

    fn delta(&mut self, tick: u64, mut changes: CellChanges) -> Vec<u8> {
        let mut frame = Vec::new();
        self.mirror
            .encode_delta(&self.key, tick, &mut changes, &mut frame);
        frame
    }

    fn moves(&mut self, tick: u64, moves: &[(u32, (u16, u16))]) -> Vec<u8> {
        let moves = moves
            .iter()
            .map(|&(slot, (x, y))| (slot, CellPoint { x, y }))
            .collect();
        self.delta(
            tick,
            CellChanges {
                moves,
                ..CellChanges::default()
            },
        )
    }

    fn rebase(&mut self, tick: u64) -> Vec<u8> {
        let digest32 = self.mirror.renumber(tick as u32).digest32;
        Down::Rebase {
            key: self.key,
            generation: tick as u32,
            digest32,
            tick,
        }
        .to_vec()
    }
}

/// The page's side, with a clock of its own.
struct Page {
    field: Field,
    clock: Clock,
}

impl Page {
    fn looking_at(cells: &[CellKey]) -> Self {
        let mut page = Self {
            field: Field::default(),
            clock: Clock::new(1_000),
        };
        page.look(cells);
        page
    }

    fn look(&mut self, cells: &[CellKey]) {
        let (first, last) = (cells[0], cells[cells.len() - 1]);
        let end = last.world_from_cell(CellPoint { x: 4095, y: 4095 });
        let view = View {
            seq: 1,
            level: first.level,
            x0: first.origin().x,
            y0: first.origin().y,
            x1: end.x,
            y1: end.y,
        };
        self.field.want(&view, 0, &self.clock);
    }

    /// One message with these frames; returns what the page asks for again.
    fn take(&mut self, message: &[Vec<u8>]) -> Vec<CellKey> {
        let mut bytes = Vec::new();
        message
            .iter()
            .for_each(|frame| push_frame(&mut bytes, frame));
        let asked = frames(&bytes)
            .filter_map(|frame| self.field.take(&frame.unwrap(), &self.clock))
            .collect::<Vec<_>>();
        self.field.finish(&self.clock);
        asked
    }

    fn pass(&mut self, ms: u32) {
        self.clock.now_ms += ms;
    }

    /// Where everything is drawn, in world units, sorted.
    fn drawn(&self) -> Vec<(i64, i64)> {
        let mut drawn = Vec::new();
        for (key, cell) in self.field.shown() {
            for slot in 0..cell.records().len() as u32 {
                if let Some(dot) = cell.dot(slot) {
                    let (x, y) = world_from_step(key, dot.at(&self.clock));
                    drawn.push((x as i64, y as i64));
                }
            }
        }
        drawn.sort_unstable();
        drawn
    }
}

fn apart(a: &[(i64, i64)], b: &[(i64, i64)]) -> i64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a.0 - b.0).abs().max((a.1 - b.1).abs()))
        .max()
        .unwrap_or(0)
}

#[test]
fn a_dot_that_crosses_a_border_goes_on_from_where_it_was_drawn() {
    let mut left = Served::new(LEFT, 1, &[(4000, 100)]);
    let mut right = Served::new(RIGHT, 1, &[(3000, 3000)]);
    for left_first in [true, false] {
        let mut page = Page::looking_at(&[LEFT, RIGHT]);
        left = Served::new(LEFT, 1, &[(4000, 100)]);
        right = Served::new(RIGHT, 1, &[(3000, 3000)]);
        page.take(&[left.base(), right.base()]);
        page.take(&[left.moves(2, &[(0, (4090, 100))])]);
        page.pass(5_000);
        let before = page.drawn();
        let leave = left.delta(
            3,
            CellChanges {
                leaves: vec![0],
                ..CellChanges::default()
            },
        );
        let enter = Enter {
            at: CellPoint { x: 80, y: 100 },
            look: LOOK,
            from: Some((-6, 100)),
        };
        let enter = right.delta(
            3,
            CellChanges {
                enters: vec![enter],
                ..CellChanges::default()
            },
        );
        page.take(&if left_first {
            [leave, enter]
        } else {
            [enter, leave]
        });
        assert!(
            apart(&before, &page.drawn()) <= i64::from(LEFT.unit_world()),
            "left first: {left_first}"
        );
        page.pass(20_000);
        let there = RIGHT.world_from_cell(CellPoint { x: 80, y: 100 });
        assert!(
            page.drawn()
                .contains(&(i64::from(there.x), i64::from(there.y)))
        );
    }
    assert_eq!((left.mirror.alive(), right.mirror.alive()), (0, 2));
}

#[test]
fn a_rebase_moves_nothing() {
    let mut cell = Served::new(LEFT, 1, &[(10, 10), (500, 20), (4000, 4000), (2000, 7)]);
    let mut page = Page::looking_at(&[LEFT]);
    page.take(&[cell.base()]);
    page.pass(3_000);
    page.take(&[cell.moves(2, &[(0, (3000, 3000)), (3, (1, 1))])]);
    page.pass(2_000);
    let before = page.drawn();
    assert!(page.take(&[cell.rebase(2)]).is_empty());
    assert_eq!(before, page.drawn());
    page.pass(1_000);
    page.take(&[cell.moves(3, &[(0, (2, 2))])]);
    assert_eq!(page.field.cell(&LEFT).unwrap().mirror(), &cell.mirror);
}

#[test]
fn a_digest_that_differs_asks_for_the_base_once() {
    let mut cell = Served::new(LEFT, 1, &[(10, 10), (20, 20)]);
    let mut page = Page::looking_at(&[LEFT]);
    page.take(&[cell.base()]);
    let wrong = Down::Rebase {
        key: LEFT,
        generation: 9,
        digest32: 1,
        tick: 9,
    }
    .to_vec();
    assert_eq!(page.take(&[wrong]), [LEFT]);
    let delta = cell.moves(2, &[(0, (11, 11))]);
    assert!(page.take(&[delta]).is_empty(), "it waits for the base");
    cell.rebase(3);
    assert!(page.take(&[cell.base()]).is_empty());
    assert_eq!(page.field.cell(&LEFT).unwrap().mirror(), &cell.mirror);
}

#[test]
fn a_delta_of_a_cell_that_was_never_sent_asks_for_its_base() {
    let mut cell = Served::new(LEFT, 1, &[(10, 10)]);
    let mut page = Page::looking_at(&[LEFT]);
    let delta = cell.moves(2, &[(0, (11, 11))]);
    assert_eq!(page.take(&[delta.clone(), delta.clone()]), [LEFT]);
    let mut elsewhere = Page::looking_at(&[RIGHT]);
    assert!(
        elsewhere.take(&[delta]).is_empty(),
        "nobody looks there any more"
    );
}

/// The same vehicles at another level.
fn at_level(points: &[(u32, u32)], level: u8, tick: u64) -> Vec<Served> {
    let mut cells: std::collections::BTreeMap<CellKey, Vec<(u16, u16)>> =
        std::collections::BTreeMap::new();
    let corner = LEFT.origin();
    for x in 0..1_u32 << level.saturating_sub(LEFT.level) {
        for y in 0..1_u32 << level.saturating_sub(LEFT.level) {
            let side = 1_u32 << (32 - level);
            let at = wire::WorldPoint {
                x: corner.x + x * side,
                y: corner.y + y * side,
            };
            cells.entry(wire::cell_of(at, level, 0).0).or_default();
        }
    }
    for &(x, y) in points {
        let (key, at) = wire::cell_of(
            wire::WorldPoint {
                x: corner.x + x,
                y: corner.y + y,
            },
            level,
            0,
        );
        cells.entry(key).or_default().push((at.x, at.y));
    }
    cells
        .into_iter()
        .map(|(key, dots)| Served::new(key, tick, &dots))
        .collect()
}

#[test]
fn a_change_of_level_makes_no_gliding_dot_jump() {
    let from: Vec<(u32, u32)> = (0..60)
        .map(|n| (n * 30_000 + 5_000, n * 31_111 + 1_000))
        .collect();
    let to: Vec<(u32, u32)> = from
        .iter()
        .map(|&(x, y)| (x + 60_000, y + 20_000))
        .collect();
    for (old_level, new_level) in [(11, 12), (11, 10), (11, 13), (12, 11)] {
        let mut old = at_level(&from, old_level, 1);
        let keys: Vec<CellKey> = old.iter().map(|cell| cell.key).collect();
        let mut page = Page::looking_at(&keys);
        page.take(&old.iter().map(Served::base).collect::<Vec<_>>());
        // Each glides to its new place; those that would leave their cell are left standing.
        let truth = at_level(&to, old_level, 2);
        let mut stayed = Vec::new();
        let mut reached = Vec::new();
        for cell in &mut old {
            let corner = cell.key.origin();
            let mut moves = Vec::new();
            for slot in 0..cell.mirror.slots() {
                let (at, _) = cell.mirror.dot(slot).unwrap();
                let world = cell.key.world_from_cell(at);
                let aim = wire::WorldPoint {
                    x: world.x + 60_000,
                    y: world.y + 20_000,
                };
                let (key, aim_at) = wire::cell_of(aim, old_level, 0);
                if key == cell.key {
                    moves.push((slot, (aim_at.x, aim_at.y)));
                    reached.push((aim.x - LEFT.origin().x, aim.y - LEFT.origin().y));
                } else {
                    stayed.push((world.x - LEFT.origin().x, world.y - LEFT.origin().y));
                }
            }
            assert!(corner.x >= LEFT.origin().x && !truth.is_empty());
            let delta = cell.moves(2, &moves);
            page.take(&[delta]);
        }
        page.pass(4_000);
        let before = page.drawn();
        let everyone: Vec<(u32, u32)> = reached.iter().chain(&stayed).copied().collect();
        let new = at_level(&everyone, new_level, 3);
        let new_keys: Vec<CellKey> = new.iter().map(|cell| cell.key).collect();
        page.look(&new_keys);
        assert_eq!(
            page.drawn(),
            before,
            "the old level stays until the new has come"
        );
        page.take(&new.iter().map(Served::base).collect::<Vec<_>>());
        assert_eq!(page.field.missing(), 0);
        assert!(page.field.shown().all(|(key, _)| key.level == new_level));
        // Half a step of the coarser level each for `from` and `to`, and its flooring.
        let step = 2_i64 << (20 - old_level.min(new_level));
        let jump = apart(&before, &page.drawn());
        assert!(
            jump <= step,
            "{old_level} to {new_level}: {jump} units, {step} allowed"
        );
    }
}

#[test]
fn a_level_that_does_not_come_whole_is_shown_after_a_while() {
    let old = Served::new(LEFT, 1, &[(5, 5)]);
    let mut page = Page::looking_at(&[LEFT]);
    page.take(&[old.base()]);
    let new = at_level(&[(40, 40)], 12, 2);
    page.look(&new.iter().map(|cell| cell.key).collect::<Vec<_>>());
    page.take(&[new[0].base()]);
    assert_eq!(page.field.shown().next().unwrap().0.level, 11);
    page.pass(LONGEST_WAIT_MS + 1);
    page.take(&[]);
    assert_eq!(page.field.shown().next().unwrap().0.level, 12);
}

#[test]
fn a_selected_dot_is_followed_over_borders_and_through_renumberings() {
    let mut left = Served::new(LEFT, 1, &[(4000, 100), (1, 1)]);
    let mut right = Served::new(RIGHT, 1, &[(1, 4000), (2, 2)]);
    let mut page = Page::looking_at(&[LEFT, RIGHT]);
    page.take(&[left.base(), right.base()]);
    page.field
        .select(Some(DotRef { key: LEFT, slot: 1 }), &page.clock);
    page.pass(9_000);
    let leave = left.delta(
        2,
        CellChanges {
            leaves: vec![1],
            ..CellChanges::default()
        },
    );
    let enter = Enter {
        at: CellPoint { x: 1, y: 1 },
        look: LOOK,
        from: Some((-96, 100)),
    };
    let enter = right.delta(
        2,
        CellChanges {
            enters: vec![enter],
            ..CellChanges::default()
        },
    );
    page.take(&[leave, enter]);
    assert_eq!(
        page.field.selected().unwrap().0,
        DotRef {
            key: RIGHT,
            slot: 2
        }
    );
    page.take(&[right.rebase(2)]);
    let (at, dot) = page.field.selected().unwrap();
    assert_eq!(
        (at, dot.to),
        (
            DotRef {
                key: RIGHT,
                slot: 0
            },
            (1, 1)
        )
    );
}

#[test]
fn cells_that_a_new_connection_does_not_confirm_are_not_shown_as_new() {
    let (left, right) = (
        Served::new(LEFT, 1, &[(5, 5)]),
        Served::new(RIGHT, 1, &[(6, 6)]),
    );
    let mut page = Page::looking_at(&[LEFT, RIGHT]);
    page.take(&[left.base(), right.base()]);
    page.field.renewed(&page.clock);
    page.take(&[left.base()]);
    assert_eq!(page.drawn().len(), 2);
    page.pass(LONGEST_WAIT_MS + 1);
    page.take(&[]);
    assert_eq!(page.drawn().len(), 1);
}

#[test]
fn a_pick_finds_what_is_drawn_where_it_is_drawn() {
    use dotmap::pick::pick;
    use dotmap::style::{ColourBy, Filter, Styles};
    let mut cell = Served::new(LEFT, 1, &[(1000, 1000), (1000, 1020), (3000, 3000)]);
    let mut page = Page::looking_at(&[LEFT]);
    page.take(&[cell.base()]);
    page.take(&[cell.moves(2, &[(0, (1800, 1000))])]);
    page.pass(5_000);
    let middle = world_from_step(&LEFT, (1400.0, 1000.0));
    let camera = Camera {
        middle_world: middle,
        zoom: 11.0,
        size_css: (800.0, 600.0),
        ratio: 2.0,
        is_gcj02: false,
    };
    let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
    let picks = pick(
        &page.field,
        &camera,
        &page.clock,
        &styles,
        (400.0, 300.0),
        5.0,
    );
    assert_eq!(picks.dots.len(), 1, "half way there");
    assert_eq!(
        (
            picks.dots[0].dot.slot,
            picks.dots[0].tick,
            picks.dots[0].generation
        ),
        (0, 2, 1)
    );
    assert!((picks.dots[0].at_css.0 - 400.0).abs() < 0.1 && picks.dots[0].distance_css < 0.1);
    let all = pick(
        &page.field,
        &camera,
        &page.clock,
        &styles,
        (400.0, 300.0),
        60.0,
    );
    assert_eq!(
        all.dots
            .iter()
            .map(|pick| pick.dot.slot)
            .collect::<Vec<_>>(),
        [0, 1]
    );
    let none = Styles::new(
        ColourBy::Activity,
        Filter {
            activity: 0,
            ..Filter::default()
        },
        3,
    );
    assert!(
        pick(
            &page.field,
            &camera,
            &page.clock,
            &none,
            (400.0, 300.0),
            60.0
        )
        .dots
        .is_empty()
    );
}

#[test]
fn a_dot_that_still_glides_in_from_its_neighbour_is_picked_where_it_is_drawn() {
    use dotmap::pick::{census, pick};
    use dotmap::style::{ColourBy, Filter, Styles};
    let mut left = Served::new(LEFT, 1, &[(4000, 100)]);
    let mut right = Served::new(RIGHT, 1, &[]);
    let mut page = Page::looking_at(&[LEFT, RIGHT]);
    page.take(&[left.base(), right.base()]);
    let leave = left.delta(
        2,
        CellChanges {
            leaves: vec![0],
            ..CellChanges::default()
        },
    );
    let enter = right.delta(
        2,
        CellChanges {
            enters: vec![Enter {
                at: CellPoint { x: 80, y: 100 },
                look: LOOK,
                from: Some((-96, 100)),
            }],
            ..CellChanges::default()
        },
    );
    page.take(&[leave, enter]);
    page.pass(2_000);
    let (_, cell) = page.field.shown().find(|(key, _)| **key == RIGHT).unwrap();
    let (x, _) = cell.dot(0).unwrap().at(&page.clock);
    assert!((-90.0..-30.0).contains(&x), "still left of the border: {x}");
    let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
    // A picture that ends left of the border.
    let camera = Camera {
        middle_world: world_from_step(&RIGHT, (x, 100.0)),
        zoom: 14.0,
        size_css: (4.0, 4.0),
        ratio: 1.0,
        is_gcj02: false,
    };
    let picks = pick(&page.field, &camera, &page.clock, &styles, (2.0, 2.0), 0.5);
    assert_eq!(picks.dots.len(), 1);
    let seen = census(&page.field, &camera, &page.clock, &styles, &mut Vec::new());
    assert_eq!(seen.drawn, 1);
}

// The crate of properties is there for native tests only.
#[cfg(not(target_arch = "wasm32"))]
proptest::proptest! {
    #[test]
    fn a_pick_finds_what_asking_every_dot_finds(
        dots in proptest::collection::vec((0_u16..4096, 0_u16..4096), 1..300),
        moved in proptest::collection::vec((0_u16..4096, 0_u16..4096), 0..150),
        passed_ms in 0_u32..12_000,
        at_css in (0.0_f64..512.0, 0.0_f64..512.0),
        reach_css in 0.5_f64..200.0,
    ) {
        use dotmap::pick::{MOST_PICKS, pick};
        use dotmap::style::{ColourBy, Filter, Styles};
        let mut cell = Served::new(LEFT, 1, &dots);
        let mut page = Page::looking_at(&[LEFT]);
        page.take(&[cell.base()]);
        let moves: Vec<_> = (0..).zip(moved).take(dots.len()).collect();
        page.take(&[cell.moves(2, &moves)]);
        page.pass(passed_ms);
        // The cell fills the picture.
        let camera = Camera {
            middle_world: world_from_step(&LEFT, (2048.0, 2048.0)),
            zoom: f64::from(LEFT.level),
            size_css: (512.0, 512.0),
            ratio: 1.0,
            is_gcj02: false,
        };
        let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
        let picks = pick(&page.field, &camera, &page.clock, &styles, at_css, reach_css);
        let (_, cell) = page.field.shown().next().unwrap();
        let slots = 0..cell.records().len() as u32;
        let mut apart: Vec<f64> = slots
            .filter_map(|slot| {
                let (x, y) = cell.dot(slot)?.at(&page.clock);
                let css = |step: f32| f64::from(step) / 8.0;
                Some((css(x) - at_css.0).hypot(css(y) - at_css.1))
            })
            .collect();
        apart.sort_by(f64::total_cmp);
        // A dot on the very edge of the reach may be counted or not.
        let surely = apart.iter().filter(|apart| **apart < reach_css - 0.01).count();
        let perhaps = apart.iter().filter(|apart| **apart < reach_css + 0.01).count();
        let found = picks.dots.len() + picks.more;
        proptest::prop_assert!((surely..=perhaps).contains(&found), "{found}, not {surely}..={perhaps}");
        proptest::prop_assert_eq!(picks.dots.len(), found.min(MOST_PICKS));
        for (pick, apart) in picks.dots.iter().zip(&apart) {
            proptest::prop_assert!((pick.distance_css - apart).abs() < 0.01);
        }
    }
}
