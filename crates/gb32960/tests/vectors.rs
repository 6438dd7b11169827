//! Frames and streams against what they are known to hold: a few written for this project, and where the shared folder
//! is present every recorded one.

use std::path::Path;

use gb32960::json::decode_line;
use gb32960::{Frame, Split, full, split};
use serde_json::Value;

struct Vectors {
    entries: Vec<Value>,
}

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/vectors.json");

impl Vectors {
    /// Says which sets it read.
    fn load() -> Self {
        let shared = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/gbt32960/vectors.json"
        );
        let mut entries = read(OWN);
        println!("{} vectors of the project's own", entries.len());
        if Path::new(shared).exists() {
            let recorded = read(shared);
            println!("{} shared vectors", recorded.len());
            entries.extend(recorded);
        } else {
            println!("no shared vectors here");
        }
        Self { entries }
    }

    fn of_frames(&self) -> impl Iterator<Item = &Value> {
        self.entries
            .iter()
            .filter(|entry| entry["kind"] != "stream")
    }
}

fn read(path: &str) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn name(entry: &Value) -> &str {
    entry["name"].as_str().unwrap()
}

fn hex_of(entry: &Value) -> &str {
    entry["hex"].as_str().unwrap()
}

/// Where two values differ, numbers compared as numbers, free text left alone, keys absent from `expected` ignored.
fn difference(path: &str, expected: &Value, got: &Value) -> Option<String> {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            expected.iter().find_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match got.get(key) {
                    Some(_) if key == "error" || key == "note" => None,
                    Some(got) => difference(&path, value, got),
                    None if key == "note" => None,
                    None => Some(format!("{path} is missing")),
                }
            })
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => expected
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(at, (expected, got))| difference(&format!("{path}[{at}]"), expected, got)),
        (Value::Number(expected), Value::Number(got)) if expected.as_f64() == got.as_f64() => None,
        _ if expected == got => None,
        _ => Some(format!("{path}: {expected} expected, {got} found")),
    }
}

#[test]
fn every_vector_decodes_to_what_it_holds() {
    let vectors = Vectors::load();
    let wrong: Vec<String> = vectors
        .entries
        .iter()
        .filter_map(|entry| {
            let got = decode_line(hex_of(entry), true);
            let difference = difference("", &entry["expect"], &got)?;
            Some(format!("{}{difference}", name(entry)))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        vectors.entries.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_was_decoded_is_written_back_byte_for_byte() {
    for entry in Vectors::load().of_frames() {
        let bytes = hex::decode(hex_of(entry)).unwrap();
        let frame = Frame::unchecked(&bytes).unwrap();
        let mut written = Vec::new();
        full::decode_as_plain(&frame).write(&mut written).unwrap();
        let (body, check) = (
            written.len() - 1,
            entry["expect"]["bcc_calc"].as_u64().unwrap(),
        );
        assert_eq!(written[..body], bytes[..body], "{}", name(entry));
        assert_eq!(u64::from(written[body]), check, "{}", name(entry));
    }
}

#[test]
fn frames_with_a_good_checksum_split_off_whole() {
    for entry in Vectors::load().of_frames() {
        let bytes = hex::decode(hex_of(entry)).unwrap();
        let is_good = entry["expect"]["bcc_ok"].as_bool().unwrap();
        match split(&bytes) {
            Split::Frame { frame, len } => {
                assert!(is_good && len == bytes.len() && frame.bytes() == bytes);
            }
            other => assert!(!is_good, "{}: {other:?}", name(entry)),
        }
    }
}

#[test]
fn passwords_are_printed_only_when_asked_for_however_the_login_is_damaged() {
    let vectors = Vectors::load();
    let logins: Vec<&Value> = vectors
        .of_frames()
        .filter(|entry| entry["expect"]["cmd"] == 5)
        .collect();
    assert!(!logins.is_empty());
    for entry in logins {
        let bytes = hex::decode(hex_of(entry)).unwrap();
        let password = gb32960::vin::trim_nul(&bytes[24 + 20..24 + 40]);
        let is_told = |bytes: &[u8]| {
            let printed = decode_line(&hex::encode(bytes), false).to_string();
            let text = String::from_utf8_lossy(password);
            printed.contains(&hex::encode(password)) || printed.contains(&*text)
        };
        assert!(!is_told(&bytes), "{}", name(entry));
        // Cut, marked as a reply, marked as encrypted with a broken date.
        assert!(!is_told(&bytes[..bytes.len() - 3]), "{}", name(entry));
        let mut reply = bytes.clone();
        reply[3] = 0x01;
        assert!(!is_told(&reply), "{}", name(entry));
        let mut odd = bytes.clone();
        (odd[21], odd[25]) = (0x02, 0x00);
        assert!(!is_told(&odd), "{}", name(entry));
    }
}
