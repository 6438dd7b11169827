//! Prefix codes: symbols that come often get short words. The writer counts, makes a Huffman code and sends the length
//! of each word; both sides derive the same words from the lengths. A reader finds a symbol by one look into a table.

use super::bits::{Reader, Writer};
use super::number;
use crate::WireError;

/// No word is longer, so that a table has a thousand entries at most.
pub(crate) const LONGEST: u32 = 10;
/// Order of the numbers that say how many symbols in a row have no word.
const RUN_ORDER: u32 = 1;

/// The words of one alphabet, for a writer.
#[derive(Debug)]
pub(crate) struct Words {
    /// By symbol: the word, to be read from its lowest bit, and its length.
    words: Vec<(u16, u8)>,
}

impl Words {
    /// Makes a code for symbols that come so often, and writes it.
    pub fn put(writer: &mut Writer<'_>, counts: &[u32]) -> Self {
        let lengths = lengths_of(counts);
        put_lengths(writer, &lengths);
        Self {
            words: words_of(&lengths),
        }
    }

    #[inline]
    pub fn put_symbol(&self, writer: &mut Writer<'_>, symbol: u32) {
        let (word, length) = self.words[symbol as usize];
        writer.put(u32::from(word), u32::from(length));
    }
}

/// The words of one alphabet, for a reader.
#[derive(Debug)]
pub(crate) struct Table {
    /// By the next bits: a symbol above the four bits of its length.
    entries: Vec<u16>,
    mask: u64,
}

impl Table {
    /// Reads the code of an alphabet of so many symbols.
    pub fn take(reader: &mut Reader<'_>, symbols: usize) -> Result<Self, WireError> {
        let lengths = take_lengths(reader, symbols)?;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let size = 1usize << longest;
        let words = words_of(&lengths);
        let taken: usize = lengths
            .iter()
            .filter(|length| **length > 0)
            .map(|length| size >> length)
            .sum();
        let mut entries = vec![0; size];
        let present = lengths.iter().filter(|length| **length > 0).count();
        // One symbol alone has a word of one bit, and the other one is never written.
        if present > 1 && taken != size || present == 1 && longest != 1 {
            return Err(WireError::Malformed);
        }
        for (symbol, (word, length)) in words.iter().enumerate() {
            if *length > 0 {
                let entry = (symbol as u16) << 4 | u16::from(*length);
                for place in entries[usize::from(*word)..]
                    .iter_mut()
                    .step_by(1 << length)
                {
                    *place = entry;
                }
            }
        }
        Ok(Self {
            entries,
            mask: size as u64 - 1,
        })
    }

    /// Reads one symbol; [`LONGEST`] bits must be ready. An alphabet without words yields its first symbol.
    #[inline]
    pub fn take_symbol(&self, reader: &mut Reader<'_>) -> u32 {
        let entry = self.entries[(reader.window() & self.mask) as usize];
        reader.skip(u32::from(entry & 15));
        u32::from(entry >> 4)
    }
}

/// By symbol: the length of its word in a Huffman code whose words are not too long; 0 for symbols that never come.
fn lengths_of(counts: &[u32]) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    // Where a word gets too long, differences are levelled and it is tried again: at last all are alike.
    for levelled in 0.. {
        let mut leaves: Vec<(u64, usize)> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(symbol, count)| (u64::from(count >> levelled) + 1, symbol))
            .collect();
        if let [(_, only)] = leaves[..] {
            lengths[only] = 1;
        }
        if leaves.len() < 2 {
            break;
        }
        leaves.sort_unstable();
        let depths = depths_of(&leaves);
        for ((_, symbol), depth) in leaves.iter().zip(&depths) {
            lengths[*symbol] = *depth as u8;
        }
        if depths.iter().all(|depth| *depth <= LONGEST) {
            break;
        }
    }
    lengths
}

/// How deep each leaf lies in the Huffman tree; leaves come in the order of their weight.
fn depths_of(leaves: &[(u64, usize)]) -> Vec<u32> {
    let count = leaves.len();
    // Leaves, then inner nodes in the order in which they are made, which is that of their weight too.
    let mut weights: Vec<u64> = leaves.iter().map(|leaf| leaf.0).collect();
    let mut parents = vec![0; 2 * count - 1];
    let (mut leaf, mut inner) = (0, count);
    for made in count..2 * count - 1 {
        let mut lightest = || {
            let take_leaf =
                leaf < count && (inner >= weights.len() || weights[leaf] <= weights[inner]);
            let node = if take_leaf { &mut leaf } else { &mut inner };
            *node += 1;
            *node - 1
        };
        let (a, b) = (lightest(), lightest());
        (parents[a], parents[b]) = (made, made);
        weights.push(weights[a] + weights[b]);
    }
    let mut depths = vec![0; 2 * count - 1];
    for node in (0..2 * count - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(count);
    depths
}

/// The words that belong to these lengths: shorter ones first, then by symbol.
fn words_of(lengths: &[u8]) -> Vec<(u16, u8)> {
    let mut next = [0u16; LONGEST as usize + 1];
    let mut first = 0u32;
    for (length, next) in (1..).zip(&mut next[1..]) {
        *next = first as u16;
        let present = lengths.iter().filter(|of| **of == length);
        first = (first + present.count() as u32) << 1;
    }
    lengths
        .iter()
        .map(|length| {
            if *length == 0 {
                return (0, 0);
            }
            let word = &mut next[usize::from(*length)];
            *word = word.wrapping_add(1);
            let bits = word.wrapping_sub(1) << (16 - length);
            (bits.reverse_bits(), *length)
        })
        .collect()
}

fn put_lengths(writer: &mut Writer<'_>, lengths: &[u8]) {
    let mut at = 0;
    while let Some(length) = lengths.get(at) {
        writer.put(u32::from(*length), 4);
        at += 1;
        if *length == 0 {
            let more = lengths[at..].iter().take_while(|l| **l == 0).count();
            number::put(writer, more as u32, RUN_ORDER);
            at += more;
        }
    }
}

fn take_lengths(reader: &mut Reader<'_>, symbols: usize) -> Result<Vec<u8>, WireError> {
    let mut lengths = Vec::with_capacity(symbols);
    while lengths.len() < symbols {
        let length = reader.refill_take(4);
        if length > LONGEST {
            return Err(WireError::Malformed);
        }
        lengths.push(length as u8);
        if length == 0 {
            let more = number::take(reader, RUN_ORDER) as usize;
            if more > symbols - lengths.len() {
                return Err(WireError::Malformed);
            }
            lengths.resize(lengths.len() + more, 0);
        }
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(counts: &[u32]) -> usize {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        let words = Words::put(&mut writer, counts);
        let symbols = || (0..counts.len() as u32).filter(|s| counts[*s as usize] > 0);
        for symbol in symbols().chain(symbols().rev()) {
            words.put_symbol(&mut writer, symbol);
        }
        writer.finish();
        let mut reader = Reader::new(&out);
        let table = Table::take(&mut reader, counts.len()).unwrap();
        for symbol in symbols().chain(symbols().rev()) {
            reader.refill();
            assert_eq!(table.take_symbol(&mut reader), symbol, "{counts:?}");
        }
        reader.finish().unwrap();
        out.len()
    }

    #[test]
    fn every_symbol_comes_back_whatever_the_counts() {
        there_and_back(&[0; 16]);
        there_and_back(&[0, 0, 9, 0]);
        there_and_back(&[1; 256]);
        there_and_back(&[7, 0, 7]);
        // Fibonacci's numbers make the deepest tree: its words would have 29 bits.
        let mut fibonacci = vec![1u32, 1];
        while fibonacci.len() < 30 {
            fibonacci.push(fibonacci[fibonacci.len() - 1] + fibonacci[fibonacci.len() - 2]);
        }
        there_and_back(&fibonacci);
    }

    #[test]
    fn often_seen_symbols_get_short_words() {
        assert_eq!(lengths_of(&[1_000, 10, 10, 0, 500]), [1, 3, 3, 0, 2]);
    }

    #[test]
    fn lengths_that_are_no_code_are_refused() {
        for lengths in [&[1u8, 1, 1][..], &[2, 2], &[0, 3, 0], &[1, 2]] {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out);
            put_lengths(&mut writer, lengths);
            writer.finish();
            let table = Table::take(&mut Reader::new(&out), lengths.len());
            assert_eq!(table.unwrap_err(), WireError::Malformed, "{lengths:?}");
        }
    }
}
