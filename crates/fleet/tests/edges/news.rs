//! Serious alarms that began lately.

use crate::*;
use fleet::District;
use geo::{Rect, coord};
use wire::AlarmNews;

fn stage() -> Stage {
    let mut stage = Stage::new();
    let outline = Rect::new(coord! { x: 121.4, y: 31.0 }, coord! { x: 121.5, y: 31.1 });
    stage.fleet.set_districts(&[District {
        name_en: "Here".into(),
        name_zh: "这里".into(),
        outline: outline.to_polygon().into(),
    }]);
    stage
}

fn put(stage: &mut Stage, number: u32, lon: f64, level: u8) {
    let mut report = stage.report(number, Some(WorldPoint::from_lon_lat(lon, 31.05)));
    report.alarm_level = Some(Reading::Value(level));
    assert_eq!(stage.apply(&report), Applied::Fresh);
    stage.tick();
}

fn news(stage: &Stage) -> Vec<AlarmNews> {
    stage.fleet.summary().status(1, |_| String::new()).news
}

#[test]
fn only_an_alarm_that_becomes_serious_is_news_and_it_says_where_and_when() {
    let mut stage = stage();
    put(&mut stage, 1, 121.45, 2);
    assert_eq!(news(&stage), []);
    put(&mut stage, 1, 121.45, 3);
    let first = AlarmNews {
        level: 3,
        district: Some(0),
        began_unix_ms: stage.now.unix_ms,
    };
    assert_eq!(news(&stage), [first]);
    // It goes on: that is no news, nor is it when another vehicle reports.
    put(&mut stage, 1, 121.46, 3);
    put(&mut stage, 2, 121.45, 0);
    assert_eq!(news(&stage), [first]);
    put(&mut stage, 3, 121.7, 4);
    let second = AlarmNews {
        level: 4,
        district: None,
        began_unix_ms: stage.now.unix_ms,
    };
    assert_eq!(news(&stage), [second, first]);
    stage.wait_s(600);
    stage.tick();
    assert_eq!(news(&stage), [], "ten minutes later nothing of it is new");
}

#[test]
fn a_source_says_in_its_own_line_that_its_vehicles_are_cut_off() {
    let mut stage = stage();
    put(&mut stage, 1, 121.45, 0);
    let source = |stage: &Stage| {
        let status = stage.fleet.summary().status(0, |_| "maker".to_owned());
        (status.sources[0].cut_off, status.cut_off)
    };
    assert_eq!(source(&stage), (false, 0));
    stage.wait_s(600);
    stage.tick();
    assert_eq!(source(&stage), (true, 1));
    put(&mut stage, 1, 121.45, 0);
    stage.tick();
    assert_eq!(source(&stage), (false, 0));
}
