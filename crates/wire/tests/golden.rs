//! The bytes of every kind of frame, so that nobody changes the wire without noticing. If one of these must change,
//! so must `wire::VERSION`.

use wire::{
    Activity, AlarmNews, Bye, CellChanges, CellKey, CellMirror, CellPoint, Click, DistrictCounts,
    DistrictName, Down, Enter, Excluded, Freshness, Handle, HandleAnswer, Hello, Look, LookParts,
    Refused, ScreenReport, SourceStatus, Status, Up, VERSION, View, frames, push_frame,
};

/// Pieces of hex, each with what it says.
type Annotated<'a> = &'a [(&'a str, &'a str)];

fn bytes_of(golden: Annotated<'_>) -> String {
    golden.iter().map(|(hex, _)| hex.replace(' ', "")).collect()
}

#[track_caller]
fn is_down(frame: &Down<'_>, golden: Annotated<'_>) {
    let bytes = frame.to_vec();
    assert_eq!(hex::encode(&bytes), bytes_of(golden), "{frame:?}");
    assert_eq!(&Down::decode(&bytes).unwrap(), frame);
}

#[track_caller]
fn is_up(frame: Up, golden: Annotated<'_>) {
    let bytes = frame.encode();
    assert_eq!(hex::encode(&bytes), bytes_of(golden), "{frame:?}");
    assert_eq!(Up::decode(&bytes), Ok(frame));
}

const KEY: CellKey = CellKey {
    scope: 1,
    level: 11,
    x: 1715,
    y: 836,
};
const HANDLE: Handle = Handle([0xab; 16]);

fn look(activity: Activity, freshness: Freshness, alarm: u8, charge: u8) -> Look {
    Look::new(LookParts {
        activity,
        freshness,
        alarm_level: Some(alarm),
        charge_step: Some(charge),
    })
}

/// Three dots, two of them in one place.
fn cell() -> CellMirror {
    let dots = [
        (
            CellPoint { x: 4095, y: 4095 },
            look(Activity::Driving, Freshness::Live, 0, 7),
        ),
        (
            CellPoint { x: 10, y: 20 },
            look(Activity::Off, Freshness::Silent, 0, 3),
        ),
        (
            CellPoint { x: 10, y: 20 },
            look(Activity::Charging, Freshness::Live, 3, 9),
        ),
    ];
    CellMirror::from_dots(300, 300, &dots).0
}

#[test]
fn hello() {
    is_down(
        &Down::Hello(Hello {
            version: VERSION,
            epoch: 0x0102_0304,
            tick: 300,
            tick_ms: 1_000,
            server_unix_ms: 1_700_000_000_123,
            scope: 1,
            finest_level: 11,
            districts: vec![DistrictName {
                en: "Xuhui".into(),
                zh: "徐汇".into(),
                x0: 1,
                y0: 2,
                x1: 300,
                y1: 4,
            }],
            site: 300,
            ground_is_gcj02: true,
        }),
        &[
            ("01", "kind: hello"),
            ("05", "version"),
            (
                "84868808",
                "epoch, seven bits a byte, low ones first, as all numbers here",
            ),
            ("ac02", "tick 300"),
            ("e807", "1,000 ms a tick"),
            ("f6a1abfef962", "the server's clock; signed, so doubled"),
            ("01", "scope"),
            ("0b", "finest level"),
            ("01", "one district"),
            ("05 5875687569", "\"Xuhui\""),
            ("06 e5be90e6b187", "\"徐汇\""),
            ("01 02 ac02 04", "its box: x0, y0, x1, y1"),
            ("ac02", "the site"),
            ("01", "the ground is in GCJ-02"),
        ],
    );
}

#[test]
fn base() {
    let mut frame = Vec::new();
    cell().encode_base(&KEY, &mut frame);
    let golden: Annotated<'_> = &[
        ("02", "kind: base"),
        (
            "2b",
            "scope 1 in the high three bits, level 11 in the low five",
        ),
        ("b30d", "column 1,715"),
        ("c406", "row 836"),
        ("ac02", "tick 300"),
        ("00", "the generation began so many ticks before"),
        ("03", "dots"),
        ("c904008a0900184b00801bfeff8003", "gaps and looks, in bits"),
    ];
    assert_eq!(hex::encode(&frame), bytes_of(golden));
}

/// Enough dots for their looks to be coded.
#[test]
fn base_of_a_crowd() {
    let dots: Vec<_> = (0..80u16)
        .map(|i| {
            let activity = [Activity::Driving, Activity::Off, Activity::Off][usize::from(i % 3)];
            let charge = (i % 7) as u8;
            (
                CellPoint {
                    x: i * 5,
                    y: i * i / 4,
                },
                look(activity, Freshness::Live, 0, charge),
            )
        })
        .collect();
    let (crowd, _) = CellMirror::from_dots(300, 300, &dots);
    let mut frame = Vec::new();
    crowd.encode_base(&KEY, &mut frame);
    let golden: Annotated<'_> = &[
        ("02 2b b30d c406 ac02 00", "as above"),
        ("50", "80 dots"),
        (
            "50c00140fe8ccccc001500008de8755ec1f19a1d1b0edf1537f41858356f0be733cce06f5c5f19dc",
            "lengths of words, then gaps and looks, in bits",
        ),
        (
            "b58c34d6d29707a7f17391ed1af874e586642c0b56c67b9be30cd64c9b0d802f0ce0aed68e10b346",
            "",
        ),
        (
            "ffc2c269e439866d183e5be1e67663ec578c78a37df6312302b071abfd6a9c3bc8474a59bb86971a",
            "",
        ),
        (
            "704a3873c5dafee6133cb80156630db352e4ed07ce703a138f0de07d01027057ad7a04226bb0bcc0",
            "",
        ),
        (
            "c569f0e6a0b30d94cfd2e06618c6a0b122ed1b349c2d9f19536d4c0c7c452b",
            "",
        ),
    ];
    assert_eq!(hex::encode(&frame), bytes_of(golden));
    let Ok(Down::Base { body, .. }) = Down::decode(&frame) else {
        panic!("no base");
    };
    assert_eq!(CellMirror::from_base(300, 300, body), Ok(crowd));
}

#[test]
fn delta() {
    let mut frame = Vec::new();
    let mut changes = CellChanges {
        moves: vec![(2, CellPoint { x: 4090, y: 4094 })],
        looks: vec![(1, look(Activity::Charging, Freshness::Late, 3, 9))],
        leaves: vec![0],
        enters: vec![Enter {
            at: CellPoint { x: 0, y: 77 },
            look: look(Activity::Parked, Freshness::Live, 0, 1),
            from: Some((-3, 76)),
        }],
    };
    let mut mirror = cell();
    mirror.encode_delta(&KEY, 302, &mut changes, &mut frame);
    let golden: Annotated<'_> = &[
        ("03", "kind: delta"),
        ("2b b30d c406", "key"),
        ("ae02", "tick 302"),
        ("02", "the generation began two ticks before"),
        ("02", "and so long ago was the frame that this one follows"),
        (
            "820728ce2b9604004d20109701",
            "who left, who moved, whose look changed, who came, in bits",
        ),
    ];
    assert_eq!(hex::encode(&frame), bytes_of(golden));
    let mut message = Vec::new();
    push_frame(&mut message, &frame);
    assert_eq!(
        usize::from(message[0]),
        frame.len(),
        "a length stands in front of each"
    );
    assert_eq!(frames(&message).count(), 1);
}

#[test]
fn rebase() {
    let mut mirror = cell();
    let digest32 = mirror.renumber(305).digest32;
    is_down(
        &Down::Rebase {
            key: KEY,
            generation: 305,
            digest32,
            tick: 305,
        },
        &[
            ("04", "kind: rebase"),
            ("2b b30d c406", "key"),
            ("b102", "tick 305"),
            ("00", "the generation begins now"),
            ("afc65f55", "digest of these three dots, low byte first"),
        ],
    );
}

#[test]
fn drop() {
    is_down(
        &Down::Drop { key: KEY },
        &[("05", "kind: drop"), ("2b b30d c406", "key")],
    );
}

#[test]
fn status() {
    is_down(
        &Down::Status(Status {
            tick: 300,
            tick_unix_ms: 1_700_000_000_123,
            registered: 200_000,
            live: 150_000,
            late: 20,
            silent: 30,
            cut_off: 40,
            excluded: vec![(Excluded::NeverHeard, 49_000), (Excluded::NoFix, 910)],
            activity: [1, 2, 3, 4, 5],
            alarms: [6, 7, 8, 9, 10],
            blurred: 11,
            told_from: 10,
            reports_per_s: 22_200,
            newest_report_age_ms: Some(300),
            sources: vec![SourceStatus {
                name: "south".into(),
                connected: true,
                newest_report_age_ms: None,
                cut_off: true,
            }],
            districts: vec![DistrictCounts {
                shown: Some(9_000),
                driving: Some(3_000),
                charging: None,
                alarms: 5,
            }],
            news: vec![AlarmNews {
                level: 4,
                district: Some(2),
                began_unix_ms: 64,
            }],
        }),
        &[
            ("06", "kind: status"),
            ("ac02", "tick"),
            ("f6a1abfef962", "its time"),
            (
                "c09a0c f09309 14 1e 28",
                "registered, live, late, silent, cut off",
            ),
            (
                "02 00 e8fe02 01 8e07",
                "two reasons to be excluded: which, how many",
            ),
            ("01 02 03 04 05", "by activity"),
            ("06 07 08 09 0a", "by alarm level"),
            ("0b", "displaced"),
            ("0a", "counts are told from here on"),
            ("b8ad01", "reports a second"),
            ("01 ac02", "there is a newest report; its age in ms"),
            ("01", "one source"),
            ("05 736f757468", "\"south\""),
            ("01 00 01", "connected; never a report; cut off"),
            ("01", "one district"),
            (
                "01 a846 01 b817 00 05",
                "shown and driving are told, charging is not; with an alarm",
            ),
            ("01", "one piece of news"),
            (
                "04 01 02 8001",
                "level; there is a district, and which; when, signed, so doubled",
            ),
        ],
    );
}

#[test]
fn handle() {
    is_down(
        &Down::Handle(HandleAnswer {
            ask: 5,
            result: Ok(HANDLE),
        }),
        &[
            ("07", "kind: handle"),
            ("05", "ask"),
            ("00", "granted"),
            ("abababababababababababababababab", "the handle"),
        ],
    );
    is_down(
        &Down::Handle(HandleAnswer {
            ask: 5,
            result: Err(Refused::TooOld),
        }),
        &[
            ("07", "kind"),
            ("05", "ask"),
            ("01", "refused"),
            ("02", "because it is too old"),
        ],
    );
}

#[test]
fn card() {
    is_down(
        &Down::Card {
            handle: HANDLE,
            json: b"{}",
        },
        &[
            ("08", "kind: card"),
            ("abababababababababababababababab", "the handle"),
            ("7b7d", "JSON to the end"),
        ],
    );
}

#[test]
fn bye() {
    for (i, why) in [
        Bye::Reload,
        Bye::SessionEnded,
        Bye::Stopping,
        Bye::BadFrame,
        Bye::TooSlow,
        Bye::Full,
    ]
    .into_iter()
    .enumerate()
    {
        is_down(
            &Down::Bye(why),
            &[("09", "kind: bye"), (&format!("0{i}"), "why")],
        );
    }
}

#[test]
fn greet() {
    is_down(
        &Down::Greet { name: "厅-1" },
        &[("0a", "kind: greet"), ("e58e85 2d31", "the name")],
    );
    assert!(Down::decode(&[10, 0xff]).is_err(), "no text");
}

#[test]
fn upward_frames() {
    is_up(
        Up::View(View {
            seq: 3,
            level: 11,
            x0: 300,
            y0: 1,
            x1: 0xffff_ffff,
            y1: 2,
        }),
        &[
            ("41", "kind: view"),
            ("03", "number"),
            ("0b", "level"),
            ("ac02 01", "west, north"),
            ("ffffffff0f 02", "east, south"),
        ],
    );
    is_up(
        Up::Ack { tick: 300 },
        &[("42", "kind: acknowledgement"), ("ac02", "tick")],
    );
    is_up(
        Up::Click(Click {
            ask: 5,
            key: KEY,
            generation: 300,
            slot: 2,
            tick: 302,
        }),
        &[
            ("43", "kind: click"),
            ("05", "ask"),
            ("01 0b b30d c406", "scope, level, column, row"),
            ("ac02", "generation"),
            ("02", "slot"),
            ("ae02", "tick"),
        ],
    );
    let handle = "abababababababababababababababab";
    is_up(
        Up::Watch { handle: HANDLE },
        &[("44", "kind: watch"), (handle, "the handle")],
    );
    is_up(
        Up::Unwatch { handle: HANDLE },
        &[("45", "kind: unwatch"), (handle, "the handle")],
    );
    is_up(
        Up::Resend { key: KEY },
        &[
            ("46", "kind: resend"),
            ("01 0b b30d c406", "scope, level, column, row"),
        ],
    );
    is_up(
        Up::Report(ScreenReport {
            fps: 60,
            memory_mib: 300,
            drawn: 222_000,
            gpu_losses: 2,
            webgl2: true,
            site: 1 << 63,
        }),
        &[
            ("47", "kind: report"),
            ("3c ac02", "frames a second, memory"),
            ("b0c60d", "dots drawn"),
            ("02 01", "losses, with WebGL2"),
            ("80808080808080808001", "site"),
        ],
    );
}

#[test]
fn a_hello_of_another_version_says_so_whatever_follows() {
    for rest in [&[][..], &[0xff; 40]] {
        let hello = [&[1, 99][..], rest].concat();
        let read = Down::decode(&hello);
        assert!(
            matches!(&read, Ok(Down::Hello(hello)) if hello.version == 99),
            "{read:?}"
        );
    }
}

#[test]
fn a_frame_of_another_version_is_told_from_damage() {
    assert!(matches!(
        Down::decode(&[200, 1, 2, 3]),
        Err(wire::WireError::UnknownKind { kind: 200 })
    ));
}
