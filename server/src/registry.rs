//! The registry file: which vehicles there are, and what they are. Never whose they are.
//!
//! CSV with a header line and exactly the columns `vin,make,model,class`, in any order. Any other column is refused
//! by name, because the place where an owner or a plate would slip in is a column that nobody looked at.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fleet::{Class, RegistryEntry};
use gb32960::Vin;

const COLUMNS: [&str; 4] = ["vin", "make", "model", "class"];
/// A longer make or model is a mistake in the file; the line is refused.
const MAX_TEXT_BYTES: usize = 64;

/// Reads the whole file or nothing.
///
/// # Errors
/// The first line that cannot be taken, with its number and why.
pub fn read(path: &Path) -> Result<Vec<RegistryEntry>> {
    let file = std::fs::File::open(path)
        .with_context(|| format!("cannot read the registry {}", path.display()))?;
    parse(file).with_context(|| format!("in the registry {}", path.display()))
}

fn parse(input: impl std::io::Read) -> Result<Vec<RegistryEntry>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(input);
    let header = reader.headers().context("line 1: no header")?.clone();
    let mut places = [usize::MAX; COLUMNS.len()];
    for (index, name) in header.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}').to_ascii_lowercase();
        match COLUMNS.iter().position(|column| *column == name) {
            Some(column) if places[column] == usize::MAX => places[column] = index,
            Some(_) => bail!("line 1: the column {name:?} stands twice"),
            None => bail!(
                "line 1: the column {name:?} is not one of {}; evwall keeps nothing else about a vehicle",
                COLUMNS.join(", ")
            ),
        }
    }
    if let Some(missing) = places.iter().position(|place| *place == usize::MAX) {
        bail!("line 1: the column {:?} is missing", COLUMNS[missing]);
    }
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.context("not CSV")?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column: usize| record.get(places[column]).unwrap_or_default();
        let vin = Vin::parse(field(0))
            .map_err(|error| anyhow::anyhow!("line {line}: the vin cannot be taken: {error}"))?;
        if !vin.is_well_formed() {
            bail!("line {line}: the vin does not have 17 letters and digits without I, O and Q");
        }
        for column in [1, 2] {
            if field(column).len() > MAX_TEXT_BYTES {
                bail!(
                    "line {line}: the {} is longer than {MAX_TEXT_BYTES} bytes",
                    COLUMNS[column]
                );
            }
        }
        let Some(class) = class_of(field(3)) else {
            bail!(
                "line {line}: the class {:?} is not one of private, taxi, bus, logistics, sanitation, other",
                field(3)
            );
        };
        entries.push(RegistryEntry {
            vin,
            make: field(1).into(),
            model: field(2).into(),
            class,
        });
    }
    Ok(entries)
}

fn class_of(word: &str) -> Option<Class> {
    Some(match word.to_ascii_lowercase().as_str() {
        "private" => Class::Private,
        "taxi" => Class::Taxi,
        "bus" => Class::Bus,
        "logistics" => Class::Logistics,
        "sanitation" => Class::Sanitation,
        "other" | "" => Class::Other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(csv: &str) -> String {
        format!("{:#}", parse(csv.as_bytes()).expect_err("refused"))
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let entries =
            parse("model,vin,class,make\nHan,LGXCE4CB0P0000019,taxi,BYD\n".as_bytes()).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(&*entries[0].make, "BYD");
        assert_eq!(entries[0].class, Class::Taxi);
    }

    #[test]
    fn a_column_that_could_hold_an_owner_is_refused_by_name() {
        for column in ["owner", "plate", "phone", "iccid", "note"] {
            let said = error(&format!("vin,make,model,class,{column}\n"));
            assert!(said.contains(column), "{said}");
        }
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        assert!(error("vin,make,model,class\nshort,BYD,Han,taxi\n").contains("line 2"));
        assert!(error("vin,make,model,class\nLGXCE4CB0P0000019,BYD,Han,tank\n").contains("tank"));
        assert!(error("vin,make,model\n").contains("class"));
    }
}
