//! Heads: the number and hash of the newest row, one line each, appended to a file at every start, stop and hour.
//!
//! The file is worth what its place is worth: on another machine (a network share, a log collector that takes the
//! same line from the server's log), whoever rewrites the database cannot rewrite it. Before it appends, the export
//! looks whether the last head still holds, so that a cut log is seen at the next start and not only by an audit.

use super::cut::marked;
use super::row::AuditRow;
use crate::error::Fault;
use crate::store::Access;
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names the line; a change of the format is a new name.
const NAME: &str = "evwall-head-1";
/// A year of hourly heads is 1 MB; a longer file is refused.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

const HOUR: Duration = Duration::from_secs(3600);

/// The log up to row `seq` has this hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: [u8; 32],
    pub at_unix_s: i64,
}

/// Why a head was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadAt {
    Start,
    Hour,
    Stop,
}

/// What an export did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    pub head: Head,
    /// Whether the log still has the row of the last head in the file, or has removed it for its age. `false`: rows were
    /// cut or rewritten.
    pub last_one_holds: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    #[error("cannot read or write the heads file {path}: {error}")]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("the heads file {path} is larger than {FILE_MAX_BYTES} bytes")]
    TooLarge { path: PathBuf },
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl HeadAt {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Hour => "hour",
            Self::Stop => "stop",
        }
    }
}

impl Access {
    /// Appends the newest head to the file (made with mode 0600 if it is missing) and syncs it. `None`: the log is
    /// empty. The head also goes to the server's log, as a second place.
    pub async fn export_head(
        &self,
        path: &Path,
        at: HeadAt,
        now_unix_s: i64,
    ) -> Result<Option<Exported>, HeadsError> {
        let last_one_holds = match read_heads(path)?.last() {
            Some(head) => self.holds(head).await?,
            None => true,
        };
        let newest: Option<AuditRow> =
            sqlx::query_as("SELECT * FROM audit ORDER BY seq DESC LIMIT 1")
                .fetch_optional(self.read())
                .await
                .map_err(Fault::from)?;
        let Some(newest) = newest else {
            return Ok(None);
        };
        let hash = newest.hash.try_into().map_err(|_| Fault::Damaged)?;
        let head = Head {
            seq: newest.seq,
            hash,
            at_unix_s: now_unix_s,
        };
        append_line(path, &line(&head, at)).map_err(|error| HeadsError::File {
            path: path.to_path_buf(),
            error,
        })?;
        tracing::info!(
            seq = head.seq,
            hash = hex::encode(hash),
            at = at.name(),
            "audit head"
        );
        Ok(Some(Exported {
            head,
            last_one_holds,
        }))
    }

    /// Exports at once and then every hour, until it is dropped; the caller exports `HeadAt::Stop` itself, after its
    /// last request. What goes wrong is logged as an error and tried again in an hour.
    pub async fn keep_heads(&self, path: &Path, now_unix_s: impl Fn() -> i64 + Send) {
        let mut at = HeadAt::Start;
        let mut hours = tokio::time::interval(HOUR);
        loop {
            hours.tick().await;
            match self.export_head(path, at, now_unix_s()).await {
                Ok(Some(exported)) if !exported.last_one_holds => {
                    tracing::error!(
                        "the audit log was cut or rewritten since the last exported head: verify it"
                    );
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "an audit head could not be exported"),
            }
            at = HeadAt::Hour;
        }
    }

    async fn holds(&self, head: &Head) -> Result<bool, Fault> {
        let hash: Option<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM audit WHERE seq = ?")
            .bind(head.seq)
            .fetch_optional(self.read())
            .await?;
        if let Some(hash) = hash {
            return Ok(hash == head.hash);
        }
        // A server that was off for longer than rows are kept. `verify` says whether the cut was right.
        let gone = marked(&mut *self.read().acquire().await?).await?;
        Ok((1..=gone).contains(&head.seq))
    }
}

/// The heads of a file, oldest first. A missing file has none. A line that is no head (torn by a crash) is skipped
/// with a warning: it proves nothing.
pub fn read_heads(path: &Path) -> Result<Vec<Head>, HeadsError> {
    let failed = |error| HeadsError::File {
        path: path.to_path_buf(),
        error,
    };
    let mut text = String::new();
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
        Ok(file) => {
            let mut bytes = Vec::new();
            file.take(FILE_MAX_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(failed)?;
            if bytes.len() as u64 > FILE_MAX_BYTES {
                return Err(HeadsError::TooLarge {
                    path: path.to_path_buf(),
                });
            }
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    let mut heads = Vec::new();
    for (number, line) in text.lines().enumerate() {
        match parse(line) {
            Some(head) => heads.push(head),
            None => tracing::warn!(line = number + 1, "a line of the heads file is no head"),
        }
    }
    Ok(heads)
}

fn line(head: &Head, at: HeadAt) -> String {
    let hash = hex::encode(head.hash);
    format!(
        "{NAME} {} {hash} {} {}\n",
        head.seq,
        head.at_unix_s,
        at.name()
    )
}

fn parse(line: &str) -> Option<Head> {
    let mut words = line.split_ascii_whitespace();
    if words.next()? != NAME {
        return None;
    }
    let seq = words.next()?.parse().ok()?;
    let mut hash = [0; 32];
    hex::decode_to_slice(words.next()?, &mut hash).ok()?;
    let at_unix_s = words.next()?.parse().ok()?;
    // The last word: without it the line was torn.
    words.next()?;
    Some(Head {
        seq,
        hash,
        at_unix_s,
    })
}

fn append_line(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    // A line that a crash tore gets its end, so that it spoils no other.
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let mut bytes = Vec::with_capacity(line.len() + 1);
    if last != [b'\n'] {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    file.write_all(&bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::{Head, HeadAt, append_line, line, parse, read_heads};

    #[test]
    fn a_line_torn_anywhere_is_no_head_and_spoils_no_other() {
        let head = Head {
            seq: 4711,
            hash: [0xab; 32],
            at_unix_s: 1_795_300_000,
        };
        let whole = line(&head, HeadAt::Hour);
        assert_eq!(parse(&whole), Some(head));
        let folder = tempfile::tempdir().unwrap();
        // Cut inside the last word it still says everything that counts.
        for cut in 0..whole.len() - "hour\n".len() {
            let path = folder.path().join(cut.to_string());
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(read_heads(&path).unwrap().is_empty());
            append_line(&path, &whole).unwrap();
            assert_eq!(read_heads(&path).unwrap(), [head]);
        }
    }
}
