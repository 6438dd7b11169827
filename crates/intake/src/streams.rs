//! The `[[stream]]` entries of the platforms file: telemetry streams that the server subscribes to, with what they ask
//! for at their door.

use std::path::PathBuf;

use anyhow::{Result, bail};
use gb32960::Datum;
use serde::Deserialize;

use crate::platforms::DatumName;

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What it is called on the page, in logs and in metrics.
    pub name: String,
    /// `ws://…` or `wss://…`, without credentials.
    pub url: String,
    /// Sent as `Authorization: Bearer …`.
    bearer: Option<Secret>,
    /// With `password`, sent as `Authorization: Basic …`.
    user: Option<String>,
    password: Option<Secret>,
    /// Certificates in PEM that sign for this stream, instead of the public ones.
    pub ca: Option<PathBuf>,
    /// Of positions in frames that do not name one.
    #[serde(default)]
    datum: DatumName,
}

/// A text that no log and no error shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

/// What a stream asks for.
#[derive(Debug, Clone)]
pub enum Credentials {
    Bearer(Secret),
    Basic { user: String, password: Secret },
}

impl Stream {
    /// A stream that asks for nothing, as the command line names it.
    #[must_use]
    pub fn plain(name: String, url: String) -> Self {
        Self {
            name,
            url,
            bearer: None,
            user: None,
            password: None,
            ca: None,
            datum: DatumName::default(),
        }
    }

    #[must_use]
    pub fn datum(&self) -> Datum {
        self.datum.into()
    }

    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        match (&self.bearer, &self.user, &self.password) {
            (Some(token), _, _) => Some(Credentials::Bearer(token.clone())),
            (None, Some(user), Some(password)) => Some(Credentials::Basic {
                user: user.clone(),
                password: password.clone(),
            }),
            _ => None,
        }
    }

    /// # Errors
    /// What cannot be used, without the secret in it.
    pub(crate) fn check(&self) -> Result<()> {
        let name = &self.name;
        if name.is_empty() || name.len() > 64 {
            bail!("the stream's name {name:?} is empty or too long");
        }
        check_url(&self.url).map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
        let is_plain = self.url.starts_with("ws://");
        match (&self.bearer, &self.user, &self.password) {
            (None, None, None) => {}
            (Some(_), None, None) | (None, Some(_), Some(_)) if !is_plain => {}
            (Some(_), None, None) | (None, Some(_), Some(_)) if is_on_this_machine(&self.url) => {}
            (Some(_), None, None) | (None, Some(_), Some(_)) => {
                bail!(
                    "{name}: credentials would go over the wire in the clear: the url must be wss://"
                )
            }
            _ => bail!("{name}: give either bearer, or user and password"),
        }
        if self.ca.is_some() && is_plain {
            bail!("{name}: ca is for wss:// only");
        }
        let secrets = [self.bearer.as_ref(), self.password.as_ref()];
        if secrets.into_iter().flatten().any(|secret| {
            secret.0.is_empty()
                || !secret
                    .0
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() || byte == b' ')
        }) {
            bail!("{name}: a token or password is empty or not of visible ASCII characters");
        }
        if self.user.as_ref().is_some_and(|user| user.contains(':')) {
            bail!("{name}: a user name for basic credentials has no colon");
        }
        Ok(())
    }
}

/// A WebSocket address without anything secret in it.
///
/// # Errors
/// What is wrong with it, without the secret.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Err("a telemetry stream is a WebSocket, ws://HOST:PORT/ or wss://HOST:PORT/");
    };
    if !matches!(scheme, "ws" | "wss") || rest.is_empty() {
        return Err("a telemetry stream is a WebSocket, ws://HOST:PORT/ or wss://HOST:PORT/");
    }
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(
            "a name and password in an address end up in process lists and logs: write them as user and password \
             of a [[stream]] in the file of --platforms",
        );
    }
    Ok(())
}

/// Whether the address is one of this machine.
#[must_use]
pub fn is_on_this_machine(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(host, _)| host),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|addr| addr.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platforms;

    fn read(more: &str) -> Result<Platforms> {
        Platforms::parse(&format!("[[stream]]\nname = \"bus\"\n{more}"))
    }

    #[test]
    fn a_stream_has_a_token_or_a_name_and_password_over_tls() {
        let bearer = read("url = \"wss://bus.example/\"\nbearer = \"t0k3n\"").unwrap();
        assert!(matches!(
            bearer.streams[0].credentials(),
            Some(Credentials::Bearer(Secret(token))) if token == "t0k3n"
        ));
        let basic = "url = \"wss://bus.example/\"\nuser = \"wall\"\npassword = \"s3cret\"\ndatum = \"gcj02\"";
        let basic = read(basic).unwrap();
        assert!(matches!(
            basic.streams[0].credentials(),
            Some(Credentials::Basic { .. })
        ));
        assert_eq!(basic.streams[0].datum(), Datum::Gcj02);
        let shown = format!("{basic:?} {bearer:?}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("t0k3n"),
            "{shown}"
        );
        // On one machine nobody reads along.
        assert!(read("url = \"ws://127.0.0.1:9/\"\nbearer = \"t0k3n\"").is_ok());
        assert!(read("url = \"ws://[::1]:9/\"\nbearer = \"t0k3n\"").is_ok());
    }

    #[test]
    fn this_machine_is_told_from_others_that_look_like_it() {
        for url in ["ws://127.0.0.1:9/x", "ws://localhost/", "wss://[::1]:9/x"] {
            assert!(is_on_this_machine(url), "{url}");
        }
        for url in [
            "ws://127.0.0.1.example:9/x",
            "ws://10.0.0.1/",
            "wss://b/?127.0.0.1",
        ] {
            assert!(!is_on_this_machine(url), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_showing_a_secret() {
        for (more, word) in [
            ("url = \"ws://bus.example/\"\nbearer = \"t0k3n\"", "wss://"),
            (
                "url = \"ws://localhost.example/\"\nbearer = \"t0k3n\"",
                "wss://",
            ),
            ("url = \"http://bus.example/\"", "WebSocket"),
            ("url = \"wss://\"", "WebSocket"),
            ("url = \"wss://a:t0k3n@bus.example/\"", "[[stream]]"),
            (
                "url = \"wss://b/\"\nbearer = \"t0k3n\"\nuser = \"x\"",
                "either",
            ),
            ("url = \"wss://b/\"\npassword = \"t0k3n\"", "either"),
            ("url = \"wss://b/\"\nbearer = \"t0k3n\\n\"", "visible"),
            (
                "url = \"wss://b/\"\nuser = \"a:b\"\npassword = \"t0k3n\"",
                "colon",
            ),
            ("url = \"ws://127.0.0.1/\"\nca = \"x.pem\"", "ca is"),
            ("url = \"wss://b/\"\nbearer = 7", "line "),
            ("url = \"wss://b/\"\ntoken = \"t0k3n\"", "token"),
        ] {
            let error = format!("{:#}", read(more).unwrap_err());
            assert!(
                error.contains(word) && !error.contains("t0k3n"),
                "{more}: {error}"
            );
        }
    }
}
