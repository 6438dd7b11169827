//! A store in a temporary folder, with hashes that cost next to nothing.

#![expect(dead_code, reason = "each test binary uses a part of it")]

use access::{Access, Action, By, Cost, Permit, Purpose, PurposeKind, Refused, Role, Session};
use access::{SessionToken, Settings, Vehicle};
use std::path::PathBuf;

pub const NOW: i64 = 1_795_300_000;
pub const PASSWORD: &str = "a long enough password";
pub const VIN: &str = "LTEST00000W000001";

pub struct Store {
    pub access: Access,
    pub folder: tempfile::TempDir,
}

pub fn settings() -> Settings {
    Settings {
        password_cost: Cost {
            memory_kib: 8,
            passes: 1,
        },
        busy_ms: 50,
        ..Settings::default()
    }
}

impl Store {
    pub async fn new() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::open_with(folder.path().join("evwall.db"), settings, NOW)
            .await
            .unwrap();
        Self { access, folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("evwall.db")
    }

    /// Makes an account of that role, named after it, and logs in.
    pub async fn logged_in(&self, role: Role) -> (SessionToken, Session) {
        self.user(role.name(), role).await;
        self.login(role.name()).await
    }

    pub async fn user(&self, name: &str, role: Role) {
        self.access
            .create_user(By::Console("test"), name, PASSWORD, role, NOW)
            .await
            .unwrap();
    }

    pub async fn logged_in_at(&self, role: Role, now: i64) -> (SessionToken, Session) {
        self.access
            .create_user(By::Console("test"), role.name(), PASSWORD, role, now)
            .await
            .unwrap();
        self.login_at(role.name(), now).await
    }

    pub async fn login(&self, name: &str) -> (SessionToken, Session) {
        self.login_at(name, NOW).await
    }

    pub async fn login_at(&self, name: &str, now: i64) -> (SessionToken, Session) {
        self.access
            .login(name, PASSWORD, "192.0.2.7", now)
            .await
            .unwrap()
    }

    pub async fn open_card(&self, session: &Session, now: i64) -> Result<Permit, Refused> {
        self.access
            .permit(session, Action::OpenCard, vehicle(VIN), &alarm(), now)
            .await
    }
}

pub fn vehicle(vin: &str) -> Vehicle {
    Vehicle {
        vin: vin.to_owned(),
        handle: [7; 16],
    }
}

pub fn alarm() -> Purpose {
    Purpose::new(PurposeKind::Alarm, None).unwrap()
}

/// Opens and closes so many cards: two rows each.
pub async fn open_cards(store: &Store, session: &Session, cards: u32) {
    for n in 0..cards {
        let vin = format!("LTEST00000W{n:06}");
        let permit = store
            .access
            .permit(session, Action::OpenCard, vehicle(&vin), &alarm(), NOW)
            .await
            .unwrap();
        store
            .access
            .close_permit(permit.id(), access::Closed::ByHand, NOW + 1)
            .await
            .unwrap();
    }
}
