//! The platforms file, TOML: `[[platform]]`, who may speak to this server over TCP, from where, for which makers' vehicles,
//! and how much; `[[stream]]`, what this server subscribes to.
//!
//! Nothing here prints a password: neither `Debug` nor an error of the file shows what stands in a line.

use std::collections::HashSet;
use std::net::IpAddr;

use anyhow::{Result, bail};
use gb32960::full::PlatformLogin;
use gb32960::vin::trim_nul;
use gb32960::{Datum, Edition, Vin};
use serde::{Deserialize, Deserializer};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::streams::Stream;

/// Sessions of one platform at a time, at most; more than one only where its entry says so.
const MOST_SESSIONS: usize = 16;

/// Everything that stands in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platforms {
    #[serde(default)]
    pub limits: Limits,
    #[serde(default, rename = "platform")]
    pub all: Vec<Platform>,
    #[serde(default, rename = "stream")]
    pub streams: Vec<Stream>,
}

/// What holds for every connection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections at once, signed in or not; the newest is refused.
    pub connections: usize,
    /// From the connection to the first login; then the connection is closed.
    pub login_within_s: u32,
    /// Without a whole frame for this long a session is closed.
    pub idle_s: u32,
    /// From the first byte of a frame to its last; then it is passed over, and at the third time the session is closed.
    pub half_frame_s: u32,
    /// Answers that cannot be handed to the socket for this long end the session: its other side does not read.
    pub answer_within_s: u32,
    /// The longest data unit; a longer one is damage. Real reports have 100–1,200 bytes.
    pub max_data_bytes: usize,
    /// Wrong passwords for one user name in a minute; at the bound the name is refused unheard until the minute is over.
    pub wrong_logins_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            login_within_s: 20,
            idle_s: 300,
            half_frame_s: 10,
            answer_within_s: 10,
            max_data_bytes: 16_384,
            wrong_logins_per_minute: 10,
        }
    }
}

/// One platform.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// What it is called on the page, in logs and in metrics.
    pub name: String,
    user: Padded<12>,
    password: Padded<20>,
    /// Addresses or networks (`192.0.2.0/24`) it may come from.
    from: Vec<Network>,
    /// The first three characters of the VINs it may speak for; `"*"` for all.
    wmis: Vec<String>,
    /// Of positions in 2016 frames, which do not name one.
    #[serde(default)]
    datum: DatumName,
    /// The editions it may send, as years.
    #[serde(default = "both_editions")]
    editions: Vec<u16>,
    /// VINs that stand in no registry; at the bound a new one is refused. 0: only registered vehicles.
    #[serde(default = "default_max_unregistered")]
    pub max_unregistered: usize,
    /// Beyond it the server reads this platform more slowly, so that it waits.
    #[serde(default = "default_frames_per_s")]
    pub frames_per_s: u32,
    /// Sessions at a time; one more, and the oldest is closed.
    #[serde(default = "one")]
    pub sessions: usize,
}

fn both_editions() -> Vec<u16> {
    vec![2016, 2025]
}

fn default_max_unregistered() -> usize {
    10_000
}

fn default_frames_per_s() -> u32 {
    100_000
}

fn one() -> usize {
    1
}

/// The datum of positions in frames that do not name one. The 2016 edition names none; terminals read satellites, so
/// WGS-84 is taken unless the file says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatumName {
    #[default]
    Wgs84,
    Gcj02,
}

impl From<DatumName> for Datum {
    fn from(name: DatumName) -> Self {
        match name {
            DatumName::Wgs84 => Self::Wgs84,
            DatumName::Gcj02 => Self::Gcj02,
        }
    }
}

/// What a login came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Of this platform.
    Good(usize),
    /// The user of this platform, but not its password, or not from its addresses.
    Wrong(usize),
    /// Nobody's user.
    Unknown,
}

impl Platforms {
    /// Takes the whole text or nothing.
    ///
    /// # Errors
    /// The first thing in it that cannot be taken, with its line, and never with a password.
    pub fn parse(text: &str) -> Result<Self> {
        let platforms: Self = toml::from_str(text).map_err(|error: toml::de::Error| {
            // Its own display shows the line, and with it a password.
            let start = error.span().map_or(0, |span| span.start);
            let line = text
                .bytes()
                .take(start)
                .filter(|&byte| byte == b'\n')
                .count()
                + 1;
            anyhow::anyhow!("line {line}: {}", error.message())
        })?;
        platforms.check()?;
        Ok(platforms)
    }

    fn check(&self) -> Result<()> {
        let limits = &self.limits;
        let times = [
            limits.login_within_s,
            limits.idle_s,
            limits.half_frame_s,
            limits.answer_within_s,
        ];
        if times.contains(&0) || limits.connections == 0 || limits.wrong_logins_per_minute == 0 {
            bail!("a limit of 0 would let nobody in");
        }
        if !(64..=gb32960::MAX_DATA_LEN).contains(&limits.max_data_bytes) {
            bail!("max_data_bytes is 64 to {}", gb32960::MAX_DATA_LEN);
        }
        if self.all.is_empty() && self.streams.is_empty() {
            bail!("it names no [[platform]] and no [[stream]]");
        }
        let (mut names, mut users) = (HashSet::new(), HashSet::new());
        for stream in &self.streams {
            stream.check()?;
            if !names.insert(&stream.name) {
                bail!("the name {:?} stands twice", stream.name);
            }
        }
        for platform in &self.all {
            let name = &platform.name;
            if name.is_empty() || name.len() > 64 || !names.insert(name) {
                bail!("the name {name:?} is empty, too long, or stands twice");
            }
            if !users.insert(platform.user.0) {
                bail!("two platforms have one user; the second is {name}");
            }
            if platform.from.is_empty() || platform.wmis.is_empty() {
                bail!("{name}: from and wmis each need an entry, or nobody may speak for it");
            }
            if let Some(wmi) = platform
                .wmis
                .iter()
                .find(|wmi| *wmi != "*" && !(wmi.len() == 3 && wmi.bytes().all(is_vin_letter)))
            {
                bail!("{name}: {wmi:?} is not the first three characters of a VIN");
            }
            if platform
                .editions
                .iter()
                .any(|year| ![2016, 2025].contains(year))
            {
                bail!("{name}: the editions are 2016 and 2025");
            }
            if platform.frames_per_s == 0 || !(1..=MOST_SESSIONS).contains(&platform.sessions) {
                bail!("{name}: frames_per_s is at least 1, sessions are 1 to {MOST_SESSIONS}");
            }
        }
        Ok(())
    }

    /// Who this is. Every platform is compared, in the same time whatever is wrong.
    #[must_use]
    pub fn who(&self, login: &PlatformLogin<'_>, peer: IpAddr) -> Login {
        let user = padded::<12>(trim_nul(login.user));
        let password = padded::<20>(trim_nul(login.password));
        let (mut found, mut is_user, mut is_both) = (0_u32, Choice::from(0), Choice::from(0));
        for (index, platform) in (0..).zip(&self.all) {
            let same_user = user.ct_eq(&platform.user.0);
            found.conditional_assign(&index, same_user);
            is_user |= same_user;
            is_both |= same_user & password.ct_eq(&platform.password.0);
        }
        let found = found as usize;
        match (bool::from(is_user), bool::from(is_both)) {
            (true, true) if self.all[found].may_come_from(peer) => Login::Good(found),
            (true, _) => Login::Wrong(found),
            (false, _) => Login::Unknown,
        }
    }
}

impl Platform {
    fn may_come_from(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.from.iter().any(|network| network.holds(peer))
    }

    /// Whether somebody who has logged in may go on under the other entry: it bounds what they send alike, and reads their
    /// positions alike. Who they may speak for is asked at each frame, and who they are at each login.
    #[must_use]
    pub fn bounds_like(&self, other: &Self) -> bool {
        let bounds = |of: &Self| (of.datum, of.max_unregistered, of.frames_per_s, of.sessions);
        bounds(self) == bounds(other)
    }

    #[must_use]
    pub fn may_speak_for(&self, vin: &Vin) -> bool {
        self.wmis
            .iter()
            .any(|wmi| wmi == "*" || wmi.as_bytes() == &vin.0[..3])
    }

    #[must_use]
    pub fn may_send(&self, edition: Edition) -> bool {
        self.editions.contains(&edition.year())
    }

    #[must_use]
    pub fn datum(&self) -> Datum {
        self.datum.into()
    }
}

fn is_vin_letter(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

/// A user name or password as it stands in a login, NUL behind it; or `hex:` and its bytes, for GB 18030.
// Compared as bytes only with another reading of the file; what somebody sends is compared in constant time (`who`).
#[derive(PartialEq, Eq)]
struct Padded<const N: usize>([u8; N]);

impl<const N: usize> std::fmt::Debug for Padded<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

impl<'de, const N: usize> Deserialize<'de> for Padded<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of a wrong type would repeat the value.
        let wrong = || -> D::Error {
            serde::de::Error::custom(format!(
                "a user or password that is no text of 1 to {N} bytes"
            ))
        };
        let text = String::deserialize(deserializer).map_err(|_| wrong())?;
        let bytes = match text.strip_prefix("hex:") {
            Some(digits) => hex::decode(digits).map_err(|_| wrong())?,
            None => text.into_bytes(),
        };
        if bytes.is_empty() || bytes.len() > N || trim_nul(&bytes).len() != bytes.len() {
            return Err(wrong());
        }
        Ok(Self(padded(&bytes)))
    }
}

fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let len = bytes.len().min(N);
    out[..len].copy_from_slice(&bytes[..len]);
    out
}

/// An address, or all addresses that begin alike.
#[derive(Debug, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (addr, bits) = match text.split_once('/') {
            Some((addr, bits)) => (addr, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let first: IpAddr = addr.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { first, bits })
    }

    fn holds(&self, addr: IpAddr) -> bool {
        let differs = match (self.first, addr) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                (u32::from(ours) ^ u32::from(theirs)).leading_zeros()
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                (u128::from(ours) ^ u128::from(theirs)).leading_zeros()
            }
            _ => return false,
        };
        differs >= self.bits
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no address or network")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gb32960::Time;

    const ONE: &str = r#"
        [[platform]]
        name = "byd"
        user = "byd"
        password = "s3cret"
        from = ["127.0.0.1", "192.0.2.0/24", "2001:db8::/32"]
        wmis = ["LGX", "LC0"]
    "#;

    fn error(text: &str) -> String {
        format!("{:#}", Platforms::parse(text).expect_err("refused"))
    }

    fn who(platforms: &Platforms, user: &[u8], password: &[u8], from: &str) -> Login {
        let (user, password) = (padded(user), padded(password));
        let login = PlatformLogin {
            time: Time([26, 1, 1, 0, 0, 0]),
            serial: 1,
            user: &user,
            password: &password,
            encryption: 1,
            left: &[],
        };
        platforms.who(&login, from.parse().unwrap())
    }

    #[test]
    fn a_platform_is_its_user_its_password_and_its_addresses() {
        let second = ONE.replace("byd", "nio").replace("s3cret", "other");
        let platforms = Platforms::parse(&format!("{ONE}{second}")).unwrap();
        let who = |user: &str, password: &str, from| {
            who(&platforms, user.as_bytes(), password.as_bytes(), from)
        };
        assert_eq!(who("byd", "s3cret", "127.0.0.1"), Login::Good(0));
        assert_eq!(who("nio", "other", "192.0.2.77"), Login::Good(1));
        assert_eq!(who("nio", "other", "2001:db8::7"), Login::Good(1));
        assert_eq!(who("nio", "s3cret", "127.0.0.1"), Login::Wrong(1));
        assert_eq!(who("byd", "s3cre", "127.0.0.1"), Login::Wrong(0));
        assert_eq!(who("byd", "", "127.0.0.1"), Login::Wrong(0));
        assert_eq!(who("byd", "s3cret", "192.0.3.1"), Login::Wrong(0));
        assert_eq!(who("byd", "s3cret", "::1"), Login::Wrong(0));
        assert_eq!(who("", "", "127.0.0.1"), Login::Unknown);
    }

    #[test]
    fn padding_on_the_left_and_chinese_bytes_are_compared_as_they_are_meant() {
        let text = ONE
            .replace(
                "\"byd\"\n        password",
                "\"hex:b1c8d1c7\"\n        password",
            )
            .replace("s3cret", "hex:c3dcc2eb3132333435363738393031323334353637");
        assert!(error(&text).contains("20 bytes"), "{}", error(&text));
        let text = text.replace("3637\"", "\"");
        let platforms = Platforms::parse(&text).unwrap();
        let password = hex::decode("c3dcc2eb313233343536373839303132333435").unwrap();
        let left_padded = b"\0\0\0\0\0\0\0\0\xb1\xc8\xd1\xc7";
        assert_eq!(
            who(&platforms, left_padded, &password, "127.0.0.1"),
            Login::Good(0)
        );
    }

    #[test]
    fn no_error_and_no_debug_output_shows_a_password() {
        for broken in [
            ONE.replace("\"s3cret\"", "\"s3cret-that-is-far-too-long\""),
            ONE.replace("\"s3cret\"", "[\"s3cret\"]"),
            ONE.replace("\"s3cret\"", "\"s3cret"),
            ONE.replace("\"s3cret\"", "s3cret"),
            ONE.replace("password", "pasword"),
            ONE.replace("\"s3cret\"", "\"x\" s3cret"),
        ] {
            let error = Platforms::parse(&broken).unwrap_err();
            let said = format!("{error:#} {error:?}");
            assert!(!said.contains("s3cret") && said.contains("line "), "{said}");
        }
        let number = ONE.replace("\"s3cret\"", "20261122");
        assert!(!error(&number).contains("20261122"), "{}", error(&number));
        let shown = format!("{:?}", Platforms::parse(ONE).unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn what_would_let_in_the_wrong_ones_or_nobody_is_refused() {
        for (text, word) in [
            (format!("{ONE}{ONE}"), "twice"),
            (
                format!("{ONE}{}", ONE.replacen("byd", "nio", 1)),
                "one user",
            ),
            (ONE.replace("\"LGX\"", "\"lgx\""), "lgx"),
            (ONE.replace("127.0.0.1", "localhost"), "localhost"),
            (ONE.replace("/24", "/33"), "192.0.2.0/33"),
            (
                ONE.replace("wmis = [\"LGX\", \"LC0\"]", "wmis = []"),
                "wmis",
            ),
            (format!("{ONE}\nowner = \"x\""), "owner"),
            (format!("{ONE}\nsessions = 0"), "sessions"),
            (format!("{ONE}\neditions = [2011]"), "2016"),
            (format!("{ONE}\n[limits]\nidle_s = 0"), "limit"),
            (format!("{ONE}\n[limits]\nmax_data_bytes = 70000"), "65531"),
        ] {
            let said = error(&text);
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}
