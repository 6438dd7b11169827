//! Counts by district and class.

use crate::*;
use fleet::{District, Tally};
use geo::{Rect, coord};

/// Two squares side by side; their border is at 121.5 degrees east.
fn districts() -> Vec<District> {
    [121.4, 121.5]
        .map(|west| District {
            name_en: format!("From {west}"),
            name_zh: format!("{west}"),
            outline: Rect::new(
                coord! { x: west, y: 31.0 },
                coord! { x: west + 0.1, y: 31.1 },
            )
            .to_polygon()
            .into(),
        })
        .to_vec()
}

fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.fleet.set_districts(&districts());
    stage
}

fn shown(stage: &Stage) -> Vec<u32> {
    let counts = stage.fleet.counts();
    counts.by_district.iter().map(Tally::shown).collect()
}

#[test]
fn a_vehicle_counts_in_the_district_it_is_in_and_moves_to_the_next_with_it() {
    let mut stage = stage();
    stage.put(1, WorldPoint::from_lon_lat(121.45, 31.05));
    stage.put(2, WorldPoint::from_lon_lat(121.46, 31.05));
    stage.put(3, WorldPoint::from_lon_lat(121.70, 31.05));
    stage.tick();
    assert_eq!(shown(&stage), [2, 0], "the third is in none");
    stage.wait_s(10);
    stage.put(1, WorldPoint::from_lon_lat(121.55, 31.05));
    stage.put(3, WorldPoint::from_lon_lat(121.59, 31.05));
    stage.tick();
    assert_eq!(shown(&stage), [1, 2]);
    stage.wait_s(10);
    stage.put_doing(
        2,
        WorldPoint::from_lon_lat(121.46, 31.05),
        Activity::Charging,
    );
    stage.tick();
    let charging = stage.fleet.counts().by_district[0].activity[Activity::Charging as usize];
    assert_eq!((shown(&stage), charging), (vec![1, 2], 1));
}

#[test]
fn a_vehicle_that_gets_another_class_counts_in_that_one_alone() {
    let mut stage = stage();
    stage.put(1, WorldPoint::from_lon_lat(121.45, 31.05));
    stage.tick();
    stage.register(1, Class::Taxi);
    stage.wait_s(1);
    stage.put(1, WorldPoint::from_lon_lat(121.45, 31.05));
    stage.tick();
    let by_class = stage.fleet.counts().by_class.map(|tally| tally.shown());
    assert_eq!(by_class, [0, 1, 0, 0, 0, 0]);
}

#[test]
fn the_status_frame_has_districts_now_and_then_and_always_the_same_ones() {
    let mut stage = stage();
    stage.put(1, WorldPoint::from_lon_lat(121.55, 31.05));
    let (mut with, mut without) = (0, 0);
    for _ in 0..20 {
        stage.tick();
        let status = stage.fleet.summary().status(0, |_| String::new());
        match &status.districts[..] {
            [] => without += 1,
            [first, second] => {
                assert_eq!((first.shown, second.shown), (Some(0), Some(1)));
                assert_eq!(second.driving, Some(1));
                with += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((with, without), (4, 16));
}
