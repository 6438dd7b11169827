//! Cell voltages and temperatures of a vehicle as rows of numbers for drawing.
//!
//! In 2016 a pack of more than 200 cells comes in several frames; its parts are put together by the number of the first
//! cell of each (DESIGN: the stated total is not to be trusted). What was sent longest ago decides whether a row is old.

use app::card::Plot;
use fleet::Item;
use gb32960::full::{self, Series};
use gb32960::{Edition, Quantity, Reading, Wire};

use crate::card_groups::{self, Newest};

/// Sensors of one row that are drawn; a card says how many more there are.
const MAX_SENSORS: usize = 1_000;

/// All rows of the vehicle, cells before temperatures.
#[must_use]
pub fn of(items: &[Item<'_>], edition: Option<Edition>, newest: Newest) -> Vec<Plot> {
    let mut rows = Rows::default();
    for item in items.iter().filter(|item| Some(item.edition) == edition) {
        let Some(read) = full::Item::read(item.edition, item.kind, item.body) else {
            continue;
        };
        rows.old = newest.makes_old(item.stamp_unix_s);
        match &read {
            full::Item::Voltages2016(packs) => packs.iter().for_each(|pack| {
                let first = u32::from(pack.head.first.0).max(1);
                rows.add(
                    "cell_voltages.cells_v",
                    number(pack.head.no),
                    first,
                    pack.values,
                );
            }),
            full::Item::Voltages2025(packs) => packs.iter().for_each(|pack| {
                rows.add(
                    "cell_voltages.cells_v",
                    number(pack.head.no),
                    1,
                    pack.values,
                );
            }),
            full::Item::Temperatures2016(packs) => packs.iter().for_each(|pack| {
                rows.add("temperatures.temps_c", number(pack.head.no), 1, pack.values);
            }),
            full::Item::Temperatures2025(packs) => packs.iter().for_each(|pack| {
                rows.add("temperatures.temps_c", number(pack.head.no), 1, pack.values);
            }),
            full::Item::FuelCell2016(cell) => {
                rows.add("fuel_cell.probe_temps_c", String::new(), 1, cell.probes);
            }
            full::Item::Stacks(stacks) => stacks.iter().for_each(|stack| {
                rows.add("stacks.temps_c", number(stack.head.no), 1, stack.values);
            }),
            full::Item::Capacitor(capacitor) => {
                let no = number(capacitor.head.no);
                rows.add("super_capacitor.cells_v", no.clone(), 1, capacitor.cells);
                rows.add("super_capacitor.temps_c", no, 1, capacitor.temps);
            }
            _ => {}
        }
    }
    rows.plots()
}

/// How the packs of 2016 cell voltages are called on a card: `1`, or `1/201` for those that begin with cell 201. `None` for
/// any other item.
#[must_use]
pub fn is_split(read: &full::Item<'_>) -> Option<Vec<String>> {
    let full::Item::Voltages2016(packs) = read else {
        return None;
    };
    let name = |pack: full::SubsystemCells<'_>| match pack.head.first.0 {
        0 | 1 => number(pack.head.no),
        first => format!("{}/{first}", number(pack.head.no)),
    };
    Some(packs.iter().map(name).collect())
}

fn number(no: impl Quantity) -> String {
    no.raw().to_string()
}

/// The number of a sensor, and its value in steps.
type Numbered = (u32, Option<i32>);

#[derive(Default)]
struct Rows {
    rows: Vec<(Plot, Vec<Numbered>)>,
    /// Of the item that is being read.
    old: bool,
}

impl Rows {
    fn add<Q: Quantity + Wire>(
        &mut self,
        key: &str,
        of: String,
        first: u32,
        values: Series<'_, Q>,
    ) {
        if values.is_empty() {
            return;
        }
        let known = self
            .rows
            .iter()
            .position(|(plot, _)| plot.key == key && plot.of == of);
        let at = known.unwrap_or_else(|| {
            let part = key.split('.').next().unwrap_or_default();
            let plot = Plot {
                group: card_groups::group_of(part).to_owned(),
                key: key.to_owned(),
                of,
                unit: Q::SPEC.unit.to_owned(),
                decimals: Q::SPEC.decimals,
                first: 1,
                values: Vec::new(),
                more: 0,
                old: false,
            };
            self.rows.push((plot, Vec::new()));
            self.rows.len() - 1
        });
        let (plot, numbered) = &mut self.rows[at];
        plot.old |= self.old;
        let steps = values.iter().map(|value| match value.steps() {
            Reading::Value(steps) => i32::try_from(steps).ok(),
            Reading::Abnormal | Reading::Invalid | Reading::OutOfRange(_) => None,
        });
        numbered.extend((first..).zip(steps));
    }

    fn plots(self) -> Vec<Plot> {
        let mut plots: Vec<_> = self
            .rows
            .into_iter()
            .map(|(plot, numbered)| filled(plot, numbered))
            .collect();
        plots.sort_by(|a, b| (&a.key, a.of.len(), &a.of).cmp(&(&b.key, b.of.len(), &b.of)));
        plots
    }
}

/// The sensors in the order of their numbers, with nothing where a number is missing.
fn filled(mut plot: Plot, mut numbered: Vec<Numbered>) -> Plot {
    numbered.sort_by_key(|(number, _)| *number);
    numbered.dedup_by_key(|(number, _)| *number);
    plot.first = numbered.first().map_or(1, |(number, _)| *number);
    let place = |number: u32| (number - plot.first) as usize;
    let drawn = numbered.partition_point(|(number, _)| place(*number) < MAX_SENSORS);
    plot.more = (numbered.len() - drawn) as u32;
    numbered.truncate(drawn);
    plot.values = vec![None; numbered.last().map_or(0, |(number, _)| place(*number) + 1)];
    for (number, value) in numbered {
        plot.values[place(number)] = value;
    }
    plot
}
