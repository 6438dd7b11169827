//! A file of pieces that only the holder of a key can read, and in which nobody can change, cut or exchange anything unseen.
//!
//! ```text
//! magic 8 | version of this form 2 | version of the records 2 | written, Unix ms 8 | salt 16 | mark of the key 8
//! then for each piece: its sealed length 4 | the piece, sealed with ChaCha20-Poly1305
//! ```
//!
//! Numbers are little-endian. The key of a file comes from the secret and the file's salt, so a nonce need only count the
//! pieces; its last byte says which piece is the last, so a file that was cut between two pieces is found too. The head is
//! authenticated with every piece. No tokio, no clock: what is written and when is the caller's.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf;

pub const SECRET_BYTES: usize = 32;
const MAGIC: &[u8; 8] = b"evwallPI";
const FORM_VERSION: u16 = 1;
const HEAD_BYTES: usize = 8 + 2 + 2 + 8 + 16 + 8;
const TAG_BYTES: usize = 16;
/// Of four million vehicles; a larger file is not read.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// What a file is sealed with.
pub struct Secret(pub [u8; SECRET_BYTES]);

/// A file that was read whole: its pieces, and when it was written.
#[derive(Debug)]
pub struct Opened {
    pub written_unix_ms: i64,
    bytes: Vec<u8>,
    pieces: Vec<Range<usize>>,
}

impl Opened {
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &self.bytes[piece.clone()])
    }
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("it is no picture of evwall")]
    NotOurs,
    #[error("it is of another version of evwall (form {0}, records {1})")]
    OtherVersion(u16, u16),
    #[error("it was sealed with another key")]
    OtherKey,
    #[error("its end is missing")]
    Torn,
    #[error("it was damaged or changed")]
    Damaged,
    #[error("it is larger than a picture can be")]
    TooLarge,
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
}

struct FileKey {
    key: LessSafeKey,
    mark: [u8; 8],
}

struct Mark;

impl hkdf::KeyType for Mark {
    fn len(&self) -> usize {
        8
    }
}

impl FileKey {
    fn new(secret: &Secret, salt: &[u8]) -> Self {
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&secret.0);
        let key = derived
            .expand(&[b"evwall picture"], &CHACHA20_POLY1305)
            .expect("a key is shorter than what may be derived");
        let mut mark = [0; 8];
        derived
            .expand(&[b"evwall mark"], Mark)
            .and_then(|mark_of| mark_of.fill(&mut mark))
            .expect("a mark is shorter than what may be derived");
        Self {
            key: LessSafeKey::new(UnboundKey::from(key)),
            mark,
        }
    }
}

fn nonce(piece: u64, is_last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&piece.to_le_bytes());
    bytes[11] = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

/// Puts the pieces in place of `path`, in one step: a reader, or a crash at any moment, finds the file before or this one.
/// Nobody but this user can read it. Gives its length; `salt` must be random.
///
/// # Errors
/// What keeps the folder from being written to, a full disk among it, or a piece from being there. `path` is then as it was.
pub fn write(
    path: &Path,
    secret: &Secret,
    salt: [u8; 16],
    versioned: (u16, i64),
    pieces: impl Iterator<Item = io::Result<Vec<u8>>>,
) -> io::Result<u64> {
    let (record_version, written_unix_ms) = versioned;
    let key = FileKey::new(secret, &salt);
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&FORM_VERSION.to_le_bytes());
    head.extend_from_slice(&record_version.to_le_bytes());
    head.extend_from_slice(&written_unix_ms.to_le_bytes());
    head.extend_from_slice(&salt);
    head.extend_from_slice(&key.mark);

    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = tempfile::Builder::new()
        .prefix(BESIDE)
        .tempfile_in(folder)?;
    let mut out = BufWriter::new(beside.as_file_mut());
    out.write_all(&head)?;
    let mut len = HEAD_BYTES as u64;
    let mut pieces = pieces.enumerate().peekable();
    while let Some((number, piece)) = pieces.next() {
        let mut piece = piece?;
        let is_last = pieces.peek().is_none();
        key.key
            .seal_in_place_append_tag(nonce(number as u64, is_last), Aad::from(&head), &mut piece)
            .map_err(|_| io::Error::other("a piece is too long to be sealed"))?;
        let sealed = u32::try_from(piece.len())
            .map_err(|_| io::Error::other("a piece is too long to be written"))?;
        out.write_all(&sealed.to_le_bytes())?;
        out.write_all(&piece)?;
        len += 4 + u64::from(sealed);
    }
    out.flush()?;
    drop(out);
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|error| error.error)?;
    // The new name outlives a power cut only when the folder is on the disk.
    File::open(folder)?.sync_all()?;
    Ok(len)
}

/// How the file begins that is being written; one is left behind when the process is killed meanwhile.
pub const BESIDE: &str = ".picture-";

/// Reads a whole file or nothing of it; `None` where there is no file.
///
/// # Errors
/// Why it cannot be used.
pub fn read(path: &Path, secret: &Secret, record_version: u16) -> Result<Option<Opened>, Unusable> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::with_capacity(
        usize::try_from(file.metadata()?.len())
            .unwrap_or(0)
            .min(MAX_FILE_BYTES as usize),
    );
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(Unusable::TooLarge);
    }
    open(bytes, secret, record_version).map(Some)
}

fn open(mut bytes: Vec<u8>, secret: &Secret, record_version: u16) -> Result<Opened, Unusable> {
    let begins = bytes.len().min(MAGIC.len());
    if bytes[..begins] != MAGIC[..begins] {
        return Err(Unusable::NotOurs);
    }
    let (head, body) = bytes
        .split_first_chunk_mut::<HEAD_BYTES>()
        .ok_or(Unusable::Torn)?;
    let [.., f0, f1, r0, r1] = *head.first_chunk::<12>().ok_or(Unusable::Torn)?;
    let (form, records) = (u16::from_le_bytes([f0, f1]), u16::from_le_bytes([r0, r1]));
    if (form, records) != (FORM_VERSION, record_version) {
        return Err(Unusable::OtherVersion(form, records));
    }
    let written_unix_ms = head[12..20].first_chunk().map(|ms| i64::from_le_bytes(*ms));
    let key = FileKey::new(secret, &head[20..36]);
    if key.mark != head[36..] {
        return Err(Unusable::OtherKey);
    }
    let (mut pieces, mut at) = (Vec::new(), 0);
    loop {
        let rest = &mut body[at..];
        let (len, rest) = rest.split_first_chunk_mut::<4>().ok_or(Unusable::Torn)?;
        let len = u32::from_le_bytes(*len) as usize;
        let is_last = rest.len() == len;
        let sealed = rest.get_mut(..len).ok_or(Unusable::Torn)?;
        if len < TAG_BYTES {
            return Err(Unusable::Damaged);
        }
        let number = pieces.len() as u64;
        let aad = Aad::from(&*head);
        // A file cut between two pieces ends with one that was not sealed as the last.
        let why = match is_last {
            true => Unusable::Torn,
            false => Unusable::Damaged,
        };
        key.key
            .open_in_place(nonce(number, is_last), aad, sealed)
            .map_err(|_| why)?;
        let start = HEAD_BYTES + at + 4;
        pieces.push(start..start + len - TAG_BYTES);
        at += 4 + len;
        if is_last {
            break;
        }
    }
    Ok(Opened {
        written_unix_ms: written_unix_ms.ok_or(Unusable::Torn)?,
        bytes,
        pieces,
    })
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const SECRET: Secret = Secret([7; SECRET_BYTES]);

    fn pieces() -> Vec<Vec<u8>> {
        vec![
            b"meta".to_vec(),
            vec![1; 300],
            Vec::new(),
            b"the end".to_vec(),
        ]
    }

    fn written(pieces: Vec<Vec<u8>>) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        let len = write(
            &path,
            &SECRET,
            [9; 16],
            (3, 1_234),
            pieces.into_iter().map(Ok),
        )
        .unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, len);
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
        bytes
    }

    fn opened(bytes: &[u8]) -> Result<Opened, Unusable> {
        open(bytes.to_vec(), &SECRET, 3)
    }

    #[test]
    fn what_was_written_is_read_again_and_stands_nowhere_in_the_clear() {
        let bytes = written(pieces());
        let again = opened(&bytes).unwrap();
        assert_eq!(again.written_unix_ms, 1_234);
        assert_eq!(
            again.pieces().map(<[u8]>::to_vec).collect::<Vec<_>>(),
            pieces()
        );
        assert!(!bytes.windows(7).any(|seven| seven == b"the end"));
    }

    #[test]
    fn a_piece_that_cannot_be_had_leaves_the_file_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        std::fs::write(&path, "before").unwrap();
        let half = [Ok(b"one".to_vec()), Err(io::Error::other("none"))];
        assert!(write(&path, &SECRET, [9; 16], (3, 1_234), half.into_iter()).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
        let names = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_torn_at_any_length_is_said_to_be_torn() {
        let bytes = written(pieces());
        for len in 0..bytes.len() {
            let outcome = opened(&bytes[..len]);
            assert!(matches!(outcome, Err(Unusable::Torn)), "{len}: {outcome:?}");
        }
    }

    #[test]
    fn no_byte_can_be_changed_unseen_and_none_can_be_added() {
        let bytes = written(pieces());
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 0x41;
            assert!(opened(&bad).is_err(), "byte {at}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(opened(&longer).is_err());
    }

    #[test]
    fn pieces_cannot_be_exchanged_left_out_or_taken_from_another_file() {
        let bytes = written(vec![vec![1; 8], vec![2; 8], vec![3; 8]]);
        let (head, body) = bytes.split_at(HEAD_BYTES);
        let [one, two, three] = [0, 1, 2].map(|i| &body[i * 28..(i + 1) * 28]);
        for order in [[two, one, three], [one, three, three], [one, one, three]] {
            let body = order.concat();
            assert!(opened(&[head, &body].concat()).is_err());
        }
        assert!(opened(&[head, one, three].concat()).is_err());
        assert!(opened(&[head, one, two, three].concat()).is_ok());
    }

    #[test]
    fn another_key_another_version_and_another_file_are_told_apart() {
        let bytes = written(pieces());
        let other = open(bytes.clone(), &Secret([8; SECRET_BYTES]), 3);
        assert!(matches!(other, Err(Unusable::OtherKey)));
        let newer = open(bytes, &SECRET, 4);
        assert!(matches!(
            newer,
            Err(Unusable::OtherVersion(FORM_VERSION, 3))
        ));
        assert!(matches!(opened(b"SQLite format 3"), Err(Unusable::NotOurs)));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let bytes = written(pieces());
        for seed in 0..2_000 {
            let mut chance = SmallRng::seed_from_u64(seed);
            let mut bad = bytes[..chance.random_range(HEAD_BYTES..bytes.len())].to_vec();
            for _ in 0..chance.random_range(0..40) {
                bad.push(chance.random());
            }
            let at = chance.random_range(8..bad.len());
            bad[at] = chance.random();
            assert!(opened(&bad).is_err(), "seed {seed}");
        }
    }
}
