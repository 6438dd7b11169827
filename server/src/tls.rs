//! TLS for a server that stands alone. The certificate is read at the start and again at SIGHUP, so that a renewed one
//! is taken without a restart; one that cannot be read then leaves the old one in use.
//!
//! Handshakes run beside each other, so that a client that does not finish its own keeps nobody waiting. HTTP/1.1 only:
//! the map's socket is an HTTP/1.1 upgrade.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use tracing::{debug, error, info, warn};

use crate::queues::{self, Queues};

/// Handshakes at once; at the bound new connections wait in the listener's backlog.
const HANDSHAKES_MAX: usize = 256;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections whose handshake is done and that wait to be served; at the bound their tasks wait.
const READY_MAX: usize = 64;

/// The two PEM files.
#[derive(Debug, Clone)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    /// # Errors
    /// Files that cannot be read, hold nothing, or do not belong together.
    pub fn load(&self) -> Result<Arc<ServerConfig>> {
        let named =
            |what: &str, path: &PathBuf| format!("cannot take the {what} {}", path.display());
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .with_context(|| named("certificate", &self.certificate))?;
        let key =
            PrivateKeyDer::from_pem_file(&self.key).with_context(|| named("key", &self.key))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .with_context(|| named("certificate", &self.certificate))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Accepts connections and shakes hands with them.
pub struct TlsListener {
    addr: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    /// # Errors
    /// A certificate that cannot be taken, or a listener without an address.
    pub fn start(tcp: TcpListener, files: Files, queues: &Queues) -> Result<Self> {
        let addr = tcp.local_addr()?;
        let (renew, config) = watch::channel(files.load()?);
        let (ready_to, ready) = mpsc::channel(READY_MAX);
        let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let shaking = Arc::clone(&places);
        queues.add(queues::TLS_HANDSHAKES, HANDSHAKES_MAX, move || {
            HANDSHAKES_MAX - shaking.available_permits()
        });
        // Not one more sender: the listener ends when all of them are gone.
        let waiting = ready_to.downgrade();
        queues.add(queues::TLS_READY, READY_MAX, move || {
            let room = |ready: Ready| READY_MAX - ready.capacity();
            waiting.upgrade().map_or(0, room)
        });
        tokio::spawn(accept(tcp, config, ready_to.clone(), places));
        tokio::spawn(renew_at_hangup(files, renew, ready_to));
        Ok(Self { addr, ready })
    }
}

type Ready = mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>;

/// Ends when the listener is dropped.
async fn accept(
    tcp: TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
    ready: Ready,
    places: Arc<Semaphore>,
) {
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            () = ready.closed() => return,
        };
        let (socket, addr) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: a loop without a pause would only make it worse.
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if let Err(error) = socket.set_nodelay(true) {
            warn!(%error, "a connection keeps its delay");
        }
        let acceptor = TlsAcceptor::from(Arc::clone(&config.borrow()));
        let ready = ready.clone();
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(socket)).await;
            drop(place);
            match shaken {
                Ok(Ok(stream)) => {
                    let _ = ready.send((stream, addr)).await;
                }
                Ok(Err(error)) => debug!(%addr, %error, "a TLS handshake failed"),
                Err(_) => debug!(%addr, "a TLS handshake took too long"),
            }
        });
    }
}

async fn renew_at_hangup(files: Files, renew: watch::Sender<Arc<ServerConfig>>, ready: Ready) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = match signal(SignalKind::hangup()) {
        Ok(hangups) => hangups,
        Err(error) => {
            warn!(%error, "SIGHUP cannot be heard; a renewed certificate needs a restart");
            return;
        }
    };
    loop {
        tokio::select! {
            hangup = hangups.recv() => if hangup.is_none() { return },
            () = ready.closed() => return,
        }
        match files.load() {
            Ok(config) => {
                renew.send_replace(config);
                info!("the certificate was read again");
            }
            Err(error) => error!("the old certificate stays in use: {error:#}"),
        }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Both tasks are gone only when the runtime ends.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(certificate: &str, key: &str) -> Files {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls"));
        Files {
            certificate: folder.join(certificate),
            key: folder.join(key),
        }
    }

    #[test]
    fn a_certificate_is_taken_only_with_its_own_key() {
        assert!(files("cert.pem", "key.pem").load().is_ok());
        for (certificate, key) in [
            ("cert.pem", "cert.pem"),
            ("key.pem", "key.pem"),
            ("missing.pem", "key.pem"),
            ("cert.pem", "other-key.pem"),
        ] {
            let error = files(certificate, key).load().unwrap_err();
            assert!(format!("{error:#}").contains(".pem"), "{error:#}");
        }
    }
}
