//! Frames from the server to the page.
//!
//! The first byte says which. Cell frames carry their key, their generation and their tick in front of a packed body
//! that only a [`CellMirror`](crate::CellMirror) can read; control frames are postcard. The version stands in
//! [`Hello`], which is the first frame of a connection and whose layout up to the version never changes.

use serde::{Deserialize, Serialize};

use crate::message::{put_varint, take_varint, take_varint_u32};
use crate::{CellKey, FINEST_LEVEL, WireError};

/// The version of everything in this crate. A page that reads another one in [`Hello`] reloads itself.
pub const VERSION: u16 = 5;
/// The scope of a screen that is shown to visitors: coarse places and looks.
pub const VISITOR_SCOPE: u8 = 2;

/// One frame from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Down<'a> {
    /// The first frame of every connection.
    Hello(Hello),
    /// A whole cell. [`CellMirror::from_base`](crate::CellMirror::from_base) reads the body.
    Base {
        key: CellKey,
        /// The tick at which this numbering of slots began, as 32 bits.
        generation: u32,
        tick: u64,
        body: &'a [u8],
    },
    /// What changed in a cell in one tick. [`CellMirror::apply_delta`](crate::CellMirror::apply_delta) reads the body.
    Delta {
        key: CellKey,
        generation: u32,
        tick: u64,
        /// The tick of this cell's frame before: a mirror that stands elsewhere has missed one.
        follows: u64,
        body: &'a [u8],
    },
    /// After the delta of the same tick: renumber the slots and compare.
    Rebase {
        key: CellKey,
        /// The new generation.
        generation: u32,
        digest32: u32,
        tick: u64,
    },
    /// This cell is no longer sent.
    Drop { key: CellKey },
    /// Once a tick: what the wall says about itself.
    Status(Status),
    /// The answer to a click.
    Handle(HandleAnswer),
    /// The card of a watched vehicle, as JSON, whenever it has changed.
    /// Empty once the card may no longer be shown.
    Card { handle: Handle, json: &'a [u8] },
    /// The wall is to show for some seconds what it is called.
    Greet { name: &'a str },
    /// The server closes this connection, and why.
    Bye(Bye),
}

/// The first frame of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`] of the server.
    pub version: u16,
    /// Of this start of the server: ticks and generations of another epoch mean nothing.
    pub epoch: u64,
    /// The tick the server stands at.
    pub tick: u64,
    /// Time from one tick to the next.
    pub tick_ms: u32,
    /// The server's clock.
    pub server_unix_ms: i64,
    /// The scope of this session, which every cell key of it carries.
    pub scope: u8,
    /// The finest level this scope is given.
    pub finest_level: u8,
    /// The districts that [`Status::districts`] counts by, in its order.
    pub districts: Vec<DistrictName>,
    /// Of the page's files as they are served now: a page made of others reloads itself.
    pub site: u64,
    /// The ground is drawn in GCJ-02: dots are to be drawn shifted likewise. They are sent in WGS-84 all the same.
    pub ground_is_gcj02: bool,
}

/// What a district is called, and where it lies: the smallest box of the world around it, all edges included.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DistrictName {
    pub en: String,
    pub zh: String,
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

/// What the wall says about itself, once a tick and scope.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Status {
    pub tick: u64,
    pub tick_unix_ms: i64,
    /// Known to the registry or ever heard = live + late + silent + cut off + all excluded. In a scope with zones all of
    /// these are about, in tens, and who is in a zone that hides counts as live and driving.
    pub registered: u32,
    pub live: u32,
    pub late: u32,
    pub silent: u32,
    /// Their platform is away.
    pub cut_off: u32,
    /// Who has no dot anywhere, by reason.
    pub excluded: Vec<(Excluded, u32)>,
    /// Dots by activity, in the order of its codes.
    pub activity: [u32; 5],
    /// Dots by alarm level 0..=4; a dot with an unknown level is in none.
    pub alarms: [u32; 5],
    /// Dots that this scope is shown displaced; 0 where it sees them as they are.
    pub blurred: u32,
    /// What a page of this scope counts of its own dots is to be said in tens and from this number on; 0: exactly.
    pub told_from: u32,
    pub reports_per_s: u32,
    /// Since the newest report of any source came in; none if none ever did.
    pub newest_report_age_ms: Option<u32>,
    pub sources: Vec<SourceStatus>,
    /// Dots by district, in the order of [`Hello::districts`]; only now and then, and empty in other ticks.
    pub districts: Vec<DistrictCounts>,
    /// Serious alarms that began lately, the newest first.
    pub news: Vec<AlarmNews>,
}

/// That some vehicle went into a serious alarm; which one, nobody is told here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmNews {
    /// 3 or 4.
    pub level: u8,
    /// Index into [`Hello::districts`], if it was in one.
    pub district: Option<u8>,
    /// When it was first shown, by the server's clock.
    pub began_unix_ms: i64,
}

/// The dots of one district. `None`: a number that is not told, because it is small or would give a small one away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DistrictCounts {
    pub shown: Option<u32>,
    pub driving: Option<u32>,
    pub charging: Option<u32>,
    /// With an alarm of any level above 0.
    pub alarms: u32,
}

/// One telemetry source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceStatus {
    pub name: String,
    pub connected: bool,
    pub newest_report_age_ms: Option<u32>,
    /// It has been silent for so long that the dots of its vehicles are drawn as cut off.
    pub cut_off: bool,
}

/// Why a registered vehicle has no dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Excluded {
    /// In the registry, never heard.
    NeverHeard,
    /// Heard, but without a valid position so far.
    NoFix,
    /// Heard, but only with times ahead of the server's clock.
    ClockAhead,
    /// Heard, but only in re-issued reports.
    OnlyReissued,
}

/// Stands for one vehicle in one session for two minutes; random, so it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handle(pub [u8; 16]);

/// The answer to a [`Click`](crate::Click).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandleAnswer {
    /// The click's own number.
    pub ask: u32,
    pub result: Result<Handle, Refused>,
}

/// Why a click opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refused {
    /// The role may not.
    NotAllowed,
    /// The cell was not sent to this connection.
    NotYours,
    /// The tick or generation is older than the slot tables that are kept.
    TooOld,
    /// No dot has that slot.
    NoSuchDot,
    /// Too many clicks at once.
    TooMany,
}

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Bye {
    /// The page is of another version: reload it.
    Reload,
    /// The session ended: log in again.
    SessionEnded,
    /// The server stops: come back later.
    Stopping,
    /// The page sent what is no frame, or too many.
    BadFrame,
    /// The viewer stopped acknowledging.
    TooSlow,
    /// No place for another viewer.
    Full,
}

const HELLO: u8 = 1;
const BASE: u8 = 2;
const DELTA: u8 = 3;
const REBASE: u8 = 4;
const DROP: u8 = 5;
const STATUS: u8 = 6;
const HANDLE: u8 = 7;
const CARD: u8 = 8;
const BYE: u8 = 9;
const GREET: u8 = 10;

impl<'a> Down<'a> {
    /// Appends this frame, without a length in front.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello(hello) => put_control(out, HELLO, hello),
            Self::Base {
                key,
                generation,
                tick,
                body,
            } => {
                put_base_head(out, key, *generation, *tick);
                out.extend_from_slice(body);
            }
            Self::Delta {
                key,
                generation,
                tick,
                follows,
                body,
            } => {
                put_delta_head(out, key, *generation, *tick, *follows);
                out.extend_from_slice(body);
            }
            Self::Rebase {
                key,
                generation,
                digest32,
                tick,
            } => {
                put_cell_head(out, REBASE, key, *tick);
                put_generation(out, *generation, *tick);
                out.extend_from_slice(&digest32.to_le_bytes());
            }
            Self::Drop { key } => {
                out.push(DROP);
                put_key(out, key);
            }
            Self::Status(status) => put_control(out, STATUS, status),
            Self::Handle(answer) => put_control(out, HANDLE, answer),
            Self::Card { handle, json } => {
                out.push(CARD);
                out.extend_from_slice(&handle.0);
                out.extend_from_slice(json);
            }
            Self::Greet { name } => {
                out.push(GREET);
                out.extend_from_slice(name.as_bytes());
            }
            Self::Bye(why) => put_control(out, BYE, why),
        }
    }

    /// This frame as bytes of its own, without a length in front.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    /// Reads one frame, which must take all the bytes.
    pub fn decode(frame: &'a [u8]) -> Result<Self, WireError> {
        let (&kind, mut rest) = frame.split_first().ok_or(WireError::Short)?;
        match kind {
            HELLO => take_hello(rest).map(Self::Hello),
            BASE => {
                let (key, tick) = take_cell_head(&mut rest)?;
                let generation = take_generation(&mut rest, tick)?;
                Ok(Self::Base {
                    key,
                    generation,
                    tick,
                    body: rest,
                })
            }
            DELTA => {
                let (key, tick) = take_cell_head(&mut rest)?;
                let generation = take_generation(&mut rest, tick)?;
                let follows = tick
                    .checked_sub(take_varint(&mut rest)?)
                    .ok_or(WireError::Malformed)?;
                Ok(Self::Delta {
                    key,
                    generation,
                    tick,
                    follows,
                    body: rest,
                })
            }
            REBASE => {
                let (key, tick) = take_cell_head(&mut rest)?;
                let generation = take_generation(&mut rest, tick)?;
                let (digest, rest) = rest.split_first_chunk().ok_or(WireError::Short)?;
                end(rest)?;
                Ok(Self::Rebase {
                    key,
                    generation,
                    digest32: u32::from_le_bytes(*digest),
                    tick,
                })
            }
            DROP => {
                let key = take_key(&mut rest)?;
                end(rest)?;
                Ok(Self::Drop { key })
            }
            STATUS => take_control(rest).map(Self::Status),
            HANDLE => take_control(rest).map(Self::Handle),
            CARD => {
                let (handle, json) = rest.split_first_chunk().ok_or(WireError::Short)?;
                Ok(Self::Card {
                    handle: Handle(*handle),
                    json,
                })
            }
            BYE => take_control(rest).map(Self::Bye),
            GREET => std::str::from_utf8(rest)
                .map(|name| Self::Greet { name })
                .map_err(|_| WireError::Malformed),
            _ => Err(WireError::UnknownKind { kind }),
        }
    }
}

/// Of another version nothing but the number can be read, and a page needs no more to reload itself.
fn take_hello(bytes: &[u8]) -> Result<Hello, WireError> {
    let (version, _) = postcard::take_from_bytes(bytes).map_err(|_| WireError::Malformed)?;
    if version == VERSION {
        take_control(bytes)
    } else {
        Ok(Hello {
            version,
            ..Hello::default()
        })
    }
}

pub(crate) fn put_base_head(out: &mut Vec<u8>, key: &CellKey, generation: u32, tick: u64) {
    put_cell_head(out, BASE, key, tick);
    put_generation(out, generation, tick);
}

pub(crate) fn put_delta_head(
    out: &mut Vec<u8>,
    key: &CellKey,
    generation: u32,
    tick: u64,
    follows: u64,
) {
    put_cell_head(out, DELTA, key, tick);
    put_generation(out, generation, tick);
    put_varint(out, tick.saturating_sub(follows));
}

fn put_cell_head(out: &mut Vec<u8>, kind: u8, key: &CellKey, tick: u64) {
    out.push(kind);
    put_key(out, key);
    put_varint(out, tick);
}

fn take_cell_head(bytes: &mut &[u8]) -> Result<(CellKey, u64), WireError> {
    Ok((take_key(bytes)?, take_varint(bytes)?))
}

/// A generation is the tick it began at, so its age is short where the number is long.
fn put_generation(out: &mut Vec<u8>, generation: u32, tick: u64) {
    put_varint(out, u64::from((tick as u32).wrapping_sub(generation)));
}

fn take_generation(bytes: &mut &[u8], tick: u64) -> Result<u32, WireError> {
    Ok((tick as u32).wrapping_sub(take_varint_u32(bytes)?))
}

/// Scope in the high three bits and level in the low five of one byte, then column and row.
fn put_key(out: &mut Vec<u8>, key: &CellKey) {
    out.push((key.scope << 5) | (key.level & 31));
    put_varint(out, u64::from(key.x));
    put_varint(out, u64::from(key.y));
}

fn take_key(bytes: &mut &[u8]) -> Result<CellKey, WireError> {
    let (&first, rest) = bytes.split_first().ok_or(WireError::Short)?;
    *bytes = rest;
    let key = CellKey {
        scope: first >> 5,
        level: first & 31,
        x: take_varint_u32(bytes)?,
        y: take_varint_u32(bytes)?,
    };
    if key.level > FINEST_LEVEL || !key.is_valid() {
        return Err(WireError::BadKey);
    }
    Ok(key)
}

fn end(rest: &[u8]) -> Result<(), WireError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(WireError::Trailing)
    }
}

pub(crate) fn put_control(out: &mut Vec<u8>, kind: u8, content: &impl Serialize) {
    out.push(kind);
    let bytes = postcard::to_allocvec(content).expect("these types have no way to fail");
    out.extend_from_slice(&bytes);
}

pub(crate) fn take_control<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    let (content, rest) = postcard::take_from_bytes(bytes).map_err(|_| WireError::Malformed)?;
    end(rest)?;
    Ok(content)
}
