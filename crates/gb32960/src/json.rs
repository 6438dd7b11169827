//! One frame as the JSON object that `evwall decode` prints, for people who ask what a platform sends. Numbers stand in
//! their units; the marks are the words `"abnormal"` and `"invalid"`; a code without meaning is `"raw:N"`; a number out of
//! range is printed as it is. Passwords and keys appear only when asked for.

mod item;

pub use item::item;

use serde_json::{Map, Value, json};

use crate::frame::{Command, Encryption, Frame, HEADER_LEN, MAX_DATA_LEN};
use crate::full::{
    Activation, Decoded, KeyExchange, LoginStorage, PlatformLogin, Report, Unit, VehicleLogin,
    decode, decode_as_plain,
};
use crate::split::{Split, bcc, split_at_end, split_within};
use crate::time::Time;
use crate::vin::trim_nul;
use crate::walk::Stop;

/// One line of hex digits, white space anywhere, as JSON. A line that is one frame, whatever its checksum, gives the
/// frame's object; a line with several frames or junk gives `{"frames": [lengths], "skipped": bytes, "left": bytes}`; a
/// line that is the beginning of one frame gives both, with what could be read; a line that is not hex gives
/// `{"error": text}`.
pub fn decode_line(hex: &str, secrets: bool) -> Value {
    let digits: String = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
    match hex::decode(&digits) {
        Err(error) => json!({ "error": format!("not hex: {error}") }),
        Ok(bytes) => match Frame::unchecked(&bytes) {
            Some(whole) => frame(&whole, secrets),
            None => stream(&bytes, secrets),
        },
    }
}

/// One frame, whatever its checksum.
pub fn frame(frame: &Frame<'_>, secrets: bool) -> Value {
    let bytes = frame.bytes();
    let expected = bcc(&bytes[2..bytes.len() - 1]);
    let mut object = header(frame);
    object["bcc"] = frame.bcc().into();
    object["bcc_calc"] = expected.into();
    object["bcc_ok"] = (frame.bcc() == expected).into();
    object["body"] = body(frame, secrets);
    object
}

fn header(frame: &Frame<'_>) -> Value {
    let identifier = frame.identifier();
    json!({
        "edition": frame.edition().year(),
        "cmd": frame.command().byte(),
        "ack": frame.reply_flag(),
        "vin": text(&identifier.0),
        "vin_hex": hex::encode(identifier.0),
        "enc": frame.encryption_byte(),
        "len": frame.data().len(),
        "frame_len": frame.bytes().len(),
        "len_ok": true,
    })
}

/// The beginning of a frame: its header and as much of its data unit as is there. `None` when the header is cut.
fn cut_frame(bytes: &[u8], secrets: bool) -> Option<Value> {
    let announced = u16::from_be_bytes([*bytes.get(22)?, *bytes.get(23)?]);
    let here = u16::try_from(bytes.len() - HEADER_LEN).ok()?;
    let mut closed = [bytes, &[0]].concat();
    closed[22..HEADER_LEN].copy_from_slice(&here.to_be_bytes());
    let closed = Frame::unchecked(&closed)?;
    let mut object = header(&closed);
    object["len"] = announced.into();
    object["frame_len"] = bytes.len().into();
    object["len_ok"] = false.into();
    object["bcc_ok"] = false.into();
    object["body"] = body(&closed, secrets);
    Some(object)
}

/// Frames glued together, cut, or with junk between them. Where a cut or damaged head hides whole frames behind it, it
/// is skipped for their sake; where nothing whole follows, the bytes are left.
fn stream(bytes: &[u8], secrets: bool) -> Value {
    let (mut frames, mut skipped, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        match split_within(&bytes[at..], MAX_DATA_LEN) {
            Split::Frame { len, .. } => {
                frames.push(len);
                at += len;
            }
            Split::Junk { len, .. } => {
                skipped += len;
                at += len;
            }
            Split::Wait { .. } => match next_whole(&bytes[at..]) {
                Some(len) => {
                    skipped += len;
                    at += len;
                }
                None => break,
            },
        }
    }
    let mut object = if at == 0 {
        cut_frame(bytes, secrets)
    } else {
        None
    }
    .unwrap_or_else(|| json!({}));
    object["frames"] = frames.into();
    object["skipped"] = skipped.into();
    object["left"] = (bytes.len() - at).into();
    object
}

/// How many bytes stand before the next whole frame.
fn next_whole(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match split_at_end(&bytes[at..], MAX_DATA_LEN)? {
            Split::Frame { .. } => return Some(at),
            Split::Junk { len, .. } | Split::Wait { len } => at += len,
        }
    }
}

fn body(frame: &Frame<'_>, secrets: bool) -> Value {
    if frame.encryption().is_plain() {
        return unit(frame, &decode(frame), secrets);
    }
    // Some platforms mark plain data as encrypted: it is shown as plain when it begins with a real date.
    let guess = decode_as_plain(frame);
    if is_credible(&guess.unit) {
        return unit(frame, &guess, secrets);
    }
    let cipher = match frame.encryption() {
        Encryption::Rsa => "RSA",
        Encryption::Aes => "AES",
        Encryption::Sm2 => "SM2",
        Encryption::Sm4 => "SM4",
        _ => "unknown",
    };
    json!({ "encrypted": cipher, "hex": raw(frame, frame.data(), secrets) })
}

/// Bytes as hex digits, unless they may hold a password or a key (platform login, key exchange, the upgrade control) and
/// secrets were not asked for.
fn raw(frame: &Frame<'_>, bytes: &[u8], secrets: bool) -> String {
    let may_be_secret = matches!(
        frame.command(),
        Command::PlatformLogin | Command::KeyExchange | Command::Control
    );
    if may_be_secret && !secrets && !bytes.is_empty() {
        "(hidden)".into()
    } else {
        hex::encode(bytes)
    }
}

/// Six random bytes are a date in one case of 30,000.
fn is_credible(unit: &Unit<'_>) -> bool {
    let time = match unit {
        Unit::Report(report) => report.time,
        Unit::VehicleLogin(login) => login.time,
        Unit::PlatformLogin(login) => login.time,
        Unit::Logout(logout) => logout.time,
        Unit::Reply { time, .. } => *time,
        Unit::Opaque(bytes) => return bytes.is_empty(),
        _ => return false,
    };
    time.to_unix_s().is_some()
}

fn unit(frame: &Frame<'_>, decoded: &Decoded<'_>, secrets: bool) -> Value {
    match &decoded.unit {
        Unit::VehicleLogin(login) => vehicle_login(login),
        Unit::Report(report) => whole_report(report, frame.data()),
        Unit::Logout(logout) => {
            json!({ "time": time(logout.time), "seq": logout.serial, "left": logout.left.len() })
        }
        Unit::PlatformLogin(login) => platform_login(login, secrets),
        Unit::Activation(unit) => activation(unit),
        Unit::ActivationReply(_) => json!({ "hex": hex::encode(frame.data()) }),
        Unit::KeyExchange(unit) => key_exchange(unit, secrets),
        Unit::ParameterQuery(query) => json!({
            "time": time(query.time), "count": query.count, "ids": query.ids, "left": query.left.len(),
            "hex": hex::encode(frame.data()),
        }),
        Unit::Parameters(parameters) => {
            let all: Vec<Value> = parameters
                .iter()
                .map(|parameter| json!({ "id": parameter.id, "hex": hex::encode(parameter.value) }))
                .collect();
            json!({
                "time": time(parameters.time), "count": parameters.count, "parameters": all,
                "left": parameters.left.len(), "hex": hex::encode(frame.data()),
            })
        }
        Unit::Control(control) => json!({
            "time": time(control.time), "id": control.id, "hex": raw(frame, frame.data(), secrets),
        }),
        Unit::Reply { time: stamp, rest } => {
            json!({ "time": time(*stamp), "rest_hex": raw(frame, rest, secrets) })
        }
        Unit::Opaque(bytes) => json!({ "hex": raw(frame, bytes, secrets) }),
        Unit::Cut(bytes) => json!({
            "error": format!("{} bytes are too few for this command", bytes.len()),
            "rest_hex": raw(frame, bytes, secrets),
        }),
    }
}

fn vehicle_login(login: &VehicleLogin<'_>) -> Value {
    let mut body = Map::new();
    body.insert("time".into(), time(login.time).into());
    body.insert("seq".into(), login.serial.into());
    body.insert("iccid".into(), text(login.iccid).into());
    let codes: Vec<String> = login.storage.codes().map(text_or_hex).collect();
    match login.storage {
        LoginStorage::Subsystems {
            count, code_len, ..
        } => {
            body.insert("sub_count".into(), count.into());
            body.insert("code_len".into(), code_len.into());
            body.insert("codes".into(), codes.into());
        }
        LoginStorage::Packs { per_system, .. } => {
            body.insert("bms_count".into(), per_system.len().into());
            body.insert("packs_per_bms".into(), per_system.into());
            body.insert("pack_codes".into(), codes.into());
        }
    }
    body.insert("left".into(), login.left.len().into());
    Value::Object(body)
}

fn platform_login(login: &PlatformLogin<'_>, secrets: bool) -> Value {
    let mut body = json!({
        "time": time(login.time), "seq": login.serial, "user": text(login.user), "enc_rule": login.encryption,
        "left": login.left.len(),
    });
    if secrets {
        body["password"] = text(login.password).into();
    }
    body
}

fn activation(unit: &Activation<'_>) -> Value {
    json!({
        "time": time(unit.time),
        "chip_id": text(unit.chip_id).trim_matches(' '),
        "pubkey_len": unit.public_key.len(),
        "vin": text(&unit.vin.0),
        "sig_type": unit.signature.kind,
        "r_len": unit.signature.r.len(),
        "s_len": unit.signature.s.len(),
        "left": unit.left.len(),
    })
}

fn key_exchange(unit: &KeyExchange<'_>, secrets: bool) -> Value {
    let mut body = json!({
        "key_type": unit.kind, "key_len": unit.key.len(), "start": time(unit.start), "end": time(unit.end),
        "left": unit.left.len(),
    });
    if secrets {
        body["key_hex"] = hex::encode(unit.key).into();
    }
    body
}

fn whole_report(report: &Report<'_>, data: &[u8]) -> Value {
    let mut items: Vec<Value> = report.items.iter().map(item).collect();
    let mut body = Map::new();
    match report.stopped {
        Some(Stop::Overrun {
            kind,
            offset,
            need,
            have,
        }) => {
            let error = format!(
                "item {kind:#04x} at data-unit offset {offset}: {need} bytes needed, {have} there"
            );
            body.insert("error".into(), error.into());
            body.insert("rest_hex".into(), hex::encode(report.rest).into());
        }
        Some(Stop::UnknownType { .. } | Stop::NotASignature { .. } | Stop::Unmeasured { .. }) => {
            let (kind, rest) = report.rest.split_first().unwrap_or((&0, &[]));
            items.push(json!({ "type": kind, "name": "opaque_rest", "hex": hex::encode(rest) }));
        }
        None => {}
    }
    body.insert("time".into(), time(report.time).into());
    body.insert("items".into(), items.into());
    if let Some(signature) = report.signature {
        let signature = json!({
            "type": signature.kind, "r_len": signature.r.len(), "s_len": signature.s.len(),
            "signed_bytes": report.signed_len(data),
        });
        body.insert("signature".into(), signature);
    }
    Value::Object(body)
}

/// ISO 8601 in Beijing time; the parts as sent, even when they are not a date.
fn time(time: Time) -> String {
    let [year, month, day, hour, minute, second] = time.0;
    let year = 2000 + u16::from(year);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")
}

/// A fixed-width text without its NUL padding, from GB 18030, of which ASCII is a part.
fn text(bytes: &[u8]) -> String {
    let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(trim_nul(bytes));
    text.into_owned()
}

/// A battery code: text where it is printable, else hex digits.
fn text_or_hex(code: &[u8]) -> String {
    let trimmed = trim_nul(code);
    if trimmed
        .iter()
        .all(|&byte| byte == b' ' || byte.is_ascii_graphic())
    {
        text(code)
    } else {
        hex::encode(code)
    }
}
