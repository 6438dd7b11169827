//! Makers that log in over TCP: the real binary against a centre that keeps to the standard's rules.

mod common;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use common::{File, Sim};
use gb32960::encode::{self, ReplyFlag};
use gb32960::full::PlatformLogin;
use gb32960::vin::{make_of, trim_nul};
use gb32960::{Command, Datum, Edition, Live, Split, Vin};
use sim::catalogue::MAKERS;

/// What a centre hears, by the user that said it.
enum News {
    Login {
        user: String,
        right: bool,
    },
    Report {
        user: String,
        command: Command,
        edition: Edition,
        vin: Vin,
        live: Box<Live>,
    },
    Junk,
    Heartbeat,
    Logout,
    Closed,
}

/// A centre on a port of its own: who logs in with the password of the file is in, and everything is answered.
struct Centre {
    news: Receiver<News>,
    address: String,
}

impl Centre {
    fn open(platforms: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (news, heard) = channel();
        let platforms = platforms.to_owned();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (news, platforms) = (news.clone(), platforms.clone());
                std::thread::spawn(move || {
                    let _ = converse(socket, &platforms, &news);
                    news.send(News::Closed)
                });
            }
        });
        Self {
            news: heard,
            address,
        }
    }

    fn next(&self) -> News {
        self.news
            .recv_timeout(Duration::from_secs(60))
            .expect("the platforms speak")
    }
}

fn converse(mut socket: TcpStream, platforms: &str, news: &Sender<News>) -> Option<()> {
    let (mut got, mut user) = (Vec::new(), String::new());
    loop {
        let mut part = [0; 4096];
        let Ok(bytes @ 1..) = socket.read(&mut part) else {
            return None;
        };
        got.extend_from_slice(&part[..bytes]);
        let mut at = 0;
        loop {
            let frame = match gb32960::split(&got[at..]) {
                Split::Frame { frame, len } => {
                    at += len;
                    frame
                }
                Split::Junk { len, .. } => {
                    at += len;
                    news.send(News::Junk).ok()?;
                    continue;
                }
                Split::Wait { .. } => break,
            };
            let mut right = true;
            let heard = match frame.command() {
                Command::PlatformLogin => {
                    let login = PlatformLogin::read(frame.data())?;
                    user = String::from_utf8(trim_nul(login.user).to_vec()).unwrap();
                    let password = std::str::from_utf8(trim_nul(login.password)).unwrap();
                    let file = std::fs::read_to_string(platforms).unwrap();
                    right = file.contains(&format!("user = {user:?}\npassword = {password:?}\n"));
                    let user = user.clone();
                    News::Login { user, right }
                }
                Command::RealTime | Command::Reissue => News::Report {
                    user: user.clone(),
                    command: frame.command(),
                    edition: frame.edition(),
                    vin: frame.identifier(),
                    live: Box::new(gb32960::live(&frame).unwrap()),
                },
                Command::Heartbeat => News::Heartbeat,
                Command::PlatformLogout => News::Logout,
                other => panic!("{other:?} has no place in a platform's session"),
            };
            let mut answer = Vec::new();
            let flag = if right {
                ReplyFlag::Success
            } else {
                ReplyFlag::Error
            };
            encode::reply(&mut answer, &frame, flag);
            news.send(heard).ok()?;
            socket.write_all(&answer).ok()?;
        }
        got.drain(..at);
    }
}

fn name(test: &str) -> File {
    File::holding(&format!("{test}.toml"), "")
}

#[test]
fn each_maker_logs_in_and_reports_in_its_own_edition_and_datum() {
    let file = name("each");
    let centre = Centre::open(file.path());
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "1500",
        "--interval-s",
        "2",
        "--seed",
        "3",
        "--tcp",
        &centre.address,
        "--platforms-out",
        file.path(),
        "--tcp-makers",
        "all",
    ]);
    let mut reports: HashMap<String, u32> = HashMap::new();
    let (mut logins, mut beats, mut last) = (0, 0, HashMap::new());
    while reports.len() < MAKERS.len() || reports.values().any(|&n| n < 12) || beats < 3 {
        match centre.next() {
            News::Login { user, right } => {
                assert!(right, "{user}");
                logins += 1;
            }
            News::Report {
                user,
                edition,
                vin,
                live,
                ..
            } => {
                let maker = MAKERS
                    .iter()
                    .find(|maker| maker.slug.starts_with(&*user))
                    .unwrap();
                assert_eq!(make_of(&vin), Some(maker.make));
                assert_eq!(edition == Edition::V2025, maker.sends_2025);
                *reports.entry(user).or_default() += 1;
                last.insert(vin, (maker, live));
            }
            News::Heartbeat => beats += 1,
            News::Junk | News::Closed | News::Logout => panic!("nothing is broken, nothing ends"),
        }
    }
    assert_eq!(logins, MAKERS.len());
    let truth = sim.truth("/vehicles");
    let mut compared = 0;
    for vehicle in truth.as_array().unwrap() {
        let vin = Vin::parse(vehicle["vin"].as_str().unwrap()).unwrap();
        let Some((maker, live)) = last.get(&vin) else {
            continue;
        };
        if live.time.to_unix_s() != vehicle["sent_unix_s"].as_i64() || vehicle["lon"] == 0.0 {
            continue;
        }
        let position = live.position.unwrap();
        let agreed = if maker.gcj02 {
            Datum::Gcj02
        } else {
            Datum::Wgs84
        };
        assert_eq!(position.datum, maker.sends_2025.then_some(agreed));
        let degrees = |e6| f64::from(e6) / 1e6;
        let (lon, lat) =
            gb32960::datum::wgs84_from(agreed, degrees(position.lon_e6), degrees(position.lat_e6));
        let meant = (
            vehicle["lon"].as_f64().unwrap(),
            vehicle["lat"].as_f64().unwrap(),
        );
        assert!(
            sim::ground::metres_between((lon, lat), meant) < 0.5,
            "{}",
            maker.make
        );
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
    let counters = sim.truth("/counters");
    assert_eq!(counters["sessions"]["open"], MAKERS.len());
    assert_eq!(counters["sessions"]["refused"], 0);
}

#[tokio::test]
async fn who_logs_in_is_not_streamed_as_well() {
    let file = name("both");
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "200",
        "--wait",
        "--tcp",
        "127.0.0.1:1",
        "--platforms-out",
        file.path(),
        "--tcp-makers",
        "byd,tesla",
    ]);
    for (slug, streamed) in [("byd", false), ("tesla", false), ("saic", true), ("", true)] {
        let path = if slug.is_empty() {
            String::new()
        } else {
            format!("platform/{slug}")
        };
        let url = format!("{}/{path}", sim.stream_url);
        let outcome = tokio_tungstenite::connect_async(url).await;
        assert_eq!(outcome.is_ok(), streamed, "{slug}");
    }
}

#[test]
fn a_broken_session_comes_back_and_brings_what_it_missed() {
    let file = name("broken");
    let centre = Centre::open(file.path());
    let sim = Sim::start(&[
        "fleet",
        "--vehicles",
        "400",
        "--interval-s",
        "1",
        "--trouble",
        "lost=0.4,flipped=0.01",
        "--tcp",
        &centre.address,
        "--platforms-out",
        file.path(),
        "--tcp-makers",
        "tesla,saic",
    ]);
    let (mut logins, mut again, mut junk) = (0, 0, 0);
    while logins < 8 || again < 5 || junk < 5 {
        match centre.next() {
            News::Login { .. } => logins += 1,
            News::Junk => junk += 1,
            News::Report { command, .. } => again += u32::from(command == Command::Reissue),
            News::Closed | News::Heartbeat | News::Logout => {}
        }
    }
    let counters = sim.truth("/counters");
    assert!(
        counters["trouble"]["lost"].as_u64().unwrap() > 0,
        "{counters}"
    );
    assert!(
        counters["sessions"]["reissued"].as_u64().unwrap() > 0,
        "{counters}"
    );
}

#[test]
fn the_end_of_a_recording_logs_everybody_out() {
    let file = name("ends");
    let text: String = common::small_recording()
        .lines()
        .take(4)
        .map(|l| format!("{l}\n"))
        .collect();
    let recording = File::holding("logs-out", &text);
    let centre = Centre::open(file.path());
    let _sim = Sim::start(&[
        "play",
        recording.path(),
        "--wait",
        "--speed",
        "2",
        "--tcp",
        &centre.address,
        "--platforms-out",
        file.path(),
        "--tcp-makers",
        "all",
    ]);
    let (mut logins, mut logouts, mut closed) = (0, 0, 0);
    while closed < logins || logins == 0 {
        match centre.next() {
            News::Login { .. } => logins += 1,
            News::Logout => logouts += 1,
            News::Closed => closed += 1,
            _ => {}
        }
    }
    assert_eq!(logouts, logins);
}
