//! Platform sessions over TCP, a test for each rule of 2016 clause 5, and clients that mean harm: whatever they do, they
//! hold nothing for long, and a platform that behaves is served beside them.

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use gb32960::encode::{self, ReplyFlag, ReportWriter};
use gb32960::full::Position2016;
use gb32960::{Command, Edition, Frame, Split, Time, Vin, split};
use support::{Evwall, Folder, PATIENCE, ask, now_unix_s, refused, report, report_at, vin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

const CODE: Vin = Vin(*b"PLATFORM\0\0\0\0\0\0\0\0\0");
const TIME: Time = Time([26, 11, 22, 8, 1, 2]);
const PASSWORD: &str = "correct-horse-batt";

fn platforms(more: &str, limits: &str) -> String {
    format!(
        r#"
        [limits]
        {limits}
        [[platform]]
        name = "byd"
        user = "byd"
        password = "{PASSWORD}"
        from = ["127.0.0.0/8"]
        wmis = ["LGX"]
        {more}
        [[platform]]
        name = "old"
        user = "old"
        password = "{PASSWORD}"
        from = ["127.0.0.1"]
        wmis = ["*"]
        editions = [2016]
        [[platform]]
        name = "elsewhere"
        user = "elsewhere"
        password = "{PASSWORD}"
        from = ["192.0.2.0/24"]
        wmis = ["*"]
        "#
    )
}

struct Centre {
    server: Evwall,
    addr: SocketAddr,
}

impl Centre {
    async fn start(more: &str, limits: &str) -> Self {
        Self::start_with(more, limits, "vin,make,model,class\n").await
    }

    async fn start_with(more: &str, limits: &str, registry: &str) -> Self {
        let folder = Folder::new();
        let (file, csv) = (folder.path("platforms.toml"), folder.path("registry.csv"));
        std::fs::write(&file, platforms(more, limits)).unwrap();
        std::fs::write(&csv, registry).unwrap();
        let args = [
            "--listen-32960",
            "127.0.0.1:0",
            "--platforms",
            &file,
            "--registry",
            &csv,
        ];
        let server = Evwall::start_in(folder, &args).await;
        let said = server.said.lock().unwrap().clone();
        let addr = said
            .lines()
            .find_map(|line| line.strip_prefix("platforms tcp://"));
        let addr = addr.expect("the address of the platforms").parse().unwrap();
        Self { server, addr }
    }

    async fn connect(&self) -> Client {
        Client {
            socket: TcpStream::connect(self.addr).await.unwrap(),
            received: Vec::new(),
        }
    }

    async fn logged_in(&self, user: &str) -> Client {
        let mut client = self.connect().await;
        let login = login(user, PASSWORD);
        client.send(&login).await;
        client.expect(&login, ReplyFlag::Success).await;
        client
    }

    async fn until_closed(&self, reason: &str, times: f64) {
        let series = format!("evwall_platform_closed_total{{reason=\"{reason}\"}}");
        self.server
            .until(reason, |metrics| metrics.of(&series) >= times)
            .await;
    }

    /// Neither the log nor stdout may hold a password or a VIN.
    fn kept_its_secrets(&self) {
        let logged = self.server.logged.lock().unwrap();
        assert!(
            !logged.contains(PASSWORD) && !logged.contains(vin(1).as_str().unwrap()),
            "{logged}"
        );
        assert!(!logged.contains("panicked"), "{logged}");
    }
}

/// A platform in this test.
struct Client {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Client {
    async fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).await.unwrap();
    }

    /// The next frame from the server; `None` when it has closed.
    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Split::Frame { len, .. } = split(&self.received) {
                return Some(self.received.drain(..len).collect());
            }
            let reading = self.socket.read_buf(&mut self.received);
            let read = timeout(PATIENCE, reading).await;
            match read.expect("an answer or a close in time") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The answer to this request, to the last byte.
    async fn expect(&mut self, request: &[u8], flag: ReplyFlag) {
        let Split::Frame { frame, .. } = split(request) else {
            panic!("a whole request")
        };
        let mut wanted = Vec::new();
        encode::reply(&mut wanted, &frame, flag).unwrap();
        let got = self.next().await.expect("open");
        assert_eq!(hex::encode(got), hex::encode(wanted));
    }

    async fn expect_close(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

fn login(user: &str, password: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (user, password) = (user.as_bytes(), password.as_bytes());
    encode::platform_login(&mut out, Edition::V2016, &CODE, TIME, 1, user, password);
    out
}

fn logout() -> Vec<u8> {
    let mut out = Vec::new();
    encode::logout(
        &mut out,
        Edition::V2016,
        Command::PlatformLogout,
        &CODE,
        TIME,
        1,
    );
    out
}

fn empty(command: Command) -> Vec<u8> {
    let mut out = Vec::new();
    encode::empty(&mut out, Edition::V2016, command, &CODE);
    out
}

fn report_2025(vin: &Vin) -> Vec<u8> {
    let mut out = Vec::new();
    let time = Time::from_unix_s(now_unix_s());
    ReportWriter::new(&mut out, Edition::V2025, Command::RealTime, vin, time)
        .finish()
        .unwrap();
    out
}

fn reissue(vin: &Vin) -> Vec<u8> {
    let mut out = Vec::new();
    let time = Time::from_unix_s(now_unix_s() - 3600);
    ReportWriter::new(&mut out, Edition::V2016, Command::Reissue, vin, time)
        .position(&Position2016::at(121_000_000, 31_000_000, true))
        .finish()
        .unwrap();
    out
}

#[tokio::test]
async fn login_comes_first_and_every_frame_is_answered_in_its_order() {
    let centre = Centre::start("", "").await;
    let mut client = centre.connect().await;
    let early = report(&vin(1));
    client.send(&early).await;
    client.expect(&early, ReplyFlag::Error).await;
    let wrong = login("byd", "wrong");
    client.send(&wrong).await;
    client.expect(&wrong, ReplyFlag::Error).await;
    let right = login("byd", PASSWORD);
    client.send(&right).await;
    client.expect(&right, ReplyFlag::Success).await;

    let mut vehicle = Vec::new();
    encode::vehicle_login(&mut vehicle, Edition::V2016, &vin(1), TIME, 1, &[b'8'; 20]);
    let all = [
        vehicle,
        report(&vin(1)),
        empty(Command::Heartbeat),
        reissue(&vin(1)),
        report_2025(&vin(2)),
        logout(),
    ];
    client.send(&all.concat()).await;
    for request in &all {
        client.expect(request, ReplyFlag::Success).await;
    }
    client.expect_close().await;

    let metrics = centre
        .server
        .until("three reports of two vehicles", |metrics| {
            metrics.of("evwall_vehicles_registered") == 2.0
        })
        .await;
    assert_eq!(metrics.of("evwall_reports_total"), 3.0);
    assert_eq!(metrics.damaged("before_login"), 1.0);
    assert_eq!(
        metrics.of("evwall_platform_logins_total{outcome=\"ok\"}"),
        1.0
    );
    assert_eq!(
        metrics.of("evwall_platform_logins_total{outcome=\"wrong\"}"),
        1.0
    );
    let logged = centre.server.logged.lock().unwrap().clone();
    assert!(
        logged.contains("never be a maker's only receiver"),
        "{logged}"
    );
    centre.kept_its_secrets();
}

#[tokio::test]
async fn a_vehicle_that_is_online_through_another_platform_is_told_so() {
    let centre = Centre::start("", "").await;
    let (mut byd, mut old) = (centre.logged_in("byd").await, centre.logged_in("old").await);
    let (mut online, mut offline) = (Vec::new(), Vec::new());
    encode::vehicle_login(&mut online, Edition::V2016, &vin(1), TIME, 1, &[b'8'; 20]);
    // A logout is the time and the number of the login that it ends.
    let data = [TIME.0.as_slice(), &[0, 1]].concat();
    let edition = Edition::V2016;
    encode::frame(
        &mut offline,
        edition,
        Command::VehicleLogout,
        0xFE,
        &vin(1),
        &data,
    )
    .unwrap();
    byd.send(&online).await;
    byd.expect(&online, ReplyFlag::Success).await;
    // Again from the same platform: it has lost count, that is all.
    byd.send(&online).await;
    byd.expect(&online, ReplyFlag::Success).await;
    old.send(&online).await;
    old.expect(&online, ReplyFlag::VinDuplicate).await;
    // Another's logout changes nothing; its own does.
    old.send(&offline).await;
    old.expect(&offline, ReplyFlag::Success).await;
    old.send(&online).await;
    old.expect(&online, ReplyFlag::VinDuplicate).await;
    byd.send(&offline).await;
    byd.expect(&offline, ReplyFlag::Success).await;
    old.send(&online).await;
    old.expect(&online, ReplyFlag::Success).await;
    // A platform that is gone holds nobody.
    drop(old);
    centre.until_closed("gone", 1.0).await;
    byd.send(&online).await;
    byd.expect(&online, ReplyFlag::Success).await;
    let metrics = centre.server.metrics().await;
    assert_eq!(metrics.damaged("online_elsewhere"), 2.0);
    centre.kept_its_secrets();
}

#[tokio::test]
async fn a_time_sync_is_answered_with_the_server_s_time_and_a_reply_not_at_all() {
    let centre = Centre::start("", "").await;
    let mut client = centre.logged_in("byd").await;
    let mut reply = Vec::new();
    let data = [0; 6];
    encode::frame(
        &mut reply,
        Edition::V2016,
        Command::RealTime,
        0x01,
        &vin(1),
        &data,
    )
    .unwrap();
    client
        .send(&[reply, empty(Command::TimeSync)].concat())
        .await;
    let answer = client.next().await.unwrap();
    let Split::Frame { frame, .. } = split(&answer) else {
        panic!("a whole answer")
    };
    assert_eq!(
        (frame.command(), frame.reply_flag()),
        (Command::TimeSync, 0x01)
    );
    let told = Time(frame.data().try_into().unwrap()).to_unix_s().unwrap();
    assert!((told - now_unix_s()).abs() <= 90, "{told}");
}

#[tokio::test]
async fn frames_may_be_cut_anywhere_and_a_damaged_one_is_told_so() {
    let centre = Centre::start("", "").await;
    let mut client = centre.logged_in("byd").await;
    let whole = report(&vin(1));
    for at in [1, 2, 23, 24, whole.len() - 1] {
        client.send(&whole[..at]).await;
        client.send(&whole[at..]).await;
        client.expect(&whole, ReplyFlag::Success).await;
    }
    // Of a fixed second: it is the same at every run, or its bytes might happen to begin another frame.
    let mut damaged = report_at(&vin(2), 1_780_000_000, 121_473_700, 31_230_400);
    let middle = damaged.len() - 5;
    damaged[middle] ^= 0x40;
    client
        .send(&[&damaged[..], b"noise", &whole].concat())
        .await;
    // It does not end where a frame begins: nobody knows whose it was.
    client.expect(&whole, ReplyFlag::Success).await;
    client.send(&[&damaged[..], &whole].concat()).await;
    let answer = client.next().await.unwrap();
    assert_eq!(Frame::unchecked(&answer).unwrap().reply_flag(), 0x02);
    assert_eq!(Frame::unchecked(&answer).unwrap().identifier(), vin(2));
    client.expect(&whole, ReplyFlag::Success).await;

    // A custom block without its length word: what stood before it is taken, and the answer is good.
    let mut custom = Vec::new();
    let time = Time::from_unix_s(now_unix_s());
    ReportWriter::new(
        &mut custom,
        Edition::V2016,
        Command::RealTime,
        &vin(3),
        time,
    )
    .position(&Position2016::at(121_473_700, 31_230_400, true))
    .raw(0x81, &[0xFF; 10])
    .finish()
    .unwrap();
    let mut no_time = Vec::new();
    encode::frame(
        &mut no_time,
        Edition::V2025,
        Command::RealTime,
        0xFE,
        &vin(3),
        &[1, 2],
    )
    .unwrap();
    client.send(&[&custom[..], &no_time].concat()).await;
    client.expect(&custom, ReplyFlag::Success).await;
    client.expect(&no_time, ReplyFlag::BadStructure).await;
    let metrics = centre.server.metrics().await;
    assert_eq!(metrics.damaged("bad_checksum"), 2.0, "{}", metrics.0);
    let by_source = "evwall_source_damaged_total{source=\"byd\",kind=\"bad_checksum\"}";
    assert_eq!(metrics.of(by_source), 2.0, "{}", metrics.0);

    // An operator can see what came, but neither whose it was nor where.
    let kept = ask(centre.server.ops, "GET", "/quarantine", &[], b"")
        .await
        .text();
    assert_eq!(kept.matches("byd ").count(), 4, "{kept}");
    assert!(
        kept.contains(&format!(" bad_checksum {} 2323", damaged.len())),
        "{kept}"
    );
    for secret in [&vin(2).0[11..], &121_473_700_u32.to_be_bytes()] {
        assert!(!kept.contains(&hex::encode(secret)), "{kept}");
    }
}

#[tokio::test]
async fn the_wrong_edition_in_the_middle_of_a_stream_costs_that_frame_only() {
    let centre = Centre::start("", "").await;
    let mut client = centre.logged_in("old").await;
    let all = [report(&vin(1)), report_2025(&vin(1)), report(&vin(1))];
    client.send(&all.concat()).await;
    let flags = [ReplyFlag::Success, ReplyFlag::Error, ReplyFlag::Success];
    for (request, flag) in all.iter().zip(flags) {
        client.expect(request, flag).await;
    }
    // A platform of both editions is answered in the edition of each frame.
    let mut client = centre.logged_in("byd").await;
    client.send(&all.concat()).await;
    for request in &all {
        client.expect(request, ReplyFlag::Success).await;
    }
    assert_eq!(centre.server.metrics().await.damaged("edition"), 1.0);
}

#[tokio::test]
async fn the_older_of_two_sessions_of_a_platform_is_closed() {
    let centre = Centre::start("", "").await;
    let mut older = centre.logged_in("byd").await;
    let mut newer = centre.logged_in("byd").await;
    older.expect_close().await;
    let whole = report(&vin(1));
    newer.send(&whole).await;
    newer.expect(&whole, ReplyFlag::Success).await;
    let connected = "evwall_source_connected{source=\"byd\"}";
    centre.until_closed("replaced", 1.0).await;
    centre
        .server
        .until("one of three connections left", |metrics| {
            metrics.of("evwall_platform_connections") == 1.0
        })
        .await;
    assert_eq!(centre.server.metrics().await.of(connected), 1.0);
    drop(newer);
    centre
        .server
        .until("the platform's end", |metrics| metrics.of(connected) == 0.0)
        .await;
}

#[tokio::test]
async fn a_platform_speaks_for_its_own_vehicles_and_for_so_many_unregistered_ones() {
    let registry = format!(
        "vin,make,model,class\n{},BYD,Han,taxi\n",
        vin(1).as_str().unwrap()
    );
    let centre = Centre::start_with("max_unregistered = 1", "", &registry).await;
    let mut client = centre.logged_in("byd").await;
    let others = gb32960::vin::build(b"LJ1", b"EE4CB", b'P', b'0', 7);
    let cases = [
        (report(&vin(1)), ReplyFlag::Success),
        (report(&vin(2)), ReplyFlag::Success),
        (report(&vin(3)), ReplyFlag::VinUnknown),
        (report_2025(&vin(3)), ReplyFlag::VinUnknown),
        (report(&vin(2)), ReplyFlag::Success),
        (report(&others), ReplyFlag::VinUnknown),
        (report(&Vin([0; 17])), ReplyFlag::VinUnknown),
    ];
    for (request, flag) in &cases {
        client.send(request).await;
        client.expect(request, *flag).await;
    }
    // A new session is no way around it.
    let mut client = centre.logged_in("byd").await;
    client.send(&cases[2].0).await;
    client.expect(&cases[2].0, ReplyFlag::VinUnknown).await;
    let metrics = centre
        .server
        .until("two vehicles", |metrics| {
            metrics.of("evwall_vehicles_registered") == 2.0
        })
        .await;
    assert_eq!(metrics.damaged("unregistered"), 3.0);
    assert_eq!(metrics.damaged("not_theirs"), 2.0);
    centre.kept_its_secrets();
}

#[tokio::test]
async fn a_platform_that_comes_from_elsewhere_or_guesses_is_not_let_in() {
    let centre = Centre::start("", "wrong_logins_per_minute = 5").await;
    let mut running = centre.logged_in("byd").await;
    let mut client = centre.connect().await;
    let elsewhere = login("elsewhere", PASSWORD);
    client.send(&elsewhere).await;
    client.expect(&elsewhere, ReplyFlag::Error).await;

    // A flood: every connection is closed after three tries, and after five in all the name is not tried any more.
    let wrong = login("byd", "guess");
    let mut flood = Vec::new();
    for _ in 0..20 {
        let mut client = centre.connect().await;
        client.send(&wrong.repeat(5)).await;
        flood.push(client);
    }
    for client in &mut flood {
        for _ in 0..3 {
            client.expect(&wrong, ReplyFlag::Error).await;
        }
        client.expect_close().await;
    }
    centre.until_closed("wrong_logins", 20.0).await;
    let mut client = centre.connect().await;
    let right = login("byd", PASSWORD);
    client.send(&right).await;
    client.expect(&right, ReplyFlag::Error).await;

    // Who is in stays in, and another platform's name is not touched by it.
    let whole = report(&vin(1));
    running.send(&whole).await;
    running.expect(&whole, ReplyFlag::Success).await;
    centre.logged_in("old").await;
    let logged = centre.server.logged.lock().unwrap().clone();
    assert!(
        logged.matches("a frame of a platform was refused").count() < 20,
        "{logged}"
    );
    centre.kept_its_secrets();
}

#[tokio::test]
async fn what_a_client_holds_open_has_an_end() {
    let limits = "login_within_s = 1\nidle_s = 2\nhalf_frame_s = 1";
    let centre = Centre::start("", limits).await;

    // Connected and silent; and alive, but without a login.
    let mut silent = centre.connect().await;
    let mut stranger = centre.connect().await;
    let mut half_open = centre.logged_in("old").await;
    let mut beats = interval(Duration::from_millis(100));
    let beat = empty(Command::Heartbeat);
    loop {
        beats.tick().await;
        if stranger.socket.write_all(&beat).await.is_err() {
            break;
        }
        let read = timeout(
            Duration::from_millis(10),
            stranger.socket.read_buf(&mut stranger.received),
        );
        if let Ok(Ok(0) | Err(_)) = read.await {
            break;
        }
    }
    silent.expect_close().await;
    centre.until_closed("no_login", 2.0).await;
    half_open.expect_close().await;
    centre.until_closed("idle", 1.0).await;

    // A byte now and then of a frame that never ends, while good frames are owed an answer.
    let mut slow = centre.logged_in("byd").await;
    let whole = report(&vin(1));
    slow.send(&whole).await;
    slow.expect(&whole, ReplyFlag::Success).await;
    let mut endless = whole[..22].to_vec();
    endless.extend_from_slice(&[0x20, 0x00]);
    let mut bytes = endless.into_iter().chain(std::iter::repeat(0x11));
    let ended = async {
        loop {
            beats.tick().await;
            if slow
                .socket
                .write_all(&[bytes.next().unwrap()])
                .await
                .is_err()
            {
                break;
            }
            let read = timeout(
                Duration::from_millis(1),
                slow.socket.read_buf(&mut slow.received),
            );
            if let Ok(Ok(0) | Err(_)) = read.await {
                break;
            }
        }
    };
    timeout(PATIENCE, ended).await.expect("closed in time");
    let metrics = centre.server.metrics().await;
    assert!(metrics.damaged("cut_short") >= 1.0, "{}", metrics.0);
    centre.kept_its_secrets();
}

#[tokio::test]
async fn a_client_that_never_reads_its_answers_is_closed_and_nobody_waits_for_it() {
    let centre = Centre::start("", "answer_within_s = 1").await;
    let mut deaf = centre.logged_in("byd").await;
    let frames = empty(Command::Heartbeat).repeat(2_000);
    // Until both buffers are full of answers and the server gives up: then writing fails here.
    let flood = async { while deaf.socket.write_all(&frames).await.is_ok() {} };
    let served = async {
        centre.until_closed("not_reading", 1.0).await;
        let mut other = centre.logged_in("old").await;
        let request = report(&vin(5));
        other.send(&request).await;
        other.expect(&request, ReplyFlag::Success).await;
    };
    timeout(PATIENCE, async { tokio::join!(flood, served) })
        .await
        .expect("both in time");
    centre.kept_its_secrets();
}

#[tokio::test]
async fn an_absurd_length_is_not_waited_for_and_noise_is_not_listened_to() {
    let centre = Centre::start("", "").await;
    let mut client = centre.logged_in("byd").await;
    let mut absurd = report(&vin(9));
    absurd[22..24].copy_from_slice(&[0xFF, 0xFB]);
    let whole = report(&vin(1));
    client.send(&[&absurd[..], &whole].concat()).await;
    client.expect(&whole, ReplyFlag::Success).await;
    let metrics = centre.server.metrics().await;
    assert_eq!(metrics.damaged("too_long"), 1.0, "{}", metrics.0);

    let noise = vec![0xA5; 300_000];
    let _ = client.socket.write_all(&noise).await;
    centre.until_closed("noise", 1.0).await;
    // A stranger is given less: an HTTP client, say.
    let mut stranger = centre.connect().await;
    let request = format!("GET / HTTP/1.1\r\nCookie: {}\r\n\r\n", "a".repeat(5000));
    let _ = stranger.socket.write_all(request.as_bytes()).await;
    centre.until_closed("noise", 2.0).await;
}

#[tokio::test]
async fn a_platform_that_sends_too_fast_waits_and_loses_nothing() {
    let centre = Centre::start("frames_per_s = 100", "").await;
    let mut client = centre.logged_in("byd").await;
    let all: Vec<_> = (1..=250).map(|serial| report(&vin(serial))).collect();
    client.send(&all.concat()).await;
    let more = report(&vin(251));
    client.send(&more).await;
    for request in all.iter().chain([&more]) {
        client.expect(request, ReplyFlag::Success).await;
    }
    let metrics = centre.server.metrics().await;
    assert!(
        metrics.of("evwall_platform_waits_total") >= 1.0,
        "{}",
        metrics.0
    );
    assert_eq!(metrics.of("evwall_reports_total"), 251.0);
}

/// Splices, cuts and flips of a good session, from a seed that is printed when it fails.
#[tokio::test]
async fn whatever_bytes_come_the_server_stands_and_a_good_platform_is_served() {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    let centre = Centre::start("", "wrong_logins_per_minute = 100000").await;
    let mut good = centre.logged_in("old").await;
    for seed in 0..60_u64 {
        let mut chance = StdRng::seed_from_u64(seed);
        let pieces = [
            login("byd", PASSWORD),
            report(&vin(1)),
            report_2025(&vin(2)),
            empty(Command::Heartbeat),
            empty(Command::TimeSync),
            reissue(&vin(3)),
        ];
        let mut stream = pieces[0].clone();
        for _ in 0..chance.random_range(1..40) {
            stream.extend_from_slice(&pieces[chance.random_range(0..pieces.len())]);
        }
        for _ in 0..chance.random_range(0..12) {
            let at = chance.random_range(0..stream.len());
            match chance.random_range(0..3) {
                0 => stream[at] = chance.random(),
                1 => stream.truncate(at.max(1)),
                _ => drop(stream.splice(at..at, *b"##$$")),
            }
        }
        let mut client = centre.connect().await;
        for piece in stream.chunks(chance.random_range(1..400)) {
            if client.socket.write_all(piece).await.is_err() {
                break;
            }
        }
        let whole = report(&vin(1));
        good.send(&whole).await;
        let answer = good.next().await;
        assert!(answer.is_some_and(|answer| answer[3] == 1), "seed {seed}");
    }
    centre.kept_its_secrets();
}

#[tokio::test]
async fn more_connections_than_the_limit_are_refused() {
    let centre = Centre::start("", "connections = 3").await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(centre.connect().await);
    }
    let mut beyond = centre.connect().await;
    beyond.expect_close().await;
    centre.until_closed("full", 1.0).await;
    drop(kept);
    centre.until_closed("gone", 3.0).await;
    centre
        .server
        .until("room again", |metrics| {
            metrics.of("evwall_platform_connections") == 0.0
        })
        .await;
    centre.logged_in("byd").await;
}

#[test]
fn a_file_or_an_address_that_cannot_be_taken_is_one_line_without_a_password() {
    let folder = Folder::new();
    let file = folder.path("platforms.toml");
    let start = |addr: &str| {
        let mut command = folder.serve();
        command
            .args(["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"])
            .args(["--listen-32960", addr, "--platforms", &file]);
        command
    };
    let said = refused(&mut start("127.0.0.1:0"));
    assert!(said.contains("platforms.toml"), "{said}");
    std::fs::write(&file, platforms("colour = 'red'", "")).unwrap();
    let said = refused(&mut start("127.0.0.1:0"));
    assert!(
        said.contains("colour") && !said.contains(PASSWORD),
        "{said}"
    );
    std::fs::write(&file, platforms("", "")).unwrap();
    let said = refused(&mut start("0.0.0.0:0"));
    assert!(said.contains("--listen-32960"), "{said}");
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said = refused(&mut start(&holder.local_addr().unwrap().to_string()));
    assert!(said.contains("in use"), "{said}");
}

/// The entry of one platform.
fn entry(name: &str, password: &str, more: &str) -> String {
    format!(
        "[[platform]]\nname = \"{name}\"\nuser = \"{name}\"\npassword = \"{password}\"\nfrom = [\"127.0.0.1\"]\n\
         wmis = [\"*\"]\n{more}\n"
    )
}

#[tokio::test]
async fn the_platforms_file_is_read_again_at_sighup_whole_or_not_at_all() {
    let centre = Centre::start("", "").await;
    let file = centre.server.folder.path("platforms.toml");
    let taken = "evwall_platform_reads_total{outcome=\"taken\"}";
    let refused = "evwall_platform_reads_total{outcome=\"refused\"}";
    let hang_up = async |text: &str, series: &str, times: f64| {
        std::fs::write(&file, text).unwrap();
        support::signal(&centre.server.child, "-HUP");
        let done = |metrics: &support::Metrics| metrics.of(series) == times;
        centre.server.until(series, done).await;
    };
    let mut old = centre.logged_in("old").await;
    let mut byd = centre.logged_in("byd").await;

    // Refused whole: an error in the last entry, with its line and without a password.
    let bad = [
        entry("new", PASSWORD, ""),
        entry("bad", "s3cret", "wmi = 1"),
    ]
    .concat();
    hang_up(&bad, refused, 1.0).await;
    let words = "the platforms stay as they were";
    centre.server.until_logged(words).await;
    let logged = centre.server.logged.lock().unwrap().clone();
    let line = logged.lines().find(|line| line.contains(words)).unwrap();
    assert!(line.contains("line ") && !line.contains("s3cret"), "{line}");
    let mut early = centre.connect().await;
    let login_new = login("new", PASSWORD);
    early.send(&login_new).await;
    early.expect(&login_new, ReplyFlag::Error).await;

    // One is new, one has another password, one is gone.
    const OTHER: &str = "another-password";
    let good = [entry("new", PASSWORD, ""), entry("byd", OTHER, "")].concat();
    hang_up(&good, taken, 1.0).await;
    old.expect_close().await;
    centre.until_closed("dismissed", 1.0).await;
    let mut again = centre.connect().await;
    let login_old = login("old", PASSWORD);
    again.send(&login_old).await;
    again.expect(&login_old, ReplyFlag::Error).await;
    // A connection from before the reading goes by the new one too.
    early.send(&login_new).await;
    early.expect(&login_new, ReplyFlag::Success).await;
    let first = report(&vin(7));
    early.send(&first).await;
    early.expect(&first, ReplyFlag::Success).await;
    centre
        .server
        .until("its vehicle and its connection", |metrics| {
            metrics.of("evwall_vehicles_registered") == 1.0
                && metrics.of("evwall_source_connected{source=\"new\"}") == 1.0
                && metrics.of("evwall_source_reports_total{source=\"new\"}") == 1.0
        })
        .await;
    // Whoever is gone from the file is not missed: the board names those of the file alone.
    let cookie = centre.server.signed_in("li", "viewer").await;
    let named = async || {
        let headers = [("cookie", cookie.as_str())];
        let board = ask(centre.server.map, "GET", "/sources.csv", &headers, b"").await;
        let text = board.text();
        let names = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next());
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(named().await, ["byd", "new"]);
    let told = ask(centre.server.ops, "GET", "/metrics", &[], b"").await;
    let told = told.text();
    assert!(told.contains("source=\"byd\"") && !told.contains("source=\"old\""));
    // Who is logged in stays; the next login wants the new password, on the same connection too.
    let beat = empty(Command::Heartbeat);
    byd.send(&beat).await;
    byd.expect(&beat, ReplyFlag::Success).await;
    let stale = login("byd", PASSWORD);
    byd.send(&stale).await;
    byd.expect(&stale, ReplyFlag::Error).await;
    let fresh = login("byd", OTHER);
    let mut next = centre.connect().await;
    next.send(&fresh).await;
    next.expect(&fresh, ReplyFlag::Success).await;
    centre.kept_its_secrets();
}
