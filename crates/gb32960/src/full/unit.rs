//! Any data unit, chosen by command and reply flag. What cannot be read, is encrypted, or has no defined layout stays as
//! bytes, so that every frame decodes to something and writes back to the same bytes.

use super::parameters::{Control, ParameterQuery, Parameters};
use super::report::Report;
use super::session::{
    Activation, ActivationReply, KeyExchange, Logout, PlatformLogin, VehicleLogin,
};
use crate::encode::{TooLong, begin, finish};
use crate::frame::{Command, Edition, Frame};
use crate::time::Time;
use crate::vin::Vin;

/// What a data unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit<'a> {
    /// 01.
    VehicleLogin(VehicleLogin<'a>),
    /// 02 and 03.
    Report(Report<'a>),
    /// 04 and 06.
    Logout(Logout<'a>),
    /// 05.
    PlatformLogin(PlatformLogin<'a>),
    /// 09, 2025.
    Activation(Activation<'a>),
    /// 0A, 2025.
    ActivationReply(ActivationReply),
    /// 0B, 2025.
    KeyExchange(KeyExchange<'a>),
    /// 80 as a command.
    ParameterQuery(ParameterQuery<'a>),
    /// 81, and the answer to 80.
    Parameters(Parameters<'a>),
    /// 82.
    Control(Control<'a>),
    /// Any other reply: the request's time, and what a sender adds against the rules.
    Reply { time: Time, rest: &'a [u8] },
    /// Bytes without a defined layout: heartbeats (empty), reserved and custom commands, encrypted data units.
    Opaque(&'a [u8]),
    /// Shorter than the layout of its command asks for.
    Cut(&'a [u8]),
}

/// A decoded frame: the header as it stands, and the data unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// By the start mark.
    pub edition: Edition,
    /// Offset 2.
    pub command: Command,
    /// Offset 3.
    pub reply_flag: u8,
    /// Offset 4.
    pub identifier: Vin,
    /// Offset 21 as sent.
    pub encryption: u8,
    /// What it says.
    pub unit: Unit<'a>,
}

/// Decodes a frame. A data unit marked as encrypted stays opaque.
pub fn decode<'a>(frame: &Frame<'a>) -> Decoded<'a> {
    decoded(
        frame,
        if frame.encryption().is_plain() {
            read_plain(frame)
        } else {
            Unit::Opaque(frame.data())
        },
    )
}

/// Decodes a frame as plain data whatever its header says, for senders known to mark plain data wrongly.
pub fn decode_as_plain<'a>(frame: &Frame<'a>) -> Decoded<'a> {
    decoded(frame, read_plain(frame))
}

fn decoded<'a>(frame: &Frame<'a>, unit: Unit<'a>) -> Decoded<'a> {
    Decoded {
        edition: frame.edition(),
        command: frame.command(),
        reply_flag: frame.reply_flag(),
        identifier: frame.identifier(),
        encryption: frame.encryption_byte(),
        unit,
    }
}

fn read_plain<'a>(frame: &Frame<'a>) -> Unit<'a> {
    let (data, edition) = (frame.data(), frame.edition());
    if !frame.is_command() {
        return read_reply(frame, data);
    }
    let unit = match (frame.command(), edition) {
        (Command::VehicleLogin, _) => VehicleLogin::read(data, edition).map(Unit::VehicleLogin),
        (Command::RealTime | Command::Reissue, _) => Report::read(data, edition).map(Unit::Report),
        (Command::VehicleLogout | Command::PlatformLogout, _) => {
            Logout::read(data).map(Unit::Logout)
        }
        (Command::PlatformLogin, _) => PlatformLogin::read(data).map(Unit::PlatformLogin),
        (Command::Activation, Edition::V2025) => Activation::read(data).map(Unit::Activation),
        (Command::ActivationReply, Edition::V2025) => read_activation_reply(data),
        (Command::KeyExchange, Edition::V2025) => KeyExchange::read(data).map(Unit::KeyExchange),
        (Command::ParameterQuery, _) => ParameterQuery::read(data).map(Unit::ParameterQuery),
        (Command::ParameterSet, _) => Parameters::read(data, edition).map(Unit::Parameters),
        (Command::Control, _) => Control::read(data).map(Unit::Control),
        _ => Some(Unit::Opaque(data)),
    };
    unit.unwrap_or(Unit::Cut(data))
}

fn read_reply<'a>(frame: &Frame<'a>, data: &'a [u8]) -> Unit<'a> {
    let unit = match (frame.command(), frame.edition(), data) {
        (_, _, []) => Some(Unit::Opaque(data)),
        (Command::ActivationReply, Edition::V2025, _) => read_activation_reply(data),
        (Command::KeyExchange, Edition::V2025, _) if data.len() > 6 => {
            KeyExchange::read(data).map(Unit::KeyExchange)
        }
        (Command::ParameterQuery, edition, _) if data.len() > 6 => {
            Parameters::read(data, edition).map(Unit::Parameters)
        }
        _ => data.split_first_chunk().map(|(time, rest)| Unit::Reply {
            time: Time(*time),
            rest,
        }),
    };
    unit.unwrap_or(Unit::Cut(data))
}

fn read_activation_reply(data: &[u8]) -> Option<Unit<'_>> {
    match *data {
        [status, reason] => Some(Unit::ActivationReply(ActivationReply { status, reason })),
        _ => None,
    }
}

impl Unit<'_> {
    /// Appends the data unit as it stands on the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::VehicleLogin(unit) => unit.write(out),
            Self::Report(unit) => unit.write(out),
            Self::Logout(unit) => unit.write(out),
            Self::PlatformLogin(unit) => unit.write(out),
            Self::Activation(unit) => unit.write(out),
            Self::ActivationReply(unit) => out.extend_from_slice(&[unit.status, unit.reason]),
            Self::KeyExchange(unit) => unit.write(out),
            Self::ParameterQuery(unit) => unit.write(out),
            Self::Parameters(unit) => unit.write(out),
            Self::Control(unit) => unit.write(out),
            Self::Reply { time, rest } => {
                out.extend_from_slice(&time.0);
                out.extend_from_slice(rest);
            }
            Self::Opaque(bytes) | Self::Cut(bytes) => out.extend_from_slice(bytes),
        }
    }
}

impl Decoded<'_> {
    /// Appends the frame as it stands on the wire, with a right checksum.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), TooLong> {
        let start = begin(
            out,
            self.edition,
            self.command,
            self.reply_flag,
            &self.identifier,
            self.encryption,
        );
        self.unit.write(out);
        finish(out, start)
    }
}
