//! One field of the standard as text for a card: digits, or words that the page has a translation for, or a mark.

use app::card::Shown;
use gb32960::full::Values;
use gb32960::quantity::{CellVoltage, StackProbeTempC, TempC};
use gb32960::{Form, Number, Quantity};

/// What a field says, and its unit where it is a number.
pub struct Value {
    pub unit: &'static str,
    pub shown: Shown<String>,
}

impl Value {
    #[must_use]
    pub fn plain(text: String) -> Self {
        Self {
            unit: "",
            shown: Shown::Value(text),
        }
    }

    fn marked(shown: Shown<String>) -> Self {
        Self { unit: "", shown }
    }
}

#[must_use]
pub fn one(form: Form) -> Value {
    match form {
        Form::Number(number) => Value {
            unit: number.unit,
            shown: Shown::Value(decimal(number)),
        },
        Form::OutOfRange(number) => Value {
            unit: number.unit,
            shown: Shown::OutOfRange(decimal(number)),
        },
        Form::Abnormal => Value::marked(Shown::Abnormal),
        Form::Invalid => Value::marked(Shown::Invalid),
        Form::Word(word) => Value::plain(word.to_owned()),
        Form::UnknownCode(code) => Value::marked(Shown::OutOfRange(format!("{code:02X}"))),
        Form::Pressed => Value::plain("pressed".to_owned()),
        Form::Bits(bits) => Value::plain(format!("{bits:08X}")),
        Form::Gear(gear) if gear.valid == Some(false) => Value::marked(Shown::Invalid),
        Form::Gear(gear) => {
            let mut words = gear.position().to_owned();
            for (is_so, word) in [
                (gear.brake(), " braking_force"),
                (gear.drive(), " driving_force"),
            ] {
                if is_so {
                    words.push_str(word);
                }
            }
            Value::plain(words)
        }
    }
}

/// A row of equal sensors in a few words: lowest, highest, how many. Each of them is in the plot beside it.
#[must_use]
pub fn values(values: &Values<'_>) -> Value {
    let (mut count, mut good) = (0u32, None::<(Number, Number)>);
    let (mut abnormal, mut out_of_range) = (0u32, 0u32);
    values.forms(|form| {
        count += 1;
        match form {
            Form::Number(number) => {
                let (low, high) = good.unwrap_or((number, number));
                good = Some((
                    if number.steps < low.steps {
                        number
                    } else {
                        low
                    },
                    if number.steps > high.steps {
                        number
                    } else {
                        high
                    },
                ));
            }
            Form::Abnormal => abnormal += 1,
            Form::OutOfRange(_) => out_of_range += 1,
            _ => {}
        }
    });
    let shown = match good {
        Some((low, high)) => Shown::Value(format!("{} – {}", decimal(low), decimal(high))),
        None if count == 0 => Shown::NotSent,
        None if out_of_range > 0 => Shown::OutOfRange("–".to_owned()),
        None if abnormal > 0 => Shown::Abnormal,
        None => Shown::Invalid,
    };
    let unit = match values {
        Values::Cells(_) => CellVoltage::SPEC.unit,
        Values::Temps(_) => TempC::SPEC.unit,
        Values::StackTemps(_) => StackProbeTempC::SPEC.unit,
        _ => "",
    };
    Value { unit, shown }
}

fn decimal(number: Number) -> String {
    format!("{:.*}", usize::from(number.decimals), number.to_f64())
}
