//! An item as a list that a page can show without knowing the standard: group, which of several, key, value. Keys are
//! stable snake_case names that end in their unit; words are snake_case too, so that a page can translate both.

use super::alarms::FAULT_KEYS;
use super::layout::Record;
use super::parts::{Block, Head, Parts, Series};
use super::report::Item;
use crate::codes::alarm_flag_name;
use crate::frame::Edition;
use crate::quantity::{CellVoltage, StackProbeTempC, TempC};
use crate::reading::{Form, Number, Quantity, Reading, Wire};

/// Which part of a vehicle a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The vehicle as a whole.
    Vehicle,
    /// Drive motors.
    Motors,
    /// Fuel cell and hydrogen system.
    FuelCell,
    /// Fuel-cell stacks (2025).
    Stacks,
    /// Combustion engine.
    Engine,
    /// Position.
    Position,
    /// Highest and lowest cell voltage and temperature (2016).
    Extremes,
    /// Alarms.
    Alarms,
    /// Cell voltages.
    Voltages,
    /// Battery temperatures.
    Temperatures,
    /// Super-capacitor (2025).
    Capacitor,
    /// Extremes of the super-capacitors (2025).
    CapacitorExtremes,
    /// Vendor-defined.
    Custom,
}

impl Group {
    /// The name that a JSON line uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Motors => "motors",
            Self::FuelCell => "fuel_cell",
            Self::Stacks => "stacks",
            Self::Engine => "engine",
            Self::Position => "position",
            Self::Extremes => "extremes",
            Self::Alarms => "alarms",
            Self::Voltages => "cell_voltages",
            Self::Temperatures => "temperatures",
            Self::Capacitor => "super_capacitor",
            Self::CapacitorExtremes => "super_capacitor_extremes",
            Self::Custom => "custom",
        }
    }
}

/// One line of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Which part of the vehicle.
    pub group: Group,
    /// Which of several motors, packs, stacks: 0, 1, … in the order sent; `None` where there is one.
    pub index: Option<u16>,
    /// `"speed_kmh"`, `"soc_pct"`, …
    pub key: &'static str,
    /// What it says.
    pub values: Values<'a>,
}

/// One value or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values<'a> {
    /// One field.
    One(Form),
    /// Cell voltages in V.
    Cells(Series<'a, CellVoltage>),
    /// Temperatures in °C.
    Temps(Series<'a, TempC>),
    /// Fuel-cell probe temperatures in °C (2016).
    StackTemps(Series<'a, StackProbeTempC>),
    /// Maker-defined fault codes.
    Faults(super::Faults<'a>),
    /// A general alarm that is on; the name is `None` for a reserved bit.
    Flag { bit: u8, name: Option<&'static str> },
    /// The level of one general alarm (2025).
    FlagLevel {
        bit: u8,
        name: Option<&'static str>,
        level: u8,
    },
    /// Bytes of a vendor, without the length word.
    Bytes { kind: u8, bytes: &'a [u8] },
}

impl Values<'_> {
    /// Calls back with the form of each value: one, or each of a series. Codes, flags and bytes are no values.
    pub fn forms(&self, mut each: impl FnMut(Form)) {
        match self {
            Self::One(form) => each(*form),
            Self::Cells(series) => series.forms().for_each(each),
            Self::Temps(series) => series.forms().for_each(each),
            Self::StackTemps(series) => series.forms().for_each(each),
            Self::Faults(_) | Self::Flag { .. } | Self::FlagLevel { .. } | Self::Bytes { .. } => {}
        }
    }
}

/// Calls back with the entries of one group.
struct Lister<F> {
    group: Group,
    each: F,
}

impl<'a, F: FnMut(Entry<'a>)> Lister<F> {
    fn entry(&mut self, index: Option<u16>, key: &'static str, values: Values<'a>) {
        (self.each)(Entry {
            group: self.group,
            index,
            key,
            values,
        });
    }

    #[inline]
    fn record(&mut self, index: Option<u16>, record: &impl Record) {
        record.visit(&mut |key, form| self.entry(index, key, Values::One(form)));
    }

    fn count(&mut self, count: Reading<u8>) {
        let count = count.map(|count| Number {
            steps: i64::from(count),
            decimals: 0,
            unit: "",
        });
        self.entry(None, "count", Values::One(count.into()));
    }

    fn records<R: Record + Copy>(&mut self, parts: &Parts<'a, R>) {
        self.count(parts.count());
        for (index, part) in (0..).zip(parts.iter()) {
            self.record(Some(index), &part);
        }
    }

    fn blocks<H: Head, Q: Quantity + Wire>(
        &mut self,
        parts: &Parts<'a, Block<'a, H, Q>>,
        key: &'static str,
        values: impl Fn(Series<'a, Q>) -> Values<'a>,
    ) {
        self.count(parts.count());
        for (index, part) in (0..).zip(parts.iter()) {
            self.record(Some(index), &part.head);
            self.entry(Some(index), key, values(part.values));
        }
    }
}

impl<'a> Item<'a> {
    /// Which part of the vehicle it speaks of.
    pub fn group(&self) -> Group {
        match self {
            Self::Vehicle2016(_) | Self::Vehicle2025(_) => Group::Vehicle,
            Self::Motors2016(_) | Self::Motors2025(_) => Group::Motors,
            Self::FuelCell2016(_) | Self::FuelCell2025(_) => Group::FuelCell,
            Self::Engine2016(_) | Self::Engine2025(_) => Group::Engine,
            Self::Position2016(_) | Self::Position2025(_) => Group::Position,
            Self::Extremes2016(_) => Group::Extremes,
            Self::Alarms(_) => Group::Alarms,
            Self::Voltages2016(_) | Self::Voltages2025(_) => Group::Voltages,
            Self::Temperatures2016(_) | Self::Temperatures2025(_) => Group::Temperatures,
            Self::Stacks(_) => Group::Stacks,
            Self::Capacitor(_) => Group::Capacitor,
            Self::CapacitorExtremes(_) => Group::CapacitorExtremes,
            Self::Custom { .. } => Group::Custom,
        }
    }

    /// Calls back with every line of the item, in the order of the standard.
    pub fn entries(&self, each: impl FnMut(Entry<'a>)) {
        let mut list = Lister {
            group: self.group(),
            each,
        };
        match self {
            Self::Vehicle2016(item) => list.record(None, item),
            Self::Vehicle2025(item) => list.record(None, item),
            Self::Motors2016(item) => list.records(item),
            Self::Motors2025(item) => list.records(item),
            Self::FuelCell2016(item) => {
                list.record(None, &item.head);
                list.entry(None, "probe_temps_c", Values::StackTemps(item.probes));
                list.record(None, &item.tail);
            }
            Self::FuelCell2025(item) => list.record(None, item),
            Self::Engine2016(item) => list.record(None, item),
            Self::Engine2025(item) => list.record(None, item),
            Self::Position2016(item) => list.record(None, item),
            Self::Position2025(item) => list.record(None, item),
            Self::Extremes2016(item) => list.record(None, item),
            Self::Alarms(item) => {
                list.entry(None, "max_level", Values::One(item.level_form()));
                for bit in item.flags.bits() {
                    list.entry(
                        None,
                        "flag",
                        Values::Flag {
                            bit,
                            name: alarm_flag_name(item.edition, bit),
                        },
                    );
                }
                for (key, faults) in FAULT_KEYS.into_iter().zip(item.faults) {
                    list.entry(None, key, Values::Faults(faults));
                }
                for (bit, level) in item.flag_levels() {
                    let name = alarm_flag_name(Edition::V2025, bit);
                    list.entry(None, "flag_level", Values::FlagLevel { bit, name, level });
                }
            }
            Self::Voltages2016(item) => list.blocks(item, "cells_v", Values::Cells),
            Self::Voltages2025(item) => list.blocks(item, "cells_v", Values::Cells),
            Self::Temperatures2016(item) => list.blocks(item, "temps_c", Values::Temps),
            Self::Temperatures2025(item) => list.blocks(item, "temps_c", Values::Temps),
            Self::Stacks(item) => list.blocks(item, "temps_c", Values::Temps),
            Self::Capacitor(item) => {
                list.record(None, &item.head);
                list.entry(None, "cells_v", Values::Cells(item.cells));
                list.entry(None, "probes", Values::One(item.probes.form()));
                list.entry(None, "temps_c", Values::Temps(item.temps));
            }
            Self::CapacitorExtremes(item) => list.record(None, item),
            Self::Custom { kind, bytes } => {
                list.entry(None, "custom", Values::Bytes { kind: *kind, bytes });
            }
        }
    }
}
