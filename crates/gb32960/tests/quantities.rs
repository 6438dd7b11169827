//! Every numeric field over every raw value: in range there and back, marks outside the range, nothing in between lost.

use gb32960::quantity::*;
use gb32960::{Quantity, Reading, Spec};

fn check<Q: Quantity>(name: &str) {
    let Spec {
        raw_min,
        raw_max,
        width,
        has_sentinels,
        ..
    } = Q::SPEC;
    let all_ones = u32::MAX >> (32 - 8 * u32::from(width));
    assert!(raw_min <= raw_max && raw_max <= all_ones, "{name}");
    assert!(
        !has_sentinels || raw_max < all_ones - 1,
        "{name}: a mark lies in the range"
    );
    // Four bytes are too many to try all: every 997th, and the ends.
    let step = if width == 4 { 997 } else { 1 };
    for raw in (raw_min..=raw_max).step_by(step).chain([raw_max]) {
        let quantity = Q::from_raw(raw);
        assert_eq!(quantity.raw(), raw, "{name}");
        let Reading::Value(physical) = quantity.physical() else {
            panic!("{name}: {raw} is in range")
        };
        assert_eq!(Q::from_physical(physical).raw(), raw, "{name}");
    }
    assert_eq!(Q::from_physical(f64::NAN).raw(), raw_min, "{name}");
    assert_eq!(Q::from_physical(f64::INFINITY).raw(), raw_max, "{name}");
    assert_eq!(Q::from_physical(f64::NEG_INFINITY).raw(), raw_min, "{name}");
    for (raw, marked) in [
        (all_ones, Reading::Invalid),
        (all_ones - 1, Reading::Abnormal),
    ] {
        let steps = Q::from_raw(raw).steps();
        if has_sentinels {
            assert_eq!(steps, marked, "{name}");
        } else if raw > raw_max {
            assert!(matches!(steps, Reading::OutOfRange(_)), "{name}");
        }
    }
    if raw_max + 1 < all_ones - 1 {
        assert!(
            matches!(Q::from_raw(raw_max + 1).steps(), Reading::OutOfRange(_)),
            "{name}"
        );
    }
}

macro_rules! check_all {
    ($($name:ident)*) => { $( check::<$name>(stringify!($name)); )* };
}

#[test]
fn every_quantity_survives_the_way_to_physical_units_and_back() {
    check_all! {
        Speed2016 Speed2025 Odometer Voltage2016 Voltage2025 Current2016 Current2025 SocPct Insulation2016 Insulation2025
        PedalPct MotorNo TempC MotorSpeed2016 MotorSpeed2025 MotorTorque2016 MotorTorque2025 ControllerVoltage
        StackVoltage StackCurrent HydrogenUse Count StackProbeTempC HydrogenTemp2016 HydrogenTemp2025 SensorNo2016 SensorNo2025
        HydrogenConc2016 HydrogenConc2025 HydrogenPressure2016 HydrogenPressure2025 HydrogenLeftPct InletPressure
        CrankSpeed FuelUse SubsystemNo CellNo ProbeNo ExtremeCellVoltage CellVoltage Total FirstCell CellsInFrame PackNo
        SystemNo CapacitorPartNo AlarmLevel2016 AlarmLevel2025 LonE6 LatE6
    }
}
