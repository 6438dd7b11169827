//! The rules of one platform session (2016 clause 5), without a socket and without a clock: a frame comes in, and out
//! comes what to answer and what to do.
//!
//! A stranger may log in and say that it is alive; nothing else. A platform that has logged in may send what its entry
//! allows. Replies are never answered, so two servers cannot keep each other busy.

use std::net::IpAddr;

use gb32960::encode::ReplyFlag;
use gb32960::full::PlatformLogin;
use gb32960::{Command, Frame};

use crate::Kind;
use crate::platforms::{Login, Platforms};

/// Logins that may fail on one connection; at the bound it is closed. A client tries three times (2016 5.1).
pub const LOGIN_TRIES: u8 = 3;
/// Frames of a stranger that are refused; at the bound the connection is closed.
const REFUSED_OF_STRANGERS: u8 = 16;

/// What is to be done about one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub answer: Answer,
    pub step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is due: it was a reply, or a command that no rule knows.
    Nothing,
    Flag(ReplyFlag),
    /// The server's time.
    Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// No more than the answer.
    Go,
    /// This platform has logged in; what it was before on this connection ends.
    LoggedIn(usize),
    /// A vehicle of this platform came online or went; whether it may is known beyond one session, so there is no answer
    /// yet.
    Vehicle { online: bool },
    /// A report of this platform: whether it can be read decides what is answered, so there is no answer yet.
    Report,
    /// Count it.
    Refused(Kind),
    /// Answer, then close.
    Close(Close),
}

/// Why a session ended; a label for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    LoggedOut,
    WrongLogins,
    NoLogin,
    Gone,
    Idle,
    HalfFrames,
    Noise,
    Replaced,
    /// Its platform stands in the file no more, or with other bounds.
    Dismissed,
    NotReading,
    Stopping,
}

impl Close {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::WrongLogins => "wrong_logins",
            Self::NoLogin => "no_login",
            Self::Gone => "gone",
            Self::Idle => "idle",
            Self::HalfFrames => "half_frames",
            Self::Noise => "noise",
            Self::Replaced => "replaced",
            Self::Dismissed => "dismissed",
            Self::NotReading => "not_reading",
            Self::Stopping => "stopping",
        }
    }
}

/// One connection, as far as the rules go.
pub struct Session {
    peer: IpAddr,
    /// Who has logged in.
    platform: Option<usize>,
    failed_logins: u8,
    refused: u8,
}

impl Session {
    #[must_use]
    pub fn new(peer: IpAddr) -> Self {
        Self {
            peer,
            platform: None,
            failed_logins: 0,
            refused: 0,
        }
    }

    #[must_use]
    pub fn platform(&self) -> Option<usize> {
        self.platform
    }

    /// The platforms file was read again: who has logged in stands at another place of it now, or at none.
    pub fn stands_at(&mut self, platform: Option<usize>) {
        self.platform = platform;
    }

    #[must_use]
    pub fn failed_logins(&self) -> u8 {
        self.failed_logins
    }

    /// One whole frame. `may_try` says whether a user name of that platform may be tried at all now, and is told when
    /// it failed.
    pub fn hear(
        &mut self,
        frame: &Frame<'_>,
        platforms: &Platforms,
        tries: &impl Tries,
    ) -> Verdict {
        if !frame.is_command() {
            return verdict(Answer::Nothing, Step::Refused("reply"));
        }
        let command = frame.command();
        let Some(platform) = self.platform else {
            return match command {
                Command::PlatformLogin => self.log_in(frame, platforms, tries),
                Command::Heartbeat => verdict(OK, Step::Go),
                _ => self.refuse_stranger(),
            };
        };
        let platform = &platforms.all[platform];
        if !platform.may_send(frame.edition()) {
            return verdict(ERROR, Step::Refused("edition"));
        }
        let theirs = platform.may_speak_for(&frame.identifier());
        match command {
            Command::PlatformLogin => self.log_in(frame, platforms, tries),
            Command::PlatformLogout => verdict(OK, Step::Close(Close::LoggedOut)),
            Command::Heartbeat => verdict(OK, Step::Go),
            Command::TimeSync => verdict(Answer::Time, Step::Go),
            Command::VehicleLogin
            | Command::VehicleLogout
            | Command::RealTime
            | Command::Reissue
                if !theirs =>
            {
                verdict(
                    Answer::Flag(ReplyFlag::VinUnknown),
                    Step::Refused("not_theirs"),
                )
            }
            // Reports need no login of their vehicle: they speak for themselves.
            Command::VehicleLogin => verdict(Answer::Nothing, Step::Vehicle { online: true }),
            Command::VehicleLogout => verdict(Answer::Nothing, Step::Vehicle { online: false }),
            Command::RealTime | Command::Reissue => verdict(Answer::Nothing, Step::Report),
            _ => verdict(Answer::Nothing, Step::Refused("unknown_command")),
        }
    }

    fn log_in(&mut self, frame: &Frame<'_>, platforms: &Platforms, tries: &impl Tries) -> Verdict {
        let who = match PlatformLogin::read(frame.data()) {
            Some(login) => platforms.who(&login, self.peer),
            None => Login::Unknown,
        };
        let may_try = match who {
            Login::Good(platform) | Login::Wrong(platform) => tries.may_try(platform),
            Login::Unknown => true,
        };
        match who {
            Login::Good(platform)
                if may_try && platforms.all[platform].may_send(frame.edition()) =>
            {
                self.platform = Some(platform);
                self.failed_logins = 0;
                return verdict(OK, Step::LoggedIn(platform));
            }
            Login::Wrong(platform) if may_try => tries.failed(platform),
            _ => {}
        }
        self.failed_logins += 1;
        let step = if self.failed_logins >= LOGIN_TRIES {
            Step::Close(Close::WrongLogins)
        } else {
            Step::Refused("login")
        };
        verdict(ERROR, step)
    }

    fn refuse_stranger(&mut self) -> Verdict {
        self.refused += 1;
        let step = if self.refused >= REFUSED_OF_STRANGERS {
            Step::Close(Close::NoLogin)
        } else {
            Step::Refused("before_login")
        };
        verdict(ERROR, step)
    }
}

/// How often each platform's user name was tried with a wrong password, over all connections.
pub trait Tries {
    fn may_try(&self, platform: usize) -> bool;
    fn failed(&self, platform: usize);
}

/// What is answered to a report that could not be taken.
#[must_use]
pub fn flag_of(kind: Kind) -> ReplyFlag {
    match kind {
        "encrypted" => ReplyFlag::BadEncryption,
        "no_time" => ReplyFlag::BadStructure,
        "identifier" | "unregistered" => ReplyFlag::VinUnknown,
        _ => ReplyFlag::Error,
    }
}

const OK: Answer = Answer::Flag(ReplyFlag::Success);
const ERROR: Answer = Answer::Flag(ReplyFlag::Error);

fn verdict(answer: Answer, step: Step) -> Verdict {
    Verdict { answer, step }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use gb32960::encode::{self, ReportWriter};
    use gb32960::{Edition, Split, Time, Vin, split};

    use super::*;

    const FILE: &str = r#"
        [[platform]]
        name = "byd"
        user = "byd"
        password = "right"
        from = ["127.0.0.1"]
        wmis = ["LGX"]
        editions = [2016]
        [[platform]]
        name = "nio"
        user = "nio"
        password = "right"
        from = ["127.0.0.1"]
        wmis = ["*"]
    "#;
    const OURS: Vin = Vin(*b"LGXCE4CB0P0000019");
    const THEIRS: Vin = Vin(*b"LJ1EE4CB0P0000019");
    const CODE: Vin = Vin(*b"PLATFORM\0\0\0\0\0\0\0\0\0");
    const TIME: Time = Time([26, 11, 22, 8, 0, 0]);

    /// Allows so many wrong tries.
    struct Left(Cell<u32>);

    impl Tries for Left {
        fn may_try(&self, _: usize) -> bool {
            self.0.get() > 0
        }
        fn failed(&self, _: usize) {
            self.0.set(self.0.get() - 1);
        }
    }

    struct Case {
        session: Session,
        platforms: Platforms,
        tries: Left,
    }

    impl Case {
        fn stranger() -> Self {
            Self {
                session: Session::new("127.0.0.1".parse().unwrap()),
                platforms: toml::from_str(FILE).unwrap(),
                tries: Left(Cell::new(100)),
            }
        }

        fn known(user: &str) -> Self {
            let mut case = Self::stranger();
            let verdict = case.hear(&login(user, "right"));
            assert!(matches!(verdict.step, Step::LoggedIn(_)), "{verdict:?}");
            case
        }

        fn hear(&mut self, bytes: &[u8]) -> Verdict {
            let Split::Frame { frame, .. } = split(bytes) else {
                panic!("a whole frame")
            };
            self.session.hear(&frame, &self.platforms, &self.tries)
        }
    }

    fn login(user: &str, password: &str) -> Vec<u8> {
        login_in(Edition::V2016, user, password)
    }

    fn login_in(edition: Edition, user: &str, password: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode::platform_login(
            &mut out,
            edition,
            &CODE,
            TIME,
            1,
            user.as_bytes(),
            password.as_bytes(),
        );
        out
    }

    fn report(edition: Edition, command: Command, vin: &Vin) -> Vec<u8> {
        let mut out = Vec::new();
        ReportWriter::new(&mut out, edition, command, vin, TIME)
            .finish()
            .unwrap();
        out
    }

    fn empty(command: Command) -> Vec<u8> {
        let mut out = Vec::new();
        encode::empty(&mut out, Edition::V2016, command, &CODE);
        out
    }

    fn vehicle_login(vin: &Vin) -> Vec<u8> {
        let mut out = Vec::new();
        encode::vehicle_login(&mut out, Edition::V2016, vin, TIME, 1, &[b'8'; 20]);
        out
    }

    #[test]
    fn nothing_but_a_login_and_a_heartbeat_is_taken_from_a_stranger() {
        let mut case = Case::stranger();
        assert_eq!(case.hear(&empty(Command::Heartbeat)), verdict(OK, Step::Go));
        for bytes in [
            report(Edition::V2016, Command::RealTime, &OURS),
            report(Edition::V2025, Command::Reissue, &OURS),
            vehicle_login(&OURS),
            empty(Command::TimeSync),
            empty(Command::PlatformLogout),
            empty(Command::Control),
        ] {
            assert_eq!(
                case.hear(&bytes),
                verdict(ERROR, Step::Refused("before_login"))
            );
        }
        let data = report(Edition::V2016, Command::RealTime, &OURS);
        let closed = (0..20).position(|_| case.hear(&data).step == Step::Close(Close::NoLogin));
        assert_eq!(closed, Some(9));
    }

    #[test]
    fn the_third_wrong_login_closes_the_connection() {
        let mut case = Case::stranger();
        let wrong = [
            login("byd", "wrong"),
            login("nobody", "right"),
            login("byd", ""),
        ];
        let steps = wrong.map(|login| case.hear(&login));
        assert_eq!(steps[0], verdict(ERROR, Step::Refused("login")));
        assert_eq!(steps[1], verdict(ERROR, Step::Refused("login")));
        assert_eq!(steps[2], verdict(ERROR, Step::Close(Close::WrongLogins)));
        assert_eq!(case.session.platform(), None);
    }

    #[test]
    fn a_right_login_after_a_wrong_one_is_taken() {
        let mut case = Case::stranger();
        case.hear(&login("byd", "wrong"));
        assert_eq!(
            case.hear(&login("byd", "right")),
            verdict(OK, Step::LoggedIn(0))
        );
        assert_eq!(case.tries.0.get(), 99);
    }

    #[test]
    fn a_name_that_was_tried_too_often_is_refused_even_with_the_right_password() {
        let mut case = Case::stranger();
        case.tries.0.set(0);
        assert_eq!(
            case.hear(&login("byd", "right")),
            verdict(ERROR, Step::Refused("login"))
        );
    }

    #[test]
    fn a_login_that_is_cut_or_in_an_edition_not_agreed_is_refused() {
        let mut case = Case::stranger();
        let mut cut = Vec::new();
        encode::frame(
            &mut cut,
            Edition::V2016,
            Command::PlatformLogin,
            0xFE,
            &CODE,
            &[1; 40],
        )
        .unwrap();
        assert_eq!(case.hear(&cut).answer, ERROR);
        assert_eq!(
            case.hear(&login_in(Edition::V2025, "byd", "right")).answer,
            ERROR
        );
        let mut case = Case::stranger();
        assert_eq!(
            case.hear(&login_in(Edition::V2025, "nio", "right")).step,
            Step::LoggedIn(1)
        );
    }

    #[test]
    fn a_platform_speaks_for_its_own_makes_only() {
        let mut case = Case::known("byd");
        let refused = verdict(
            Answer::Flag(ReplyFlag::VinUnknown),
            Step::Refused("not_theirs"),
        );
        for command in [Command::RealTime, Command::Reissue] {
            assert_eq!(
                case.hear(&report(Edition::V2016, command, &OURS)).step,
                Step::Report
            );
            assert_eq!(
                case.hear(&report(Edition::V2016, command, &THEIRS)),
                refused
            );
        }
        let online = verdict(Answer::Nothing, Step::Vehicle { online: true });
        assert_eq!(case.hear(&vehicle_login(&OURS)), online);
        assert_eq!(case.hear(&vehicle_login(&THEIRS)), refused);
        let mut case = Case::known("nio");
        assert_eq!(case.hear(&vehicle_login(&THEIRS)), online);
    }

    #[test]
    fn an_edition_that_was_not_agreed_is_refused_frame_by_frame() {
        let mut case = Case::known("byd");
        let other = report(Edition::V2025, Command::RealTime, &OURS);
        assert_eq!(case.hear(&other), verdict(ERROR, Step::Refused("edition")));
        let agreed = report(Edition::V2016, Command::RealTime, &OURS);
        assert_eq!(case.hear(&agreed).step, Step::Report);
        let mut case = Case::known("nio");
        assert_eq!(case.hear(&other).step, Step::Report);
        assert_eq!(case.hear(&agreed).step, Step::Report);
    }

    #[test]
    fn a_heartbeat_a_time_sync_and_a_logout_are_answered_each_in_its_way() {
        let mut case = Case::known("byd");
        assert_eq!(case.hear(&empty(Command::Heartbeat)), verdict(OK, Step::Go));
        assert_eq!(
            case.hear(&empty(Command::TimeSync)),
            verdict(Answer::Time, Step::Go)
        );
        let mut logout = Vec::new();
        encode::logout(
            &mut logout,
            Edition::V2016,
            Command::PlatformLogout,
            &CODE,
            TIME,
            1,
        );
        assert_eq!(
            case.hear(&logout),
            verdict(OK, Step::Close(Close::LoggedOut))
        );
    }

    #[test]
    fn a_reply_is_never_answered_and_neither_is_what_no_rule_knows() {
        for mut case in [Case::stranger(), Case::known("byd")] {
            let mut reply = Vec::new();
            encode::frame(
                &mut reply,
                Edition::V2016,
                Command::RealTime,
                0x01,
                &OURS,
                &TIME.0,
            )
            .unwrap();
            assert_eq!(case.hear(&reply).answer, Answer::Nothing);
        }
        let mut case = Case::known("byd");
        for command in [Command::Control, Command::Activation, Command::Other(0xC5)] {
            assert_eq!(
                case.hear(&empty(command)),
                verdict(Answer::Nothing, Step::Refused("unknown_command"))
            );
        }
    }
}
