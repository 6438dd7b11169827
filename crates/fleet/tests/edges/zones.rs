//! Zones: what a scope that is not exempt gets of a vehicle in one, output by output.

use fleet::{District, SCOPES, Zone, ZoneRule, Zones};
use geo::{BoundingRect, Contains, Point, Rect, coord, polygon};
use wire::Status;

use crate::*;

const WEST: (f64, f64) = (121.20, 31.05);
const INSIDE: (f64, f64) = (121.45, 31.05);

/// A square around [`INSIDE`], about 2 km each way, of which the exact scope is exempt.
fn zone(rule: ZoneRule) -> Zone {
    let mut exempt = [false; SCOPES];
    exempt[0] = true;
    let (lon, lat) = INSIDE;
    let outline = Rect::new(
        coord! { x: lon - 0.01, y: lat - 0.01 },
        coord! { x: lon + 0.01, y: lat + 0.01 },
    );
    Zone {
        name: "Zone".into(),
        outline: outline.to_polygon().into(),
        rule,
        exempt,
    }
}

fn stage_with(zones: &[Zone]) -> Stage {
    // Who drives is not displaced: these tests are of zones alone.
    let mut stage = Stage::with(fleet::Rules {
        private_driving_exact: true,
        ..fleet::Rules::default()
    });
    let outline = Rect::new(coord! { x: 121.0, y: 31.0 }, coord! { x: 122.0, y: 31.1 });
    stage.fleet.set_districts(&[District {
        name_en: "Here".into(),
        name_zh: "这里".into(),
        outline: outline.to_polygon().into(),
    }]);
    stage.fleet.set_zones(Zones::new(zones).unwrap());
    stage
}

fn point((lon, lat): (f64, f64)) -> WorldPoint {
    WorldPoint::from_lon_lat(lon, lat)
}

fn status(stage: &Stage, scope: u8) -> Status {
    stage.fleet.summary().status(scope, |_| String::new())
}

/// Until a status frame has the districts.
fn district_shown(stage: &mut Stage, scope: u8) -> Option<u32> {
    loop {
        if let Some(district) = status(stage, scope).districts.first() {
            return district.shown;
        }
        stage.tick();
    }
}

#[test]
fn a_dot_that_enters_a_hidden_zone_goes_and_one_that_leaves_it_comes_back() {
    let mut stage = stage_with(&[zone(ZoneRule::Hide)]);
    let keys = [point(WEST), point(INSIDE)].map(|at| wire::cell_of(at, 11, 1).0);
    let mut pages: Vec<Page> = keys.map(|key| Page::open(&mut stage, key)).into();
    let mut all = Page::open(&mut stage, wire::cell_of(point(WEST), 3, 1).0);
    for (to, dots) in [(WEST, 1), (INSIDE, 0), (WEST, 1), (INSIDE, 0)] {
        stage.put(1, point(to));
        stage.tick();
        assert_eq!(stage.shown(0, 1), Some(point(to)), "exempt");
        assert_eq!(stage.shown(1, 1), (dots > 0).then_some(point(to)));
        for page in pages.iter_mut().chain([&mut all]) {
            page.catch_up(&stage);
        }
        assert_eq!(pages[1].mirror().alive(), 0);
        assert_eq!(pages[0].mirror().alive(), dots);
        assert_eq!(all.mirror().alive(), dots);
        let joined = Page::open(&mut stage, keys[1]);
        assert_eq!(joined.mirror().alive(), 0, "also for one who joins");
        stage.wait_s(5);
    }
}

#[test]
fn a_zone_names_what_may_be_known_of_a_vehicle_in_it_on_every_output() {
    let mut stage = stage_with(&[zone(ZoneRule::Hide)]);
    let mut report = stage.report(1, Some(point(INSIDE)));
    report.alarm_level = Some(Reading::Value(3));
    report.raw_position = Some(fleet::RawPosition {
        lon_e6: 121_450_000,
        lat_e6: 31_050_000,
        valid: true,
    });
    // Time, a position, an item of the maker's own, an alarm.
    let body = [0u8, 7, 60, 90, 144, 1, 217, 204, 80];
    report.items = [
        &[26, 11, 22, 1, 2, 3][..],
        &[0x05],
        &body,
        &[0x80, 0, 2, 9, 9],
        &[0x07, 3, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat()
    .into();
    stage.apply(&report);
    stage.tick();
    let car = stage.ix(1);

    let exact = stage.fleet.seen_by(0, car).unwrap();
    assert!(!exact.place_withheld && exact.raw_position.is_some());
    assert_eq!(exact.fix.unwrap().value, point(INSIDE));
    assert!(exact.items.iter().any(|item| item.kind == 0x05));
    let seen = stage.fleet.seen_by(1, car).unwrap();
    assert!(seen.place_withheld && seen.fix.is_none() && seen.raw_position.is_none());
    let kinds: Vec<u8> = seen.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [0x07], "neither a position nor what could hold one");

    assert_eq!(stage.fleet.district(0, car), Some(0));
    assert_eq!(stage.fleet.district(1, car), None);
    assert!(stage.fleet.is_zoned(1, car) && !stage.fleet.is_zoned(0, car));
    assert_eq!(status(&stage, 0).news[0].district, Some(0));
    assert_eq!(status(&stage, 1).news[0].district, None);
    assert_eq!(status(&stage, 1).alarms[3], 1, "the alarm itself is told");
    assert_eq!(district_shown(&mut stage, 0), Some(1));
    assert_eq!(district_shown(&mut stage, 1), None);
}

#[test]
fn in_a_coarse_zone_all_who_are_near_one_another_are_in_one_place() {
    let mut stage = stage_with(&[zone(ZoneRule::Coarsen { level: 4 })]);
    let corner = point(INSIDE);
    let square = 1u32 << 16;
    let corner = WorldPoint {
        x: corner.x & !(square - 1),
        y: corner.y & !(square - 1),
    };
    for number in 0..20u32 {
        let place = WorldPoint {
            x: corner.x + (square / 20) * number,
            y: corner.y + square - 1,
        };
        stage.put(number, place);
        stage.tick();
        let middle = WorldPoint {
            x: corner.x + square / 2,
            y: corner.y + square / 2,
        };
        assert_eq!(stage.shown(1, number), Some(middle));
        assert_eq!(stage.shown(0, number), Some(place));
        let card = stage.fleet.seen_by(1, stage.ix(number)).unwrap();
        assert_eq!(card.fix.unwrap().value, middle);
        assert!(card.place_withheld);
    }
    assert_eq!(status(&stage, 1).live, 20, "coarse ones are on the map");
}

#[test]
fn in_a_zone_of_delay_every_place_is_that_old_and_none_comes_sooner_by_leaving() {
    let mut stage = stage_with(&[zone(ZoneRule::Delay { seconds: 60 })]);
    stage.put(1, point(WEST));
    stage.tick();
    let mut places = Vec::new();
    for step in 0..40u32 {
        let at = point((INSIDE.0 + 0.0001 * f64::from(step), INSIDE.1));
        stage.put(1, at);
        places.push(at);
        stage.wait_s(4);
        stage.tick();
        let shown = stage.shown(1, 1);
        match shown.map(|at| places.iter().position(|place| *place == at).unwrap()) {
            None => assert!(step < 12, "{step}"),
            Some(place) => {
                let age_s = (places.len() - 1 - place) * 5 + 5;
                assert!((60..=70).contains(&age_s), "{age_s}");
            }
        }
    }
    // It stands there; where it stands is shown in the end, although it reports nothing.
    for _ in 0..70 {
        stage.tick();
    }
    assert_eq!(stage.shown(1, 1), places.last().copied());
    stage.put(1, point(WEST));
    stage.tick();
    assert_eq!(stage.shown(1, 1), Some(point(WEST)));
}

#[test]
fn of_zones_that_overlap_the_strictest_counts_and_others_may_be_set_at_any_time() {
    let hide = zone(ZoneRule::Hide);
    let coarse = zone(ZoneRule::Coarsen { level: 2 });
    for zones in [[hide.clone(), coarse.clone()], [coarse.clone(), hide]] {
        let mut stage = stage_with(&zones);
        stage.put(1, point(INSIDE));
        stage.tick();
        assert_eq!(stage.shown(1, 1), None);
        stage
            .fleet
            .set_zones(Zones::new(std::slice::from_ref(&coarse)).unwrap());
        stage.tick();
        assert!(stage.shown(1, 1).is_some_and(|at| at != point(INSIDE)));
        stage.fleet.set_zones(Zones::default());
        stage.tick();
        assert_eq!(stage.shown(1, 1), Some(point(INSIDE)));
    }
    // A zone that nobody is exempt from is in force for the exact scope too.
    let for_all = Zone {
        exempt: [false; SCOPES],
        ..zone(ZoneRule::Hide)
    };
    let mut stage = stage_with(&[for_all]);
    stage.put(1, point(INSIDE));
    stage.put(2, point(WEST));
    stage.tick();
    assert_eq!(stage.shown(0, 1), None);
    assert!(stage.shown(0, 2).is_some());
    assert_eq!(status(&stage, 0).live, 0, "in tens: two are about none");
    assert_eq!(
        stage.fleet.counts().all.shown(),
        2,
        "the truth stays inside"
    );
}

#[test]
fn who_sees_less_than_there_is_is_told_counts_in_tens() {
    let mut everybody = zone(ZoneRule::Hide);
    everybody.exempt = [false; SCOPES];
    for (zones, exact) in [
        (vec![], 0),
        (vec![zone(ZoneRule::Hide)], 0),
        (vec![everybody], 10),
    ] {
        let mut stage = stage_with(&zones);
        stage.tick();
        assert_eq!(status(&stage, 0).told_from, exact);
        assert_eq!(status(&stage, 1).told_from, 10);
        assert_eq!(status(&stage, fleet::VISITOR).told_from, 10);
    }
}

#[test]
fn a_counter_says_neither_that_a_dot_entered_a_zone_nor_what_it_does_there() {
    let mut stage = stage_with(&[zone(ZoneRule::Hide)]);
    for number in 0..100 {
        stage.put(number, point(WEST));
    }
    stage.tick();
    let adds_up = |status: &Status| {
        let excluded: u32 = status.excluded.iter().map(|(_, count)| count).sum();
        let shown = status.live + status.late + status.silent + status.cut_off;
        assert_eq!(status.registered, shown + excluded);
    };
    // What a clock or another vehicle changes is left out.
    let of_dots = |status: Status| Status {
        tick: 0,
        tick_unix_ms: 0,
        districts: Vec::new(),
        reports_per_s: 0,
        newest_report_age_ms: None,
        sources: Vec::new(),
        ..status
    };
    let before = of_dots(status(&stage, 1));
    assert_eq!((before.live, before.registered), (100, 100));
    for activity in [
        Activity::Driving,
        Activity::Parked,
        Activity::Charging,
        Activity::Off,
    ] {
        for number in 0..4 {
            stage.put_doing(number, point(INSIDE), activity);
        }
        stage.tick();
        let after = status(&stage, 1);
        adds_up(&after);
        assert_eq!(of_dots(after), before, "{activity:?}");
    }
    for number in 0..40 {
        stage.put(number, point(INSIDE));
    }
    stage.tick();
    let crowded = status(&stage, 1);
    assert_eq!((crowded.live, crowded.activity[1]), (100, 100));
    adds_up(&status(&stage, 1));
    assert_eq!(status(&stage, 0).registered, 100);
}

#[test]
fn a_zone_covers_what_its_outline_covers_and_little_more() {
    let triangle: geo::Polygon = polygon![
        (x: 121.41, y: 31.01), (x: 121.49, y: 31.03), (x: 121.43, y: 31.09)
    ];
    let mut stage = stage_with(&[Zone {
        outline: triangle.clone().into(),
        ..zone(ZoneRule::Hide)
    }]);
    let rect = triangle.bounding_rect().unwrap();
    let mut hidden = 0;
    for number in 0..4_000u32 {
        let lot = |salt: u32| {
            let mixed = number.wrapping_mul(2_654_435_761).wrapping_add(salt);
            f64::from(mixed.wrapping_mul(2_246_822_519) >> 8) / f64::from(1 << 24)
        };
        let (lon, lat) = (
            rect.min().x + lot(1) * rect.width(),
            rect.min().y + lot(99) * rect.height(),
        );
        stage.put(number, point((lon, lat)));
        stage.tick();
        let is_hidden = stage.shown(1, number).is_none();
        hidden += u32::from(is_hidden);
        if is_hidden != triangle.contains(&Point::new(lon, lat)) {
            // 30 m are 0.0003 degrees.
            let ways = [-3e-4, 0.0, 3e-4];
            let mut around = ways.iter().flat_map(|dx| ways.map(|dy| (dx, dy)));
            let near = around.any(|(dx, dy)| triangle.contains(&Point::new(lon + dx, lat + dy)));
            assert!(is_hidden && near, "{lon} {lat}");
        }
    }
    assert!((500..3_500).contains(&hidden), "{hidden}");
}

#[test]
fn too_many_zones_or_corners_are_refused() {
    let many = vec![zone(ZoneRule::Hide); fleet::MAX_ZONES + 1];
    assert!(Zones::new(&many).is_err());
    let corners = (0..=fleet::MAX_ZONE_CORNERS).map(|i| {
        let turn = i as f64 / fleet::MAX_ZONE_CORNERS as f64 * std::f64::consts::TAU;
        (121.0 + 0.1 * turn.cos(), 31.0 + 0.1 * turn.sin())
    });
    let round = geo::Polygon::new(corners.collect(), vec![]);
    let zone = Zone {
        outline: round.into(),
        ..zone(ZoneRule::Hide)
    };
    assert!(Zones::new(&[zone]).is_err());
}

#[test]
fn small_figures_of_districts_are_for_the_exact_scope_alone() {
    let mut stage = stage_with(&[]);
    stage.put(1, point(WEST));
    stage.tick();
    assert_eq!(district_shown(&mut stage, 0), Some(1));
    assert_eq!(district_shown(&mut stage, 1), None);
    for number in 2..7 {
        stage.put(number, point(WEST));
    }
    stage.tick();
    assert_eq!(district_shown(&mut stage, 1), Some(6));
    let key = wire::cell_of(point(WEST), 11, 1).0;
    assert_eq!(Page::open(&mut stage, key).mirror().alive(), 6);
}
