//! Hundreds of random acts of three people, an operator and time, against a model that is a few lines of arithmetic:
//! whoever the model says is in is in, nobody else; a permit works exactly while its session and its quarter of an hour
//! do; each look has one opening and one closing row; the chain is whole. Also across restarts of the server.

mod common;
use access::{Access, Action, Budgets, By, Permit, Role, Session, SessionToken, Settings};
use common::{NOW, PASSWORD, Store, alarm, settings, vehicle};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sqlx::ConnectOptions;

const NAMES: [&str; 3] = ["chu", "wei", "jiang"];

struct User {
    role: Role,
    disabled: bool,
}

struct Seat {
    token: SessionToken,
    session: Session,
    user: usize,
    seen: i64,
    alive: bool,
}

struct Look {
    permit: Permit,
    seat: usize,
    closed: bool,
    /// The process that gave it out still runs.
    here: bool,
}

struct World {
    store: Store,
    now: i64,
    users: [User; 3],
    seats: Vec<Seat>,
    looks: Vec<Look>,
}

/// Seconds without use, seconds in all: as docs/security.md says.
fn lifetimes(role: Role) -> (i64, i64) {
    match role {
        Role::Viewer => (12 * 3600, 24 * 3600),
        _ => (3600, 12 * 3600),
    }
}

fn generous() -> Settings {
    let budgets = Budgets {
        refuse_looks_per_hour: u32::MAX,
        refuse_looks_per_day: u32::MAX,
        ..Budgets::default()
    };
    Settings {
        budgets,
        ..settings()
    }
}

impl World {
    async fn new() -> Self {
        let store = Store::with(generous()).await;
        for name in NAMES {
            store.user(name, Role::Supervisor).await;
        }
        let users = NAMES.map(|_| User {
            role: Role::Supervisor,
            disabled: false,
        });
        Self {
            store,
            now: NOW,
            users,
            seats: Vec::new(),
            looks: Vec::new(),
        }
    }

    fn is_in(&self, seat: usize) -> bool {
        let seat = &self.seats[seat];
        let (idle, absolute) = lifetimes(seat.session.role);
        seat.alive
            && self.now < seat.seen + idle
            && self.now < seat.session.started_unix_s + absolute
    }

    fn end_all_of(&mut self, user: usize) {
        for seat in self.seats.iter_mut().filter(|seat| seat.user == user) {
            seat.alive = false;
        }
    }

    async fn log_in(&mut self, user: usize) {
        // Tries at a disabled account are failures and would lock it; `lockouts.rs` looks at those.
        if self.users[user].disabled {
            return;
        }
        let answer = self
            .store
            .access
            .login(NAMES[user], PASSWORD, "192.0.2.7", self.now)
            .await;
        let (token, session) = answer.unwrap();
        assert_eq!(session.role, self.users[user].role);
        self.seats.push(Seat {
            token,
            session,
            user,
            seen: self.now,
            alive: true,
        });
        let mut stored: Vec<usize> = (0..self.seats.len())
            .filter(|&seat| self.seats[seat].user == user && self.is_in(seat))
            .collect();
        if stored.len() > 10 {
            self.seats[stored.remove(0)].alive = false;
        }
    }

    async fn look(&mut self, seat: usize) {
        let session = self.seats[seat].session.clone();
        let purpose = alarm();
        let vehicle = vehicle("LTEST00000W000001");
        let answer = self
            .store
            .access
            .permit(&session, Action::OpenCard, vehicle, &purpose, self.now)
            .await;
        let may = self.is_in(seat) && session.role == Role::Supervisor;
        assert_eq!(answer.is_ok(), may, "{answer:?}");
        if let Ok(permit) = answer {
            self.looks.push(Look {
                permit,
                seat,
                closed: false,
                here: true,
            });
        }
    }

    async fn restart(&mut self) {
        self.store.access.close().await;
        // The permits of the old process are gone with it; these are kept here only to count them.
        for look in &mut self.looks {
            look.here = false;
        }
        self.store.access = Access::open_with(self.store.path(), generous(), self.now)
            .await
            .unwrap();
    }

    /// Asks the store about one seat and every look, and compares.
    async fn compare(&mut self, seat: usize) {
        let expected = self.is_in(seat);
        let answer = self
            .store
            .access
            .session(&self.seats[seat].token, self.now)
            .await;
        assert_eq!(answer.is_ok(), expected, "seat {seat}: {answer:?}");
        match answer {
            Ok(_) => self.seats[seat].seen = self.now,
            Err(_) => self.seats[seat].alive = false,
        }
        for look in self.looks.iter().filter(|look| look.here) {
            let young = self.now < look.permit.expires_unix_s();
            // An end by idleness reaches a permit with the sweep.
            let expected = young && !look.closed && self.is_in(look.seat);
            assert_eq!(look.permit.check(self.now).is_ok(), expected);
        }
    }

    async fn act(&mut self, dice: &mut StdRng) {
        self.now += dice.random_range(0..500);
        self.store.access.sweep(self.now).await.unwrap();
        for seat in 0..self.seats.len() {
            self.seats[seat].alive = self.is_in(seat);
        }
        let user = dice.random_range(0..3);
        let (access, by, now) = (self.store.access.clone(), By::Console("test"), self.now);
        match dice.random_range(0..100) {
            0..25 => self.log_in(user).await,
            25..60 if !self.seats.is_empty() => {
                // Mostly somebody who came lately; others have left.
                let newest = self.seats.len();
                let seat = newest - 1 - dice.random_range(0..newest.min(6));
                self.look(seat).await;
            }
            60..70 if !self.looks.is_empty() => {
                let look = dice.random_range(0..self.looks.len());
                access
                    .close_permit(self.looks[look].permit.id(), access::Closed::ByHand, now)
                    .await
                    .unwrap();
                self.looks[look].closed = true;
            }
            70..78 if !self.seats.is_empty() => {
                let seat = dice.random_range(0..self.seats.len());
                access.logout(&self.seats[seat].token, now).await.unwrap();
                self.seats[seat].alive = false;
            }
            78..81 => {
                access.disable(by, NAMES[user], now).await.unwrap();
                self.users[user].disabled = true;
                self.end_all_of(user);
            }
            81..90 => {
                access.enable(by, NAMES[user], now).await.unwrap();
                self.users[user].disabled = false;
            }
            90..94 => {
                let role = if dice.random_ratio(1, 4) {
                    Role::Viewer
                } else {
                    Role::Supervisor
                };
                access.set_role(by, NAMES[user], role, now).await.unwrap();
                self.users[user].role = role;
                self.end_all_of(user);
            }
            94..96 => {
                access
                    .set_password(by, NAMES[user], PASSWORD, now)
                    .await
                    .unwrap();
                self.end_all_of(user);
            }
            _ => self.restart().await,
        }
        if !self.seats.is_empty() {
            self.compare(dice.random_range(0..self.seats.len())).await;
        }
    }
}

#[tokio::test]
async fn the_store_agrees_with_the_model_whatever_people_do() {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(5);
    println!("SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let mut world = World::new().await;
    for _ in 0..400 {
        world.act(&mut dice).await;
    }
    world.now += 100 * 3600;
    world.store.access.sweep(world.now).await.unwrap();
    // A day and a bit later the ends are forgotten.
    world
        .store
        .access
        .sweep(world.now + 25 * 3600)
        .await
        .unwrap();
    let access = &world.store.access;
    assert!(access.verify_audit(None).await.unwrap().is_good());
    let mut on = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(world.store.path())
        .connect()
        .await
        .unwrap();
    let (opened, closed, once, left): (i64, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM audit WHERE kind = 'permit_opened'),
             (SELECT count(*) FROM audit WHERE kind = 'permit_closed'),
             (SELECT count(DISTINCT permit_id) FROM audit WHERE kind = 'permit_closed'),
             (SELECT count(*) FROM sessions) + (SELECT count(*) FROM session_ends)",
    )
    .fetch_one(&mut on)
    .await
    .unwrap();
    println!("{} log-ins, {opened} looks", world.seats.len());
    assert_eq!(opened, i64::try_from(world.looks.len()).unwrap());
    assert_eq!((closed, once, left), (opened, opened, 0));
    assert!(opened > 20, "the dice gave too little to see");
}
