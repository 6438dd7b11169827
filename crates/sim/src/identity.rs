//! Who a simulated vehicle is: a well-formed VIN and the model it belongs to.
//!
//! The VIN has the maker's WMI, a plainly synthetic descriptor and the right check digit. A recorded vehicle
//! gets the same one each time, from a hash of its id; a vehicle of the fleet gets its own number as serial.
//! There is no owner and no plate, here or anywhere.

use std::collections::HashSet;
use std::io::Write;

use gb32960::Vin;

use crate::catalogue::{Class, MODELS, Model, model_at};
use crate::chance::{Chance, of_bytes};

/// Year codes 2019 to 2026.
const YEARS: &[u8; 8] = b"KLMNPRST";
/// The last six characters of a VIN.
const SERIALS: u32 = 1_000_000;

#[derive(Clone, Copy)]
pub struct Identity {
    pub vin: Vin,
    /// Index into the catalogue.
    pub model: u16,
}

impl Identity {
    /// The vehicle that plays recorded `id`; `taken` keeps two ids from one VIN.
    #[must_use]
    pub fn of_recorded(id: &str, clone: u32, taken: &mut HashSet<[u8; 17]>) -> Self {
        let key = of_bytes(id.as_bytes());
        let throw = |what| Chance::new(u64::from(clone), key, what);
        let model = model_at(throw(1).below(10_000) as u16) as u16;
        let first_serial = throw(2).below(SERIALS);
        (0..SERIALS)
            .map(|step| Self::build(model, throw(3), (first_serial + step) % SERIALS))
            .find(|identity| taken.insert(identity.vin.0))
            .expect("a recording has fewer vehicles than a model has serial numbers")
    }

    /// Vehicle `index` of the fleet grown from `seed`. Beyond a million, the plant letter tells them apart.
    #[must_use]
    pub fn of_fleet(seed: u64, index: u32) -> Self {
        let throw = |what| Chance::new(seed, u64::from(index), what);
        let model = model_at(throw(1).below(10_000) as u16) as u16;
        let mut identity = Self::build(model, throw(3), index % SERIALS);
        if index >= SERIALS {
            identity = Self::with_plant(
                model,
                throw(3),
                b'B' + (index / SERIALS) as u8,
                index % SERIALS,
            );
        }
        identity
    }

    fn build(model: u16, throw: Chance, serial: u32) -> Self {
        Self::with_plant(model, throw, b'A', serial)
    }

    fn with_plant(model: u16, throw: Chance, plant: u8, serial: u32) -> Self {
        let entry = &MODELS[usize::from(model)];
        let vds = [entry.vds as u8, b'0', b'0', b'0', b'0' + (model % 10) as u8];
        let mut wmi = [0u8; 3];
        wmi.copy_from_slice(entry.wmi.as_bytes());
        let year = YEARS[throw.below(YEARS.len() as u32) as usize];
        Self {
            vin: gb32960::vin::build(&wmi, &vds, year, plant, serial),
            model,
        }
    }

    #[must_use]
    pub fn model(&self) -> &'static Model {
        &MODELS[usize::from(self.model)]
    }

    #[must_use]
    pub fn make(&self) -> &'static str {
        self.model().maker().make
    }

    #[must_use]
    pub fn class(&self) -> Class {
        self.model().class
    }

    /// Index of the maker's platform.
    #[must_use]
    pub fn platform(&self) -> u8 {
        self.model().maker
    }
}

/// The registry that goes with these vehicles: `vin,make,model,class`.
pub fn write_registry(identities: &[Identity], out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "vin,make,model,class")?;
    for identity in identities {
        writeln!(
            out,
            "{},{},{},{}",
            identity.vin.as_str().unwrap_or_default(),
            identity.make(),
            identity.model().model,
            identity.class().word()
        )?;
    }
    Ok(())
}
