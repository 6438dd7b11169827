//! Where somebody wanted to go who has to sign in first.

use axum::http::{Method, Uri};
use serde::Deserialize;

use crate::places::action_of;

/// More than any address of a page has.
const MAX_BYTES: usize = 1024;

/// A way into this server with its query, and never to another server; the map where no such way was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Destination(String);

impl Default for Destination {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

/// Of a form or an address, which anybody may have written.
impl From<String> for Destination {
    fn from(text: String) -> Self {
        let uri = text.parse::<Uri>().ok();
        uri.filter(|uri| uri.authority().is_none())
            .and_then(|uri| Self::from_uri(&uri))
            .unwrap_or_default()
    }
}

impl Destination {
    /// Of a request that nobody signed.
    pub fn of(method: &Method, uri: &Uri) -> Self {
        if method == Method::GET {
            Self::from_uri(uri).unwrap_or_default()
        } else {
            Self::default()
        }
    }

    fn from_uri(uri: &Uri) -> Option<Self> {
        let wanted = uri.path_and_query()?;
        action_of(&Method::GET, wanted.path())?;
        (wanted.as_str().len() <= MAX_BYTES).then(|| Self(wanted.as_str().to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_its_view_is_kept_and_nothing_leads_elsewhere() {
        for kept in ["/", "/?at=31.2,121.4,9.6&lang=zh", "/wall", "/sources"] {
            assert_eq!(Destination::from(kept.to_owned()).as_str(), kept);
        }
        let long = format!("/?at={}", "1".repeat(MAX_BYTES));
        for elsewhere in [
            "",
            "https://elsewhere.example/",
            "//elsewhere.example/",
            "/\\elsewhere.example/",
            "/\t/elsewhere.example/",
            "elsewhere.example:443",
            "javascript:alert(1)",
            "*",
            "wall",
            "/login",
            "/logout",
            "/nowhere",
            &long,
        ] {
            let read = Destination::from(elsewhere.to_owned());
            assert_eq!(read.as_str(), "/", "{elsewhere}");
        }
    }

    #[test]
    fn only_what_a_browser_can_open_again_is_wanted() {
        let uri: Uri = "/sources?x=1".parse().unwrap();
        assert_eq!(Destination::of(&Method::GET, &uri).as_str(), "/sources?x=1");
        assert_eq!(Destination::of(&Method::POST, &uri).as_str(), "/");
        let absolute: Uri = "http://elsewhere.example/wall".parse().unwrap();
        assert_eq!(Destination::of(&Method::GET, &absolute).as_str(), "/wall");
    }
}
