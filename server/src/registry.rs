//! The registry file: which vehicles there are, and what they are. Never whose they are.
//!
//! CSV with a header line and exactly the columns `vin,make,model,class`, in any order. Any other column is refused
//! by name, because the place where an owner or a plate would slip in is a column that nobody looked at.
//!
//! `evwall registry import` checks a file and puts it where the server reads it, whole or not at all; `registry_live` takes
//! it into the picture of a server that runs.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use anyhow::{Context, Result, bail};
use fleet::{Class, RegistryEntry};
use gb32960::Vin;

const COLUMNS: [&str; 4] = ["vin", "make", "model", "class"];
/// A longer make or model is a mistake in the file; the line is refused.
const MAX_TEXT_BYTES: usize = 64;

/// What an import says when it has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    pub vehicles: usize,
}

/// Checks `source` and puts its entries in place of `target`, in one step: a server, another import or a crash at any
/// moment finds either the old registry or the new one.
///
/// # Errors
/// As [`read`]; and what keeps the folder of `target` from being written to. `target` is then as it was.
pub fn import(source: &Path, target: &Path) -> Result<Imported> {
    let entries = read(source)?;
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let place = || format!("cannot write {}", target.display());
    let mut beside = tempfile::Builder::new()
        .prefix(".registry-")
        .tempfile_in(folder)
        .with_context(place)?;
    write(&entries, BufWriter::new(beside.as_file_mut())).with_context(place)?;
    give_to_owner_of(folder, beside.as_file()).with_context(place)?;
    beside.as_file().sync_all().with_context(place)?;
    beside.persist(target).with_context(place)?;
    // The new name outlives a power cut only when the folder is on the disk.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(place)?;
    Ok(Imported {
        vehicles: entries.len(),
    })
}

/// The server runs as the user whose folder it is: what root imports must not be root's alone.
fn give_to_owner_of(folder: &Path, file: &File) -> std::io::Result<()> {
    let (wanted, is) = (std::fs::metadata(folder)?, file.metadata()?);
    if is.uid() == 0 && wanted.uid() != 0 {
        fchown(file, Some(wanted.uid()), Some(wanted.gid()))?;
    }
    Ok(())
}

fn write(entries: &[RegistryEntry], out: impl Write) -> Result<()> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(COLUMNS)?;
    for entry in entries {
        let vin = entry.vin.as_str().unwrap_or_default();
        out.write_record([vin, &entry.make, &entry.model, entry.class.name()])?;
    }
    out.flush()?;
    Ok(())
}

/// Reads the whole file or nothing.
///
/// # Errors
/// The first line that cannot be taken, with its number and why.
pub fn read(path: &Path) -> Result<Vec<RegistryEntry>> {
    let file =
        File::open(path).with_context(|| format!("cannot read the registry {}", path.display()))?;
    parse(BufReader::new(file)).with_context(|| format!("in the registry {}", path.display()))
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
    let mut lines: HashMap<Vin, u64> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| not_csv(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column: usize| record.get(places[column]).unwrap_or_default();
        let vin = Vin::parse(field(0))
            .map_err(|error| anyhow::anyhow!("line {line}: the vin cannot be taken: {error}"))?;
        if !vin.is_well_formed() {
            bail!("line {line}: the vin does not have 17 letters and digits without I, O and Q");
        }
        if let Some(first) = lines.insert(vin, line) {
            bail!("line {line}: the vin stands in line {first} already");
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

/// Without the line itself: it may hold what is no vehicle.
fn not_csv(error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { len, .. } => anyhow::anyhow!(
            "line {line}: it has {len} fields, and the header {}",
            COLUMNS.len()
        ),
        csv::ErrorKind::Utf8 { .. } => anyhow::anyhow!("line {line}: it is not UTF-8"),
        _ => anyhow::anyhow!("line {line}: it cannot be read"),
    }
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
    use std::os::unix::fs::chown;

    use super::*;

    #[test]
    fn what_root_imports_belongs_to_whom_the_folder_belongs() {
        const SOMEBODY: u32 = 12_345;
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.csv");
        std::fs::write(&source, "vin,make,model,class\n").unwrap();
        let is_root = chown(folder.path(), Some(SOMEBODY), Some(SOMEBODY)).is_ok();
        let target = folder.path().join("registry.csv");
        import(&source, &target).unwrap();
        let owners = [folder.path(), &target].map(|path| path.metadata().unwrap().uid());
        assert_eq!(owners[0], owners[1]);
        assert_eq!(owners[0] == SOMEBODY, is_root);
    }

    #[test]
    fn an_import_is_whole_or_not_at_all_and_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (
            folder.path().join("good.csv"),
            folder.path().join("bad.csv"),
        );
        let target = folder.path().join("registry.csv");
        std::fs::write(
            &good,
            "class,vin,make,model\nbus,LGXCE4CB0P0000019,\"B,Y\",比亚迪 K9\n",
        )
        .unwrap();
        std::fs::write(
            &bad,
            "vin,make,model,class\nLGXCE4CB0P0000019,a,b,bus\nLGXCE4CB0P0000020,a,b,tank\n",
        )
        .unwrap();
        assert_eq!(import(&good, &target).unwrap(), Imported { vehicles: 1 });
        let error = format!("{:#}", import(&bad, &target).unwrap_err());
        assert!(
            error.contains("line 3") && error.contains("tank"),
            "{error}"
        );
        let kept = read(&target).unwrap();
        assert_eq!(
            (kept.len(), &*kept[0].make, &*kept[0].model, kept[0].class),
            (1, "B,Y", "比亚迪 K9", Class::Bus)
        );
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 3, "nothing half-written is left behind");
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "it names every vehicle of the city");
    }

    #[test]
    fn a_vin_that_stands_twice_is_named_by_both_lines_and_never_by_itself() {
        let said =
            error("vin,make,model,class\nLGXCE4CB0P0000019,a,b,bus\nLGXCE4CB0P0000019,c,d,bus\n");
        assert!(said.contains("line 3") && said.contains("line 2"), "{said}");
        assert!(!said.contains("LGX"), "{said}");
    }

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
        let short = error("vin,make,model,class\nLGXCE4CB0P0000019,BYD,Han,taxi\nhalf a line\n");
        assert!(short.contains("line 3: it has 1 fields"), "{short}");
        let latin = parse(&b"vin,make,model,class\nLGXCE4CB0P0000019,B\xff,Han,taxi\n"[..]);
        assert!(format!("{:#}", latin.unwrap_err()).contains("line 2"));
    }
}
