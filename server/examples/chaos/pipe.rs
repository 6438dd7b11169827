//! The way between two programs, in which everything goes wrong that goes wrong in a network.
//!
//! Bytes are carried from whoever connects to the other end. A connection can be cut; it can die without a word, which
//! means that its bytes are not carried any more while both ends hold an open socket; and the way can be slow and lossy: TCP
//! hides a loss and shows a pause instead, so that is what is made of one.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

const SEGMENT_BYTES: usize = 1448;
/// What a sender waits before it sends a lost segment again: the least that Linux does, and the way there and back.
const LEAST_RESEND: Duration = Duration::from_millis(200);
/// Pieces of bytes on their way; beyond it the sender waits.
const MOST_ON_THE_WAY: usize = 4096;

/// What becomes of somebody who connects now.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Door {
    #[default]
    Open,
    /// Closed at once.
    Shut,
    /// Let in, and nothing is ever carried.
    Mute,
}

/// Connections are numbered as they come.
#[derive(Clone, Copy, Default)]
struct Way {
    door: Door,
    /// Those before are cut.
    cut_before: u64,
    /// Those before carry nothing any more.
    dead_before: u64,
    delay: Duration,
    loss: f64,
}

pub struct Pipe {
    pub addr: SocketAddr,
    way: watch::Sender<Way>,
    next: watch::Receiver<u64>,
}

impl Pipe {
    pub async fn start(to: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (way, seen) = watch::channel(Way::default());
        let (count, next) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let number = *count.borrow();
                count.send_replace(number + 1);
                let door = seen.borrow().door;
                match door {
                    Door::Shut => drop(socket),
                    _ => drop(tokio::spawn(carry(socket, to, number, seen.clone(), door))),
                }
            }
        });
        Ok(Self { addr, way, next })
    }

    /// Cuts everybody, who may come back at once.
    pub fn cut(&self) {
        let next = *self.next.borrow();
        self.way.send_modify(|way| way.cut_before = next);
    }

    /// Cuts everybody and lets nobody in.
    pub fn shut(&self) {
        self.way.send_modify(|way| way.door = Door::Shut);
        self.cut();
    }

    /// Carries nothing any more for anybody, and says nothing of it.
    pub fn mute(&self) {
        let next = *self.next.borrow();
        self.way.send_modify(|way| {
            way.door = Door::Mute;
            way.dead_before = next;
        });
    }

    /// Lets in whoever comes from now on. Who was there while it was mute is never heard of again.
    pub fn open(&self) {
        self.way.send_modify(|way| way.door = Door::Open);
    }

    pub fn slow(&self, delay: Duration, loss: f64) {
        self.way.send_modify(|way| {
            way.delay = delay;
            way.loss = loss;
        });
    }
}

async fn carry(
    client: TcpStream,
    to: SocketAddr,
    number: u64,
    mut way: watch::Receiver<Way>,
    door: Door,
) {
    if door == Door::Mute {
        let _ = way.wait_for(|way| way.cut_before > number).await;
        return;
    }
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (way.clone(), way.clone());
    tokio::select! {
        _ = way.wait_for(|way| way.cut_before > number) => {}
        () = one_way(from_client, to_server, number, up) => {}
        () = one_way(from_server, to_client, number, down) => {}
    }
}

/// Ends when this half does, and the other half with it, which is near enough to what programs here do.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    number: u64,
    mut way: watch::Receiver<Way>,
) {
    let (put, mut take) = mpsc::channel::<(Instant, Vec<u8>)>(MOST_ON_THE_WAY);
    let mut seen = way.clone();
    let reading = async move {
        let mut piece = vec![0; 16 * 1024];
        let mut due = Instant::now();
        while let Ok(len @ 1..) = from.read(&mut piece).await {
            let now = *seen.borrow();
            let segments = len.div_ceil(SEGMENT_BYTES) as i32;
            let mut wait = now.delay;
            if rand::random_bool(1.0 - (1.0 - now.loss).powi(segments)) {
                wait += LEAST_RESEND + now.delay * 2;
            }
            // What was sent later arrives later.
            due = due.max(Instant::now() + wait);
            alive(&mut seen, number).await;
            if put.send((due, piece[..len].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, bytes)) = take.recv().await {
            sleep_until(due).await;
            alive(&mut way, number).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}

/// For a connection that has died this never ends.
async fn alive(way: &mut watch::Receiver<Way>, number: u64) {
    let _ = way.wait_for(|way| way.dead_before <= number).await;
}
