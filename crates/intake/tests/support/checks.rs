//! What must hold for any bytes. The fuzz targets and the replay of their corpora both come here.

use std::cell::Cell;

use fleet::SourceId;
use gb32960::encode::ReplyFlag;
use gb32960::{Command, Reading, Split, split_within};
use intake::{Answer, Close, LOGIN_TRIES, Platforms, Session, Step, Tries, flag_of, json};

/// Two platforms, known by heart to whoever fuzzes: the rules behind a login must be reachable.
const FILE: &str = r#"
    [[platform]]
    name = "one"
    user = "one"
    password = "right"
    from = ["127.0.0.1"]
    wmis = ["LGX"]
    editions = [2016]
    [[platform]]
    name = "two"
    user = "two"
    password = "right"
    from = ["127.0.0.1"]
    wmis = ["*"]
"#;

/// Whatever text comes, every report of it names a vehicle and has numbers that the standard could carry or that say
/// that they could not; its position is on the map or there is none.
pub fn check_json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(results) = json::read(&text, SourceId(7)) else {
        return;
    };
    // An object of the shortest kind has 2 bytes and a comma.
    assert!(results.len() <= bytes.len() / 2 + 1);
    for report in results.into_iter().flatten() {
        assert!(report.vin.as_str().is_some());
        assert_eq!(report.source, SourceId(7));
        assert_eq!(report.fix.is_some(), report.raw_position.is_some());
        if let Some(raw) = report.raw_position {
            assert!(raw.lon_e6.abs() <= 180_000_000 && raw.lat_e6.abs() <= 90_000_000);
        }
        if let Some(Reading::Value(pct)) = report.soc_pct {
            assert!(pct <= 100);
        }
        if let Some(Reading::Value(speed)) = report.speed_dkmh {
            assert!(speed <= 2_200);
        }
        if let Some(Reading::Value(odometer)) = report.odometer_hm {
            assert!(odometer <= 9_999_999);
        }
        if let Some(Reading::Value(level)) = report.alarm_level {
            assert!(level <= 4);
        }
        assert!(report.items.is_empty() && report.edition.is_none());
    }
}

/// At most three wrong passwords, over all connections.
struct Three(Cell<u8>);

impl Tries for Three {
    fn may_try(&self, _: usize) -> bool {
        self.0.get() < 3
    }
    fn failed(&self, _: usize) {
        self.0.set(self.0.get() + 1);
    }
}

/// Any stream through the rules of one connection: nothing but a login lets anything in, nobody speaks for another's
/// vehicles, a reply is never answered, and a stranger does not stay.
pub fn check_session(stream: &[u8]) {
    let platforms = Platforms::parse(FILE).expect("the file above");
    let tries = Three(Cell::new(0));
    let mut session = Session::new("127.0.0.1".parse().expect("an address"));
    let mut rest = stream;
    let mut frames_of_a_stranger = 0;
    loop {
        let len = match split_within(rest, 16_384) {
            Split::Wait { .. } => return,
            Split::Junk { len, .. } => len,
            Split::Frame { frame, len } => {
                let before = session.platform();
                let verdict = session.hear(&frame, &platforms, &tries);
                let known = session.platform();
                if !frame.is_command() {
                    assert_eq!(verdict.answer, Answer::Nothing);
                    assert_eq!(before, known);
                }
                match verdict.step {
                    Step::LoggedIn(platform) => {
                        assert_eq!(known, Some(platform));
                        assert_eq!(frame.command(), Command::PlatformLogin);
                        assert!(platforms.all[platform].may_send(frame.edition()));
                        assert_eq!(verdict.answer, Answer::Flag(ReplyFlag::Success));
                    }
                    Step::Report | Step::Vehicle { .. } => {
                        let platform = &platforms.all[before.expect("a stranger sends no reports")];
                        assert!(platform.may_speak_for(&frame.identifier()));
                        assert!(platform.may_send(frame.edition()));
                        assert_eq!(verdict.answer, Answer::Nothing);
                    }
                    Step::Refused(kind) => {
                        let _ = flag_of(kind);
                        assert_ne!(verdict.answer, Answer::Flag(ReplyFlag::Success));
                    }
                    Step::Close(why) => {
                        if why == Close::WrongLogins {
                            assert_eq!(session.failed_logins(), LOGIN_TRIES);
                        }
                        return;
                    }
                    Step::Go => {}
                }
                if known.is_none() && frame.is_command() && frame.command() != Command::Heartbeat {
                    frames_of_a_stranger += 1;
                    assert!(frames_of_a_stranger <= 20, "a stranger stays");
                }
                len
            }
        };
        assert!(len > 0 && len <= rest.len());
        rest = &rest[len..];
    }
}
