//! What the page may say about its connection, and when it tries again. A socket that is open proves nothing: only ticks
//! do. Without one for three seconds the picture is stale, and it says since when; without a socket it is away. Time comes
//! in as an argument.

use wire::Bye;

/// Ticks come once a second; after this long without one the picture counts as old.
pub const STALE_AFTER_MS: u64 = 3_000;
/// An open socket on which nothing came for this long is given up: its other end may be gone without a word.
pub const GIVE_UP_AFTER_MS: u64 = 10_000;
/// The same after the page or its machine slept: the server has most likely closed such a socket.
const GIVE_UP_AFTER_SLEEP_MS: u64 = 4_000;
/// A socket that takes longer to open is tried anew: a system whose first words were lost waits ever longer.
const OPEN_WITHIN_MS: u64 = 2_000;
/// Clocks that part by so much between two looks: the machine slept.
const SLEPT_MS: i64 = 5_000;
const FIRST_RETRY_MS: u64 = 500;
/// A server that was away is found again within this.
const LONGEST_RETRY_MS: u64 = 1_500;
/// A server that is there and does not want this page now is left in peace for longer.
const LONGEST_RETRY_UNWANTED_MS: u64 = 15_000;

/// How things stand, as the page shows it. Times are the browser's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// No connection yet since the page was opened.
    #[default]
    Connecting,
    /// Ticks come.
    Live,
    /// The socket is open, but no tick has come since then.
    Stale { since_unix_ms: i64 },
    /// There is no connection; the last sign of life was then. The engine goes on trying.
    Away { since_unix_ms: i64 },
    /// The server does not want this page; the engine has stopped trying.
    Refused(Bye),
}

/// Now, on both clocks: the one that never jumps for spans, the other for what people read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    pub mono_ms: u64,
    pub unix_ms: i64,
}

/// The state of the link.
#[derive(Debug, Default)]
pub struct Link {
    open: bool,
    refused: Option<Bye>,
    /// The server said goodbye for a reason of this page's own.
    unwanted: bool,
    failures: u32,
    heard: Option<Now>,
    /// When the present socket opened.
    opened: Now,
    /// Since when it is being opened.
    opening: Option<Now>,
    /// No tick has come since the page woke.
    woken: bool,
    /// When it was looked at last.
    looked: Option<Now>,
}

impl Link {
    /// The page was opened.
    pub fn new(now: Now) -> Self {
        Self {
            opened: now,
            ..Self::default()
        }
    }

    /// A socket is being opened.
    pub fn opening(&mut self, now: Now) {
        self.opening = Some(now);
    }

    pub fn opened(&mut self, now: Now) {
        self.open = true;
        self.opened = now;
        self.opening = None;
        self.woken = false;
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// A tick came.
    pub fn tick(&mut self, now: Now) {
        self.heard = Some(now);
        self.failures = 0;
        self.unwanted = false;
        self.woken = false;
    }

    /// Once a second: a machine that slept is noticed by its clocks, of which only one goes on in its sleep.
    pub fn look(&mut self, now: Now) {
        if let Some(last) = self.looked.replace(now) {
            let passed_ms = i64::try_from(now.mono_ms.saturating_sub(last.mono_ms));
            let slept_ms = now.unix_ms - last.unix_ms - passed_ms.unwrap_or(i64::MAX);
            if slept_ms > SLEPT_MS {
                self.woke(now);
            }
        }
    }

    /// The page was not looking, so silence meant nothing until now.
    pub fn woke(&mut self, now: Now) {
        if self.open && self.heard.is_some() {
            self.heard = Some(now);
        }
        self.opened = now;
        self.woken = self.open;
    }

    /// The server said why it closes.
    pub fn bye(&mut self, why: Bye) {
        match why {
            Bye::Reload | Bye::SessionEnded => self.refused = Some(why),
            Bye::Full | Bye::TooSlow | Bye::BadFrame => self.unwanted = true,
            Bye::Stopping => {}
        }
    }

    /// The socket closed; says after how long to try again. `chance` is between 0 and 1, so that a thousand walls do not
    /// come back in the same moment.
    pub fn closed(&mut self, chance: f64) -> Option<u64> {
        self.open = false;
        self.opening = None;
        if self.refused.is_some() {
            return None;
        }
        let most_ms = match self.unwanted {
            true => LONGEST_RETRY_UNWANTED_MS,
            false => LONGEST_RETRY_MS,
        };
        let longest_ms = (FIRST_RETRY_MS << self.failures.min(10)).min(most_ms);
        self.failures += 1;
        Some((longest_ms as f64 * (0.5 + chance.clamp(0.0, 1.0) / 2.0)) as u64)
    }

    /// Whether the socket is to be given up.
    pub fn is_dead(&self, now: Now) -> bool {
        if let Some(since) = self.opening {
            return now.mono_ms.saturating_sub(since.mono_ms) > OPEN_WITHIN_MS;
        }
        let patience_ms = match self.woken {
            true => GIVE_UP_AFTER_SLEEP_MS,
            false => GIVE_UP_AFTER_MS,
        };
        let last = self
            .heard
            .map_or(0, |heard| heard.mono_ms)
            .max(self.opened.mono_ms);
        self.open && now.mono_ms.saturating_sub(last) > patience_ms
    }

    pub fn connection(&self, now: Now) -> Connection {
        if let Some(why) = self.refused {
            return Connection::Refused(why);
        }
        match (self.open, self.heard) {
            (_, None) if self.failures == 0 => Connection::Connecting,
            (_, None) => Connection::Away {
                since_unix_ms: self.opened.unix_ms,
            },
            (false, Some(heard)) => Connection::Away {
                since_unix_ms: heard.unix_ms,
            },
            (true, Some(heard)) if now.mono_ms.saturating_sub(heard.mono_ms) > STALE_AFTER_MS => {
                Connection::Stale {
                    since_unix_ms: heard.unix_ms,
                }
            }
            (true, Some(_)) => Connection::Live,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono_ms: u64) -> Now {
        Now {
            mono_ms,
            unix_ms: 1_000_000 + mono_ms as i64,
        }
    }

    #[test]
    fn only_ticks_make_a_link_live() {
        let mut link = Link::default();
        assert_eq!(link.connection(at(0)), Connection::Connecting);
        link.opened(at(10));
        assert_eq!(link.connection(at(2_000)), Connection::Connecting);
        link.tick(at(2_000));
        assert_eq!(link.connection(at(5_000)), Connection::Live);
        assert_eq!(
            link.connection(at(5_001)),
            Connection::Stale {
                since_unix_ms: 1_002_000
            }
        );
        link.tick(at(6_000));
        assert_eq!(link.connection(at(6_500)), Connection::Live);
    }

    #[test]
    fn a_lost_link_says_since_when() {
        let mut link = Link::default();
        link.opened(at(0));
        link.tick(at(700));
        assert!(link.closed(0.5).is_some());
        assert_eq!(
            link.connection(at(9_000)),
            Connection::Away {
                since_unix_ms: 1_000_700
            }
        );
        link.opened(at(9_500));
        assert_eq!(
            link.connection(at(9_600)),
            Connection::Stale {
                since_unix_ms: 1_000_700
            }
        );
        link.tick(at(9_700));
        assert_eq!(link.connection(at(9_700)), Connection::Live);
    }

    #[test]
    fn retries_come_later_but_never_much_later_and_never_all_at_once() {
        let mut link = Link::default();
        let mut waits =
            |count: usize| -> Vec<u64> { (0..count).filter_map(|_| link.closed(1.0)).collect() };
        assert_eq!(waits(5), [500, 1_000, 1_500, 1_500, 1_500]);
        assert_eq!(Link::default().closed(0.0), Some(250));
    }

    #[test]
    fn a_server_without_a_place_is_left_in_peace_until_it_has_one() {
        let mut link = Link::default();
        link.bye(Bye::Full);
        let waits: Vec<u64> = (0..7).filter_map(|_| link.closed(1.0)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
        link.opened(at(0));
        link.tick(at(1));
        assert_eq!(link.closed(1.0), Some(500));
    }

    #[test]
    fn a_page_that_is_not_wanted_stops_trying() {
        let mut link = Link::default();
        link.opened(at(0));
        link.bye(Bye::SessionEnded);
        assert_eq!(link.closed(0.5), None);
        assert_eq!(
            link.connection(at(5)),
            Connection::Refused(Bye::SessionEnded)
        );
    }

    #[test]
    fn an_open_socket_without_a_word_is_given_up_and_so_is_one_that_never_opens() {
        let mut link = Link::default();
        link.opening(at(1_000));
        assert!(!link.is_dead(at(3_000)));
        assert!(link.is_dead(at(3_001)));
        link.closed(0.0);
        assert!(!link.is_dead(at(60_000)), "there is none");
        link.opening(at(60_000));
        link.opened(at(61_000));
        assert!(!link.is_dead(at(71_000)));
        assert!(link.is_dead(at(71_001)));
    }

    #[test]
    fn who_has_slept_gives_a_dead_socket_up_sooner_and_a_living_one_not_at_all() {
        let mut link = Link::default();
        link.opened(at(0));
        link.tick(at(500));
        link.woke(at(60_000));
        assert!(!link.is_dead(at(64_000)));
        assert!(link.is_dead(at(64_001)));
        link.tick(at(60_700));
        assert!(
            !link.is_dead(at(70_700)),
            "it lives, and gets the usual patience"
        );
    }

    #[test]
    fn a_machine_that_slept_is_noticed_by_its_clocks() {
        let mut link = Link::default();
        link.opened(at(0));
        link.tick(at(500));
        link.look(at(1_000));
        link.look(at(2_000));
        assert!(!link.woken);
        // The other clock stood still meanwhile.
        let woken = Now {
            mono_ms: 3_000,
            unix_ms: at(3_000).unix_ms + 3_600_000,
        };
        link.look(woken);
        assert!(link.is_dead(at(7_001)));
        // A clock that is put right backwards is no sleep.
        link.tick(at(7_100));
        link.look(at(8_000));
        assert!(!link.is_dead(at(15_000)));
    }
}
