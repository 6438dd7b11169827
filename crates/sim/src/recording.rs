//! Recordings: NDJSON, plain or gzip, one line a moment of one vehicle.
//!
//! `{"t":unix_ms,"id":"…","lon":…,"lat":…,"speed_kmh":…|null,"soc":percent|null}`. Several files become one
//! set of tracks, one per (file, id). Lines need not be sorted. A line that cannot be read is reported with
//! its file and number and skipped; a file that cannot be opened is an error. What a recording *means* for
//! the road (looping, folding, cloning) is `playback`'s business.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// A longer line is refused as damaged; a good one has about 120 bytes.
pub const LONGEST_LINE_BYTES: usize = 4096;
/// Vehicles in all files together; ids beyond it are refused line by line.
pub const MOST_TRACKS: usize = 1_000_000;

/// One line as it stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Unix milliseconds, UTC.
    pub t: i64,
    pub id: String,
    /// WGS-84 degrees.
    pub lon: f64,
    pub lat: f64,
    /// `null`: the vehicle did not say.
    pub speed_kmh: Option<f64>,
    pub soc: Option<f64>,
}

/// One moment of one vehicle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    pub t_ms: i64,
    pub lon: f64,
    pub lat: f64,
    pub speed_kmh: Option<f32>,
    pub soc: Option<f32>,
}

/// All moments of one recorded vehicle, by time, at most one a millisecond.
#[derive(Debug, Clone)]
pub struct Track {
    pub id: String,
    /// Never empty.
    pub moments: Vec<Moment>,
}

/// What was read, and what was not.
#[derive(Debug, Default)]
pub struct Recording {
    /// In order of first appearance.
    pub tracks: Vec<Track>,
    pub lines: u64,
    pub bad_lines: u64,
    /// Lines older than the line before them; they are sorted in.
    pub unsorted_lines: u64,
}

/// A line that was skipped.
#[derive(Debug)]
pub struct BadLine {
    /// Counted from 1.
    pub number: u64,
    pub why: String,
}

impl Recording {
    /// Adds the file at `path`; `.gz` is recognised by its first two bytes. `bad` hears of every skipped line.
    pub fn read_file(&mut self, path: &Path, bad: impl FnMut(BadLine)) -> anyhow::Result<()> {
        let mut file =
            File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut magic = [0u8; 2];
        let got = file.read(&mut magic)?;
        let start = std::io::Cursor::new(magic).take(got as u64);
        let whole = start.chain(file);
        let outcome = if magic == [0x1f, 0x8b] {
            self.read(BufReader::new(MultiGzDecoder::new(whole)), bad)
        } else {
            self.read(BufReader::new(whole), bad)
        };
        outcome.with_context(|| format!("cannot read {}", path.display()))
    }

    /// Adds everything `lines` holds. Fails only when the reader does.
    pub fn read(
        &mut self,
        mut lines: impl BufRead,
        mut bad: impl FnMut(BadLine),
    ) -> anyhow::Result<()> {
        let mut by_id: HashMap<String, usize> = HashMap::new();
        let first_track = self.tracks.len();
        let mut newest_ms = i64::MIN;
        let mut number = 0;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let took = (&mut lines)
                .take(LONGEST_LINE_BYTES as u64 + 1)
                .read_until(b'\n', &mut bytes)?;
            if took == 0 {
                break;
            }
            number += 1;
            if took > LONGEST_LINE_BYTES && bytes.last() != Some(&b'\n') {
                skip_to_line_end(&mut lines)?;
                self.bad_lines += 1;
                bad(BadLine {
                    number,
                    why: format!("longer than {LONGEST_LINE_BYTES} bytes"),
                });
                continue;
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = match parse(&bytes) {
                Ok(line) => line,
                Err(why) => {
                    self.bad_lines += 1;
                    bad(BadLine { number, why });
                    continue;
                }
            };
            let track = match by_id.get(&line.id) {
                Some(&track) => track,
                None if self.tracks.len() >= MOST_TRACKS => {
                    self.bad_lines += 1;
                    bad(BadLine {
                        number,
                        why: format!("more than {MOST_TRACKS} vehicles"),
                    });
                    continue;
                }
                None => {
                    self.tracks.push(Track {
                        id: line.id.clone(),
                        moments: Vec::new(),
                    });
                    by_id.insert(line.id, self.tracks.len() - 1);
                    self.tracks.len() - 1
                }
            };
            self.lines += 1;
            if line.t < newest_ms {
                self.unsorted_lines += 1;
            }
            newest_ms = newest_ms.max(line.t);
            self.tracks[track].moments.push(Moment {
                t_ms: line.t,
                lon: line.lon,
                lat: line.lat,
                speed_kmh: line.speed_kmh.map(|v| v as f32),
                soc: line.soc.map(|v| v as f32),
            });
        }
        for track in &mut self.tracks[first_track..] {
            sort(&mut track.moments);
        }
        Ok(())
    }
}

/// By time; of several moments with one time the last read stays.
fn sort(moments: &mut Vec<Moment>) {
    moments.sort_by_key(|moment| moment.t_ms);
    moments.dedup_by(|later, kept| {
        let same = later.t_ms == kept.t_ms;
        if same {
            *kept = *later;
        }
        same
    });
    moments.shrink_to_fit();
}

fn parse(bytes: &[u8]) -> Result<Line, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    // Unix milliseconds up to the year 2200: anything else is a unit mistake, and would overflow sums.
    if !(0..=7_258_118_400_000).contains(&line.t) {
        return Err(format!("t is not Unix milliseconds: {}", line.t));
    }
    if !(-180.0..=180.0).contains(&line.lon) || !(-90.0..=90.0).contains(&line.lat) {
        return Err("lon or lat is not on the globe".to_owned());
    }
    if line.id.is_empty() {
        return Err("id is empty".to_owned());
    }
    if line.speed_kmh.is_some_and(|v| !(0.0..=500.0).contains(&v)) {
        return Err("speed_kmh is not within 0 to 500".to_owned());
    }
    if line.soc.is_some_and(|v| !(0.0..=100.0).contains(&v)) {
        return Err("soc is not within 0 to 100".to_owned());
    }
    Ok(line)
}

fn skip_to_line_end(lines: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = lines.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|&b| b == b'\n') {
            Some(at) => {
                lines.consume(at + 1);
                return Ok(());
            }
            None => {
                let all = buffer.len();
                lines.consume(all);
            }
        }
    }
}

/// Writes lines in the order given; `.gz` by the file's name.
pub struct Writer {
    out: Out,
}

enum Out {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Writer {
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file =
            File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        let file = BufWriter::new(file);
        let gzip = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("gz"));
        let out = if gzip {
            Out::Gzip(GzEncoder::new(file, flate2::Compression::best()))
        } else {
            Out::Plain(file)
        };
        Ok(Self { out })
    }

    pub fn write(&mut self, line: &Line) -> anyhow::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        match &mut self.out {
            Out::Plain(file) => file.write_all(&text)?,
            Out::Gzip(file) => file.write_all(&text)?,
        }
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<()> {
        match self.out {
            Out::Plain(mut file) => file.flush()?,
            Out::Gzip(file) => file.finish()?.flush()?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Recording, Vec<(u64, String)>) {
        let mut bad = Vec::new();
        let mut recording = Recording::default();
        recording
            .read(text.as_bytes(), |b| bad.push((b.number, b.why)))
            .unwrap();
        (recording, bad)
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_the_rest_is_read() {
        let (recording, bad) = read(concat!(
            "{\"t\":1000,\"id\":\"a\",\"lon\":121.0,\"lat\":31.0,\"speed_kmh\":null,\"soc\":null}\n",
            "{\"t\":2000,\"id\":\"a\",\"lon\":12\n",
            "\n",
            "{\"t\":3000,\"id\":\"a\",\"lon\":721.0,\"lat\":31.0,\"speed_kmh\":1,\"soc\":null}\n",
            "{\"t\":4000,\"id\":\"a\",\"lon\":121.0,\"lat\":31.0,\"speed_kmh\":1,\"soc\":50}",
        ));
        assert_eq!(bad.iter().map(|b| b.0).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(recording.tracks[0].moments.len(), 2);
        assert_eq!(recording.bad_lines, 2);
    }

    #[test]
    fn unsorted_lines_are_sorted_in_and_counted() {
        let (recording, bad) = read(concat!(
            "{\"t\":2000,\"id\":\"a\",\"lon\":2,\"lat\":31,\"speed_kmh\":null,\"soc\":null}\n",
            "{\"t\":1000,\"id\":\"a\",\"lon\":1,\"lat\":31,\"speed_kmh\":null,\"soc\":null}\n",
            "{\"t\":2000,\"id\":\"a\",\"lon\":3,\"lat\":31,\"speed_kmh\":null,\"soc\":null}\n",
        ));
        assert!(bad.is_empty());
        let lons: Vec<f64> = recording.tracks[0].moments.iter().map(|m| m.lon).collect();
        assert_eq!(lons, [1.0, 3.0]);
        assert_eq!(recording.unsorted_lines, 1);
    }

    #[test]
    fn an_endless_line_is_skipped_without_being_held() {
        let long = format!(
            "{}\n{}",
            "x".repeat(3 * LONGEST_LINE_BYTES),
            "{\"t\":1000,\"id\":\"a\",\"lon\":1,\"lat\":31,\"speed_kmh\":null,\"soc\":null}\n"
        );
        let (recording, bad) = read(&long);
        assert_eq!(bad.len(), 1);
        assert_eq!(bad[0].0, 1);
        assert_eq!(recording.lines, 1);
    }

    #[test]
    fn a_missing_file_is_one_clear_error() {
        let error = Recording::default()
            .read_file(Path::new("/nowhere/at all.ndjson"), |_| ())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot open /nowhere/at all.ndjson")
        );
    }
}
