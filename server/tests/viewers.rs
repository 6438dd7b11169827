//! Open maps that do not behave, against the real binary: whatever they do or leave undone, they hold little, the server
//! says why it closes, and who comes back to reading is shown what is, not what was.

#[path = "viewers/restart.rs"]
mod restart;
mod support;
#[path = "viewers/zones.rs"]
mod zones;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use support::viewer::{Mirrors, Socket, WORLD, end, narrow_socket, next, say, socket};
use support::{Evwall, Folder, now_unix_s, report, report_at, vin};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::interval;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use wire::{Bye, CellPoint, Down, Up, View, WorldPoint, cell_of};

/// A telemetry source in this test, with the server connected to it.
async fn with_source(args: &[&str]) -> (Evwall, WebSocketStream<TcpStream>) {
    with_source_in(Folder::new(), args).await
}

async fn with_source_in(folder: Folder, args: &[&str]) -> (Evwall, WebSocketStream<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = Evwall::start_in(folder, &[&["--telemetry", &url], args].concat()).await;
    let (stream, _) = listener.accept().await.unwrap();
    let stream = tokio_tungstenite::accept_async(stream).await.unwrap();
    (server, stream)
}

const BAD_FRAME: (Option<Bye>, Option<u16>) = (Some(Bye::BadFrame), Some(4002));
const TOO_SLOW: (Option<Bye>, Option<u16>) = (Some(Bye::TooSlow), Some(4003));

#[tokio::test]
async fn what_no_page_sends_ends_the_viewer_with_a_reason_it_understands() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let far_too_wide = View { level: 11, ..WORLD };
    let too_fine = View {
        level: 12,
        x1: 1,
        y1: 1,
        ..WORLD
    };
    let upside_down = View {
        y0: 2,
        y1: 1,
        ..WORLD
    };
    let messages: Vec<(&str, &str, Message)> = vec![
        ("nothing", "undecodable", Message::binary(Vec::new())),
        ("noise", "undecodable", Message::binary(vec![0xA5; 40])),
        (
            "a frame of a server",
            "undecodable",
            Message::binary(vec![1, 1, 0]),
        ),
        ("a long message", "too_long", Message::binary(vec![66; 65])),
        (
            "a very long one",
            "too_long",
            Message::binary(vec![66; 1 << 20]),
        ),
        ("words", "text", Message::text("hello")),
        (
            "too wide",
            "view_too_wide",
            Message::binary(Up::View(far_too_wide).encode()),
        ),
        (
            "upside down",
            "view_too_wide",
            Message::binary(Up::View(upside_down).encode()),
        ),
        (
            "too fine",
            "level_too_fine",
            Message::binary(Up::View(too_fine).encode()),
        ),
        (
            "a frame that goes on where none began",
            "protocol",
            Message::Frame(Frame::message(vec![1], OpCode::Data(Data::Continue), true)),
        ),
    ];
    let bad = |kind: &str| format!("evwall_viewer_bad_messages_total{{kind=\"{kind}\"}}");
    for (what, kind, message) in messages {
        let before = server.metrics().await.of(&bad(kind));
        let mut viewer = socket(&server, &cookie).await;
        next(&mut viewer).await;
        // The server may have seen enough before the end of a long one.
        let _ = viewer.send(message).await;
        assert_eq!(end(&mut viewer).await, BAD_FRAME, "{what}");
        assert_eq!(
            server.metrics().await.of(&bad(kind)),
            before + 1.0,
            "{what}"
        );
    }
    server
        .until("no viewers", |metrics| metrics.of("evwall_viewers") == 0.0)
        .await;
}

#[tokio::test]
async fn who_talks_without_a_pause_is_closed_and_who_talks_much_is_not() {
    let server = Evwall::start(&[]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let mut busy = socket(&server, &cookie).await;
    for seq in 0..40 {
        say(&mut busy, Up::View(View { seq, ..WORLD })).await;
    }
    let mut flood = socket(&server, &cookie).await;
    for _ in 0..1000 {
        let ack = Up::Ack { tick: 0 }.encode();
        if flood.send(Message::binary(ack)).await.is_err() {
            break;
        }
    }
    assert_eq!(end(&mut flood).await, BAD_FRAME);
    let metrics = server.metrics().await;
    let kind = "evwall_viewer_bad_messages_total{kind=\"too_many\"}";
    assert_eq!(metrics.of(kind), 1.0);
    let mut mirrors = Mirrors::default();
    mirrors
        .take_until(&mut busy, |mirrors| mirrors.cells.len() == 256)
        .await;
}

#[tokio::test]
async fn no_more_maps_are_open_than_there_are_places() {
    let server = Evwall::start(&["--max-viewers", "3", "--max-viewers-per-session", "2"]).await;
    let one = server.signed_in("watch", "viewer").await;
    let other = server.signed_in("watch2", "viewer").await;
    let full = (Some(Bye::Full), Some(1013));
    let mut first = socket(&server, &one).await;
    next(&mut first).await;
    let mut second = socket(&server, &one).await;
    next(&mut second).await;
    let mut third = socket(&server, &one).await;
    assert_eq!(end(&mut third).await, full, "a third of one session");
    let mut third = socket(&server, &other).await;
    next(&mut third).await;
    let mut fourth = socket(&server, &other).await;
    assert_eq!(end(&mut fourth).await, full, "a fourth of all");
    drop(first);
    server
        .until("a free place", |metrics| {
            metrics.of("evwall_viewers") == 2.0
        })
        .await;
    // The place is free a moment after the count says so.
    let mut looks = interval(Duration::from_millis(20));
    loop {
        looks.tick().await;
        let mut fourth = socket(&server, &other).await;
        let hello = next(&mut fourth).await;
        match wire::frames(&hello).next().unwrap().unwrap() {
            Down::Hello(_) => break,
            refusal => assert_eq!(refusal, Down::Bye(Bye::Full)),
        }
    }
}

#[tokio::test]
async fn who_never_answers_is_pinged_and_then_closed() {
    let server = Evwall::start(&["--viewer-silence-s", "1"]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let mut viewer = socket(&server, &cookie).await;
    // Past the library, which would answer.
    let mut heard = Vec::new();
    viewer.get_mut().read_to_end(&mut heard).await.unwrap();
    let ping = [0x89, 0x00];
    let pings = heard.windows(2).filter(|two| *two == ping).count();
    assert!(pings >= 2, "{heard:x?}");
    let close = [0x88, 0x02, 0x0f, 0xa3];
    assert!(heard.ends_with(&close), "4003 at the end: {heard:x?}");
}

#[tokio::test]
async fn who_answers_pings_but_acknowledges_nothing_is_closed_too() {
    let server = Evwall::start(&["--viewer-silence-s", "1"]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let mut viewer = socket(&server, &cookie).await;
    say(&mut viewer, Up::View(WORLD)).await;
    assert_eq!(end(&mut viewer).await, TOO_SLOW);
}

#[tokio::test]
async fn who_acknowledges_stays_far_longer_than_the_silence_that_ends_others() {
    let server = Evwall::start(&["--viewer-silence-s", "3"]).await;
    let cookie = server.signed_in("watch", "viewer").await;
    let mut viewer = socket(&server, &cookie).await;
    say(&mut viewer, Up::View(WORLD)).await;
    let mut mirrors = Mirrors::default();
    // Ticks of 50 ms: more than twice the silence.
    while mirrors.tick < 130 {
        let before = mirrors.tick;
        mirrors.take(&next(&mut viewer).await);
        if mirrors.tick > before {
            let ack = Up::Ack { tick: mirrors.tick };
            say(&mut viewer, ack).await;
        }
    }
}

/// Where the test's vehicles go, a step for each report.
fn step(i: i32) -> (i32, i32) {
    (121_000_000 + i * 5_000, 31_230_400)
}

#[tokio::test]
async fn who_was_slow_is_shown_what_is_and_not_what_was() {
    let (server, mut source) = with_source(&[]).await;
    let cookie = server.signed_in("watch", "supervisor").await;
    for serial in 2..200 {
        source
            .send(Message::binary(report(&vin(serial))))
            .await
            .unwrap();
    }
    let mut viewer = socket(&server, &cookie).await;
    say(&mut viewer, Up::View(WORLD)).await;
    let mut mirrors = Mirrors::default();
    mirrors
        .take_until(&mut viewer, |mirrors| mirrors.tick > 0)
        .await;
    // From here on it says nothing, while one vehicle moves in each tick.
    let start = server
        .metrics()
        .await
        .of("evwall_viewer_skipped_ticks_total");
    let mut moves = 0;
    let mut beats = interval(Duration::from_millis(40));
    while server
        .metrics()
        .await
        .of("evwall_viewer_skipped_ticks_total")
        < start + 20.0
    {
        beats.tick().await;
        moves += 1;
        let (lon_e6, lat_e6) = step(moves);
        let frame = report_at(&vin(1), now_unix_s(), lon_e6, lat_e6);
        source.send(Message::binary(frame)).await.unwrap();
    }
    let (lon_e6, lat_e6) = step(moves);
    let at = WorldPoint::from_lon_lat(f64::from(lon_e6) / 1e6, f64::from(lat_e6) / 1e6);
    let (key, at) = cell_of(at, WORLD.level, 0);
    let sent = server.metrics().await.of("evwall_viewer_bytes_total");
    say(&mut viewer, Up::View(View { seq: 2, ..WORLD })).await;
    server
        .until("more ticks held back", |metrics| {
            metrics.of("evwall_viewer_skipped_ticks_total") >= start + 30.0
        })
        .await;
    let still = server.metrics().await.of("evwall_viewer_bytes_total");
    assert_eq!(
        sent, still,
        "two ticks are on their way, so nothing is sent"
    );

    // It acknowledges again, and gets everything at once: of twenty ticks not one by one.
    let mut caught_up = Mirrors {
        cells: mirrors.cells,
        ..Mirrors::default()
    };
    // What was on its way comes first.
    loop {
        let message = next(&mut viewer).await;
        caught_up.take(&message);
        say(&mut viewer, Up::Ack { tick: u64::MAX }).await;
        let mirror = caught_up.cells.get(&key);
        let is_there =
            |mirror: &wire::CellMirror| mirror.dots().flatten().any(|(point, _)| point == at);
        if mirror.is_some_and(is_there) {
            break;
        }
    }
    assert!(
        caught_up.bases >= 1,
        "the base, for who is twenty ticks behind"
    );
    assert!(caught_up.deltas <= 14, "{} deltas", caught_up.deltas);
}

/// Kilobytes of memory that the server uses.
fn rss_kb(server: &Evwall) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.unwrap().split_whitespace().next().unwrap();
    kb.parse().unwrap()
}

#[tokio::test]
async fn a_hundred_viewers_that_never_read_hold_little_and_are_closed() {
    const VEHICLES: u32 = 150_000;
    const VIEWERS: usize = 100;
    let (server, mut source) = with_source(&[
        "--viewer-silence-s",
        "5",
        "--max-viewers-per-session",
        "200",
    ])
    .await;
    let cookie = server.signed_in("watch", "supervisor").await;
    // All in one cell, so that its base is one frame, larger than what the system takes.
    let (cell, _) = cell_of(WorldPoint::from_lon_lat(121.3, 31.2), 11, 0);
    let half = cell.unit_world() / 2;
    for some in (0..VEHICLES).collect::<Vec<_>>().chunks(1000) {
        let mut message = Vec::new();
        for serial in some {
            let spread = serial.wrapping_mul(2_654_435_769);
            let corner = cell.world_from_cell(CellPoint {
                x: (spread >> 20) as u16,
                y: (spread >> 8 & 0xfff) as u16,
            });
            let middle = WorldPoint {
                x: corner.x + half,
                y: corner.y + half,
            };
            let (lon, lat) = middle.to_lon_lat();
            let (lon_e6, lat_e6) = ((lon * 1e6).round() as i32, (lat * 1e6).round() as i32);
            message.extend(report_at(&vin(*serial), now_unix_s(), lon_e6, lat_e6));
        }
        source.send(Message::binary(message)).await.unwrap();
    }
    server
        .until("all vehicles", |metrics| {
            metrics.of("evwall_vehicles_live") == f64::from(VEHICLES)
        })
        .await;
    let corner = cell.origin();
    let view = View {
        seq: 1,
        level: cell.level,
        x0: corner.x,
        y0: corner.y,
        x1: corner.x + 1,
        y1: corner.y + 1,
    };
    // One that reads: it has the base packed, and shows how large it is.
    let mut reader = socket(&server, &cookie).await;
    say(&mut reader, Up::View(view)).await;
    let mut mirrors = Mirrors::default();
    let mut bytes = 0;
    while mirrors.dots() < VEHICLES {
        let message = next(&mut reader).await;
        bytes += message.len();
        mirrors.take(&message);
    }
    assert!(bytes > 120_000, "{bytes} bytes are nothing to hold");
    let before_kb = rss_kb(&server);
    let mut viewers: Vec<Socket> = Vec::new();
    for _ in 0..VIEWERS {
        let mut viewer = narrow_socket(&server, &cookie, Some(4096)).await;
        say(&mut viewer, Up::View(view)).await;
        viewers.push(viewer);
    }
    let all = VIEWERS as f64 + 1.0;
    server
        .until("all viewers", |metrics| metrics.of("evwall_viewers") == all)
        .await;
    let skipped = server
        .metrics()
        .await
        .of("evwall_viewer_skipped_ticks_total");
    let metrics = server
        .until("ticks that nobody takes", |metrics| {
            metrics.of("evwall_viewer_skipped_ticks_total") > skipped + 5.0
        })
        .await;
    let queue = |what: &str, name: &str| format!("evwall_queue_{what}{{queue=\"{name}\"}}");
    for name in ["viewer_pieces", "viewer_ticks"] {
        let waiting = metrics.of(&queue("length", name));
        assert!(waiting >= VIEWERS as f64, "{waiting} wait in {name}");
    }
    for (name, bound) in [
        ("fleet", 256.0),
        ("passwords", 34.0),
        ("session_ends", 256.0),
    ] {
        assert_eq!(metrics.of(&queue("bound", name)), bound, "{name}");
        let length = format!("{} ", queue("length", name));
        assert!(
            metrics.0.lines().any(|line| line.starts_with(&length)),
            "{name}"
        );
    }
    let each_kb = (rss_kb(&server) - before_kb) / VIEWERS as f64;
    assert!(
        each_kb < 100.0,
        "{each_kb} kB for each viewer that does not read"
    );
    server
        .until("an end of them and of what waited for them", |metrics| {
            metrics.of("evwall_viewers") <= 1.0
                && metrics.of(&queue("length", "viewer_pieces")) == 0.0
                && metrics.of(&queue("length", "viewer_ticks")) <= 2.0
        })
        .await;
    for viewer in &mut viewers {
        // What the system had taken can still be read; behind it the connection is over.
        while let Some(Ok(_)) = viewer.next().await {}
    }
}
