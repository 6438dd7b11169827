//! The audit heads of a running server: one at the start, one an hour, one at the stop, each appended to a file that
//! is best kept on another machine. Before each the last one in the file is looked up: where it no longer holds, the
//! log was cut or rewritten, and an error says so at once.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use access::{Access, HeadAt};
use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::clock;

/// A heads file that cannot be written keeps the server from starting: a log without heads cannot show that its tail
/// was cut. Gives the time of the last one: until then a server ran.
///
/// # Errors
/// A file that cannot be read or made, in one sentence.
pub fn check(path: &Path) -> Result<Option<i64>> {
    let heads = access::read_heads(path)?;
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write the audit heads to {}", path.display()))?;
    Ok(heads.last().map(|head| head.at_unix_s))
}

/// At once and every hour, until the stop.
pub async fn keep(access: Access, path: PathBuf, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = access.keep_heads(&path, clock::unix_s) => {}
    }
}

/// The last one, after the server has written its last rows and closed its store: the file is opened once more.
pub async fn at_stop(database: &Path, path: &Path) {
    let access = match Access::open(database, clock::unix_s()).await {
        Ok(access) => access,
        Err(error) => {
            warn!(%error, "no audit head could be exported at the stop");
            return;
        }
    };
    match access
        .export_head(path, HeadAt::Stop, clock::unix_s())
        .await
    {
        Ok(Some(exported)) if !exported.last_one_holds => {
            error!("the audit log was cut or rewritten while the server ran: verify it");
        }
        Ok(_) => {}
        Err(error) => warn!(%error, "no audit head could be exported at the stop"),
    }
    access.close().await;
}
