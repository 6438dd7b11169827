use super::*;
use crate::sprite::covers;
use crate::style::{ColourBy, Filter};
use proptest::prelude::*;

const TO_PX: ScreenFromCell = ScreenFromCell {
    origin_px: (-20.0, -20.0),
    px_per_step: 0.125,
};

/// The same picture, slowly: every pixel asks every dot.
fn slowly(dots: &[Dot], clock: &Clock, styles: &Styles, width: u32, height: u32) -> Vec<u32> {
    let mut picture = vec![0; (width * height) as usize];
    for dot in dots.iter().filter(|dot| !dot.is_vacant()) {
        let (x, y) = dot.at(clock);
        let sprite = styles.sprite(dot.look);
        let shape = crate::sprite::Shape::ALL[usize::from(styles.sprite_index(dot.look)) % 4];
        let edge = |origin: f32, step: f32| {
            let rim_px = RIM_PX as f32;
            let shift_px = rim_px + 0.5 - sprite.width_px as f32 / 2.0;
            ((origin + step * TO_PX.px_per_step + shift_px).floor() - rim_px) as i32
        };
        let (left, top) = (edge(TO_PX.origin_px.0, x), edge(TO_PX.origin_px.1, y));
        for dy in 0..sprite.width_px {
            for dx in 0..sprite.width_px {
                let (px, py) = (left + dx as i32, top + dy as i32);
                let inside = px >= 0 && py >= 0 && px < width as i32 && py < height as i32;
                if inside && covers(shape, sprite.width_px, dx, dy) {
                    let pixel: &mut u32 = &mut picture[(py * width as i32 + px) as usize];
                    *pixel = (*pixel).max(styles.colour(dot.look));
                }
            }
        }
    }
    picture
}

fn dots() -> impl Strategy<Value = Vec<Dot>> {
    let step = -2_000_i16..6_000;
    let dot = (
        step.clone(),
        step.clone(),
        step.clone(),
        step,
        0_u32..20_000,
        0_u16..0x1000,
        0_u16..15_000,
    )
        .prop_map(
            |(from_x, from_y, to_x, to_y, start_ms, look, glide_ms)| Dot {
                from: (from_x, from_y),
                to: (to_x, to_y),
                start_ms,
                look,
                glide_ms,
            },
        );
    proptest::collection::vec(dot, 0..200)
}

proptest! {
    #[test]
    fn the_fast_picture_is_the_slow_one(dots in dots(), width in 1_u32..12, order in any::<u64>()) {
        let styles = Styles::new(ColourBy::Activity, Filter::default(), width);
        let clock = Clock::new(15_000);
        let mut picture = Picture::default();
        picture.resize(300, 200);
        let mut records: Vec<_> = dots.iter().map(Dot::pack).collect();
        // Whatever the slots are numbered like, the picture is the same.
        let turn = order as usize % records.len().max(1);
        records.rotate_left(turn);
        picture.begin();
        picture.draw_cell(&records, &TO_PX, &clock, &styles);
        picture.finish();
        let slow = slowly(&dots, &clock, &styles, 300, 200);
        for y in 0..200 {
            for x in 0..300 {
                prop_assert_eq!(picture.pixel(x, y), slow[(y * 300 + x) as usize], "at {} {}", x, y);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn putting_what_changed_puts_the_whole_picture(
        scenes in proptest::collection::vec((dots(), 0..4, any::<bool>()), 1..5),
        width in 1_u32..12,
    ) {
        let styles = Styles::new(ColourBy::Activity, Filter::default(), width);
        let clock = Clock::new(15_000);
        let sized = || {
            let mut picture = Picture::default();
            picture.resize(300, 200);
            picture
        };
        let mut picture = sized();
        let stride = picture.size_with_rim().0 as usize * 4;
        let mut canvas = picture.bytes().to_vec();
        let end = canvas.len();
        for (dots, light, stays) in scenes {
            let records: Vec<_> = dots.iter().map(Dot::pack).collect();
            let draw = |picture: &mut Picture| {
                picture.draw_cell(&records, &TO_PX, &clock, &styles);
                picture.draw_ring((150.0, 199.0), 21, u32::MAX);
                picture.finish();
            };
            match light {
                0 => picture.begin_in_afterglow(9),
                1 => picture.begin_density(),
                _ => picture.begin(),
            }
            draw(&mut picture);
            let whole = picture.bytes().to_vec();
            let put = picture.put(stays, |bytes, part| {
                let Part { x_px, y_px, width_px, height_px } = part;
                let (from, to) = (x_px as usize * 4, (x_px + width_px) as usize * 4);
                let rows = (y_px..y_px + height_px).map(|y| y as usize * stride);
                for row in rows.filter(|row| *row < end) {
                    canvas[row + from..row + to].copy_from_slice(&bytes[row + from..row + to]);
                }
                Ok::<(), ()>(())
            });
            prop_assert!(put.is_ok() && canvas == whole);
            prop_assert!(stays || picture.bytes().iter().all(|byte| *byte == 0));
            if light >= 2 {
                let mut alone = sized();
                alone.begin();
                draw(&mut alone);
                prop_assert!(canvas == alone.bytes(), "something of an earlier picture is left");
            }
        }
    }
}

#[test]
fn bare_ground_is_not_put() {
    let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
    let mut picture = Picture::default();
    picture.resize(1_000, 1_000);
    let plain = ScreenFromCell {
        origin_px: (0.0, 0.0),
        px_per_step: 1.0,
    };
    let dot = Dot::standing((500, 500), 1, 0).pack();
    let [first, second, third] = [&[dot][..], &[], &[]].map(|dots| {
        picture.begin();
        picture.draw_cell(dots, &plain, &Clock::new(0), &styles);
        picture.finish();
        let mut pixels = 0;
        let put = picture.put(false, |_, part| {
            pixels += part.width_px * part.height_px;
            Ok::<(), ()>(())
        });
        assert!(put.is_ok());
        pixels
    });
    assert!(first > 0 && first < 10_000, "{first}");
    assert_eq!(second, first, "the dot that went has to be wiped away");
    assert_eq!(third, 0);
}

#[test]
fn density_counts_every_dot_and_leaves_serious_alarms_above() {
    let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
    const DRIVING: u16 = 1;
    const ALARM: u16 = DRIVING | 3 << 5;
    let mut picture = Picture::default();
    picture.resize(40, 40);
    let plain = ScreenFromCell {
        origin_px: (0.0, 0.0),
        px_per_step: 1.0,
    };
    let dots: Vec<_> = [(20, DRIVING), (20, DRIVING), (20, DRIVING), (21, ALARM)]
        .map(|(at, look)| Dot::standing((at, at), look, 0).pack())
        .into();
    // Twice, because counts must not stay from one picture to the next.
    for _ in 0..2 {
        picture.begin_density();
        picture.draw_cell(&dots, &plain, &Clock::new(0), &styles);
        picture.finish();
    }
    let ramp = light::ramp();
    assert_eq!(picture.pixel(19, 19), ramp[3]);
    assert_eq!(picture.pixel(21, 21), styles.colour(ALARM));
    assert_eq!(picture.pixel(17, 17), 0);
}

#[test]
fn a_dot_far_away_costs_nothing_and_harms_nothing() {
    let styles = Styles::new(ColourBy::Activity, Filter::default(), 3);
    let mut picture = Picture::default();
    picture.resize(10, 10);
    let far = ScreenFromCell {
        origin_px: (f32::MAX, -1e20),
        px_per_step: 1e9,
    };
    let dot = Dot::standing((4_000, 4_000), 1, 0).pack();
    assert_eq!(picture.draw_cell(&[dot], &far, &Clock::new(0), &styles), 0);
    assert!(picture.bytes().iter().all(|&byte| byte == 0));
}
