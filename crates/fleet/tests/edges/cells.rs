//! Cells, slots and those who watch them.

use fleet::{Applied, Rules};
use wire::{Activity, CellKey, CellPoint, Change, Freshness, View, WorldPoint, cell_of};

use crate::{CITY, Page, Stage, at, vin};

#[test]
fn vehicles_with_equal_morton_codes_keep_their_order_through_rebases() {
    let mut stage = Stage::new();
    for number in 0..6 {
        stage.put(number, at(CITY, 100, 100));
    }
    stage.tick();
    let mut page = Page::open(&mut stage, CITY);
    let before = page.who(&stage);
    // Others come and go until the cell has been renumbered more than once.
    for round in 0..40 {
        for number in 10..30 {
            stage.put(number, at(CITY, 2_000 + round, number as u16 * 7));
        }
        stage.tick();
        page.catch_up(&stage);
    }
    assert!(page.rebases >= 2, "{}", page.rebases);
    let twins: Vec<_> = page
        .who(&stage)
        .into_iter()
        .filter(|who| before.contains(who))
        .collect();
    assert_eq!(twins, before);
}

#[test]
fn a_vehicle_that_leaves_and_enters_within_one_tick_only_moves() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 100, 100));
    stage.tick();
    let mut page = Page::open(&mut stage, CITY);
    let next_door = CellKey {
        x: CITY.x + 1,
        ..CITY
    };
    stage.put(1, at(next_door, 5, 5));
    stage.put(1, at(CITY, 101, 100));
    stage.tick();
    page.catch_up(&stage);
    assert_eq!(
        page.changes,
        [Change::Move {
            slot: 0,
            from: CellPoint { x: 100, y: 100 },
            to: CellPoint { x: 101, y: 100 },
        }]
    );
}

#[test]
fn a_vehicle_on_a_border_is_in_one_cell_and_glides_across_it() {
    let mut stage = Stage::new();
    let east = CellKey {
        x: CITY.x + 1,
        ..CITY
    };
    stage.put(1, at(CITY, 4095, 7));
    stage.tick();
    let mut west_page = Page::open(&mut stage, CITY);
    let mut east_page = Page::open(&mut stage, east);
    assert_eq!(
        (west_page.mirror().alive(), east_page.mirror().alive()),
        (1, 0)
    );
    // One world unit further: exactly on the border, which is the eastern cell's.
    let border = east.origin();
    stage.put(
        1,
        WorldPoint {
            x: border.x,
            y: at(CITY, 0, 7).y,
        },
    );
    stage.tick();
    let encoded = stage.fleet.summary().encoded;
    assert_eq!((encoded.cells, encoded.changes), (2, 2));
    west_page.catch_up(&stage);
    east_page.catch_up(&stage);
    assert_eq!(
        (west_page.mirror().alive(), east_page.mirror().alive()),
        (0, 1)
    );
    assert_eq!(west_page.changes, [Change::Leave { slot: 0 }]);
    assert!(
        matches!(east_page.changes[..], [Change::Enter { at, from: Some((-1, 7)), .. }] if at.x == 0)
    );
}

#[test]
fn a_vehicle_that_crosses_the_date_line_takes_one_step() {
    let mut stage = Stage::new();
    let (level, y) = (8, 100 << 24);
    let last = CellKey {
        scope: 0,
        level,
        x: 255,
        y: 100,
    };
    let first = CellKey { x: 0, ..last };
    stage.put(1, WorldPoint { x: u32::MAX, y });
    stage.tick();
    let mut page = Page::open(&mut stage, first);
    let _other = Page::open(&mut stage, last);
    stage.put(1, WorldPoint { x: 0, y });
    stage.tick();
    page.catch_up(&stage);
    assert!(matches!(
        page.changes[..],
        [Change::Enter {
            from: Some((-1, 0)),
            ..
        }]
    ));
}

#[test]
fn a_look_that_changes_while_the_position_stays_is_told_alone() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let mut page = Page::open(&mut stage, CITY);
    stage.put_doing(1, at(CITY, 9, 9), Activity::Charging);
    stage.tick();
    page.catch_up(&stage);
    assert!(
        matches!(page.changes[..], [Change::Look { slot: 0, look }] if look.activity() == Activity::Charging)
    );
    // And again without any report, when it is overdue.
    stage.wait_s(100);
    stage.tick();
    page.catch_up(&stage);
    assert!(
        matches!(page.changes[..], [Change::Look { slot: 0, look }] if look.freshness() == Freshness::Late)
    );
}

#[test]
fn a_report_that_changes_nothing_sends_nothing() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let page = Page::open(&mut stage, CITY);
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    assert!(
        stage
            .fleet
            .cell(&CITY)
            .unwrap()
            .lacking(page.have())
            .is_empty()
    );
    assert_eq!(stage.fleet.summary().encoded.changes, 0);
}

#[test]
fn a_click_that_names_a_generation_before_a_rebase_opens_the_vehicle_that_was_there() {
    let mut stage = Stage::new();
    for number in 0..50 {
        stage.put(number, at(CITY, 40 * number as u16, 7));
    }
    stage.tick();
    let mut page = Page::open(&mut stage, CITY);
    let mut round = 0;
    loop {
        let (clicked, who) = (page.have().unwrap(), page.who(&stage));
        let tick = stage.fleet.last_tick();
        // Everybody goes elsewhere, so that no slot keeps its vehicle.
        round += 1;
        for number in 0..50 {
            stage.put(
                number,
                at(CITY, 40 * ((number * 7 + round) % 50) as u16, round as u16),
            );
        }
        stage.tick();
        page.catch_up(&stage);
        if page.have().unwrap().0 == clicked.0 {
            continue;
        }
        assert_ne!(page.who(&stage), who);
        for (slot, vehicle) in who.iter().enumerate() {
            let opened = |fleet: &fleet::Fleet| fleet.resolve(&CITY, clicked.0, slot as u32, tick);
            assert_eq!(opened(&stage.fleet), *vehicle);
        }
        for _ in 0..9 {
            stage.tick();
        }
        assert_eq!(stage.fleet.resolve(&CITY, clicked.0, 0, tick), who[0]);
        stage.tick();
        assert_eq!(stage.fleet.resolve(&CITY, clicked.0, 0, tick), None);
        return;
    }
}

#[test]
fn a_click_on_a_cell_that_was_left_since_is_still_resolved() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let page = Page::open(&mut stage, CITY);
    let (generation, tick) = page.have().unwrap();
    stage.fleet.unwatch(CITY);
    for _ in 0..10 {
        stage.tick();
        let opened = stage.fleet.resolve(&CITY, generation, 0, tick);
        assert_eq!(opened, Some(stage.ix(1)));
    }
    stage.tick();
    assert_eq!(stage.fleet.resolve(&CITY, generation, 0, tick), None);
    assert_eq!(
        stage
            .fleet
            .resolve(&CITY, generation, 77, stage.fleet.last_tick()),
        None
    );
}

#[test]
fn a_thousand_viewers_that_pan_every_tick_leave_nothing_behind() {
    let mut stage = Stage::new();
    for number in 0..500 {
        stage.put(number, at(CITY, (number * 8) as u16, (number * 5) as u16));
    }
    let mut views: Vec<Vec<CellKey>> = vec![Vec::new(); 1_000];
    for round in 0..12u32 {
        for (viewer, cells) in views.iter_mut().enumerate() {
            for key in cells.drain(..) {
                stage.fleet.unwatch(key);
            }
            let west = CITY.origin().x + (viewer as u32 * 7_919 + round * 104_729) % (1 << 21);
            let view = View {
                seq: round,
                level: 15,
                x0: west,
                x1: west + (3 << 17),
                y0: CITY.origin().y,
                y1: CITY.origin().y + (2 << 17),
            };
            cells.extend(view.cells(0).unwrap());
            for key in cells.iter() {
                assert!(stage.fleet.watch(*key));
            }
        }
        // However many look, a cell is there once: 16 columns and some beyond the edge, 3 rows.
        stage.tick();
        assert!(
            stage.fleet.watched_cells() <= 20 * 3,
            "{}",
            stage.fleet.watched_cells()
        );
    }
    for key in views.into_iter().flatten() {
        stage.fleet.unwatch(key);
    }
    stage.tick();
    assert_eq!(stage.fleet.watched_cells(), 0);
}

#[test]
fn a_level_nobody_looks_at_any_more_costs_nothing() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let _page = Page::open(&mut stage, CITY);
    stage.fleet.unwatch(CITY);
    // Whoever comes back before the next tick finds the same cell.
    let again = Page::open(&mut stage, CITY);
    assert_eq!(again.mirror().alive(), 1);
    stage.fleet.unwatch(CITY);
    stage.put(1, at(CITY, 99, 9));
    stage.tick();
    assert!(stage.fleet.cell(&CITY).is_none());
    assert_eq!(stage.fleet.watched_cells(), 0);
    assert_eq!(stage.fleet.summary().encoded.bytes, 0);
    // More goodbyes than welcomes do no harm.
    stage.fleet.unwatch(CITY);
    stage.tick();
}

#[test]
fn an_8k_wall_sees_every_dot_once() {
    let mut stage = Stage::with(Rules::default());
    let centre = WorldPoint::from_lon_lat(121.47, 31.23);
    for number in 0..2_000u32 {
        let (dx, dy) = (number % 50 * 660_000, number / 50 * 400_000);
        stage.put(
            number,
            WorldPoint {
                x: centre.x - 16_500_000 + dx,
                y: centre.y - 8_000_000 + dy,
            },
        );
    }
    stage.tick();
    // 7,680 × 4,320 px and 128 px around it at zoom 11.3: 2^(32 − 9 − 11.3) units a pixel.
    let px = 2f64.powf(32.0 - 9.0 - 11.3) as u32;
    let view = View {
        seq: 1,
        level: 11,
        x0: centre.x - 3_968 * px,
        x1: centre.x + 3_968 * px,
        y0: centre.y - 2_288 * px,
        y1: centre.y + 2_288 * px,
    };
    let mut seen = 0;
    for key in view.cells(0).unwrap() {
        seen += Page::open(&mut stage, key).mirror().alive();
    }
    let inside = (0..2_000)
        .filter(|number| {
            let point = stage.shown(0, *number).unwrap();
            view.cells(0)
                .unwrap()
                .any(|key| key == cell_of(point, 11, 0).0)
        })
        .count();
    assert_eq!(seen as usize, inside);
    assert!((1_500..2_000).contains(&inside), "{inside}");
}

#[test]
fn a_joiner_between_ticks_sees_the_last_tick_and_then_goes_on_like_everybody() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let mut early = Page::open(&mut stage, CITY);
    stage.put(1, at(CITY, 50, 9));
    stage.put(2, at(CITY, 60, 9));
    let mut late = Page::open(&mut stage, CITY);
    assert_eq!(late.mirror(), early.mirror());
    stage.tick();
    early.catch_up(&stage);
    late.catch_up(&stage);
    assert_eq!(late.mirror(), early.mirror());
    assert_eq!(late.mirror().alive(), 2);
    assert_eq!((early.bases, late.bases), (1, 1));
}

#[test]
fn a_laggard_gets_what_it_missed_and_after_long_the_base() {
    let mut stage = Stage::new();
    for number in 0..200 {
        stage.put(number, at(CITY, number as u16 * 20, 9));
    }
    stage.tick();
    let mut awake = Page::open(&mut stage, CITY);
    let mut asleep = Page::open(&mut stage, CITY);
    for missed in [3, 9, 40] {
        for round in 0..missed {
            stage.put(round % 5, at(CITY, 7 * round as u16, 1_000 + missed as u16));
            stage.tick();
            awake.catch_up(&stage);
        }
        asleep.catch_up(&stage);
        assert_eq!(asleep.mirror(), awake.mirror());
        assert_eq!(
            asleep.bases,
            1 + u32::from(missed == 40),
            "after {missed} ticks"
        );
    }
    assert_eq!(awake.bases, 1);
}

#[test]
fn all_viewers_of_a_cell_share_its_bytes() {
    let mut stage = Stage::new();
    stage.put(1, at(CITY, 9, 9));
    stage.tick();
    let page = Page::open(&mut stage, CITY);
    let one = stage.fleet.cell(&CITY).unwrap();
    let other = stage.fleet.cell(&CITY).unwrap();
    assert_eq!(one.base().as_ptr(), other.base().as_ptr());
    stage.put(1, at(CITY, 10, 9));
    stage.tick();
    let delta = |stage: &Stage| stage.fleet.cell(&CITY).unwrap().lacking(page.have())[0].clone();
    assert_eq!(delta(&stage).as_ptr(), delta(&stage).as_ptr());
}

#[test]
fn cells_that_do_not_exist_are_not_watched() {
    let mut stage = Stage::new();
    for key in [
        CellKey { scope: 2, ..CITY },
        CellKey {
            scope: 1,
            level: 12,
            ..CITY
        },
        CellKey { level: 21, ..CITY },
        CellKey { x: 2048, ..CITY },
    ] {
        assert!(!stage.fleet.watch(key), "{key:?}");
        assert!(stage.fleet.cell(&key).is_none());
        stage.fleet.unwatch(key);
    }
    assert_eq!(stage.fleet.find(&vin(1)), None);
    assert_eq!(Applied::Fresh.name(), "fresh");
}
