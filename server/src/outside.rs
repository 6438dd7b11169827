//! How the world reaches this server: not at all (loopback), by TLS that it speaks itself, or through a proxy that
//! speaks TLS for it. It decides how the cookie is named and guarded, and which address stands in the audit log.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::http::{HeaderMap, HeaderName};
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tracing::warn;

use crate::tls::TlsListener;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// Plain HTTP for browsers on this machine.
    Loopback,
    Tls,
    BehindProxy,
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, PlainListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, PlainListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Connections without TLS. Small frames must not wait for each other: a tick is sent when it is made.
pub struct PlainListener(pub TcpListener);

impl Listener for PlainListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (socket, addr) = Listener::accept(&mut self.0).await;
        if let Err(error) = socket.set_nodelay(true) {
            warn!(%error, "a connection keeps its delay");
        }
        (socket, addr)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Where a request came from, as far as it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(pub IpAddr);

impl Outside {
    /// Whether a browser speaks TLS, to this server or to the proxy before it.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        !matches!(self, Self::Loopback)
    }

    /// `__Host-`: a browser takes it only by TLS, for this host alone, so that no neighbour host can plant one.
    #[must_use]
    pub const fn cookie_name(self) -> &'static str {
        if self.is_secure() {
            "__Host-evwall_session"
        } else {
            "evwall_session"
        }
    }

    /// A `Set-Cookie` value. An empty one with `Max-Age=0` takes the cookie away.
    #[must_use]
    pub fn cookie(self, value: &str) -> String {
        let name = self.cookie_name();
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let gone = if value.is_empty() { "; Max-Age=0" } else { "" };
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{gone}")
    }

    /// Behind a proxy on this machine the last address of `X-Forwarded-For`, which that proxy wrote: those before it
    /// are what the client claims. In every other case the peer itself.
    #[must_use]
    pub fn source(self, peer: Peer, headers: &HeaderMap) -> Source {
        let peer = peer.0.ip().to_canonical();
        if self != Self::BehindProxy || !peer.is_loopback() {
            return Source(peer);
        }
        let told = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .next_back()
            .and_then(|line| line.to_str().ok())
            .and_then(|line| line.rsplit(',').next())
            .and_then(|last| address(last.trim()));
        Source(told.unwrap_or(peer))
    }
}

fn address(text: &str) -> Option<IpAddr> {
    let ip = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|addr| addr.ip()))
        .ok()?;
    Some(ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn source(outside: Outside, peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 9));
        outside.source(peer, &headers).0.to_string()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_proxy_on_this_machine_and_only_the_last() {
        let line = ["198.51.100.1, 192.0.2.7"];
        assert_eq!(
            source(Outside::BehindProxy, "127.0.0.1", &line),
            "192.0.2.7"
        );
        assert_eq!(source(Outside::BehindProxy, "::1", &line), "192.0.2.7");
        assert_eq!(
            source(
                Outside::BehindProxy,
                "127.0.0.1",
                &["1.1.1.1", "192.0.2.8:443"]
            ),
            "192.0.2.8"
        );
        assert_eq!(
            source(Outside::BehindProxy, "203.0.113.5", &line),
            "203.0.113.5"
        );
        assert_eq!(source(Outside::Loopback, "127.0.0.1", &line), "127.0.0.1");
        assert_eq!(source(Outside::Tls, "127.0.0.1", &line), "127.0.0.1");
        assert_eq!(
            source(Outside::BehindProxy, "127.0.0.1", &["'; DROP TABLE audit"]),
            "127.0.0.1"
        );
    }

    #[test]
    fn a_cookie_that_travels_far_is_secure_and_of_this_host_alone() {
        let near = Outside::Loopback.cookie("x");
        assert!(
            near.starts_with("evwall_session=x;") && !near.contains("Secure"),
            "{near}"
        );
        for far in [Outside::Tls, Outside::BehindProxy] {
            let cookie = far.cookie("x");
            assert!(
                cookie.starts_with("__Host-evwall_session=x; Path=/;"),
                "{cookie}"
            );
            assert!(
                cookie.contains("; Secure") && cookie.contains("; HttpOnly"),
                "{cookie}"
            );
            assert!(far.cookie("").contains("Max-Age=0"));
        }
    }
}
