//! Learning which VINs there are by searching for them, and by how long the answer takes: the way of the server, from the
//! row before a search through the fleet to the row after it.

use std::time::Instant;

use access::{Access, By, Purpose, PurposeKind, Role, Session, Settings, Wanted};
use anyhow::{Context, Result};
use fleet::{Class, Fleet, RegistryEntry, Rules};
use gb32960::Vin;

use super::tries::Rate;

const PASSWORD: &str = "a long enough password";
/// Vehicles that there are, of a maker whose serial numbers have so many places.
const VEHICLES: u32 = 600;
const SERIALS: u32 = 1_000_000;
const HOUR_S: i64 = 3_600;

/// What searching comes to.
pub struct Found {
    /// VINs that a viewer found, of those tried.
    pub viewer: Rate,
    /// VINs that a supervisor found within a week's budget of misses.
    pub supervisor: Rate,
    /// Which of two searches of a supervisor was the hit, by its time.
    pub timing: Rate,
}

fn vin(serial: u32) -> String {
    format!("LTEST00000W{serial:06}")
}

/// A serial that is there (`hit`), or none.
fn serial(lot: u32, hit: bool) -> u32 {
    let spread = |of: u32| of * (SERIALS / VEHICLES);
    let of = spread(lot % VEHICLES);
    if hit { of } else { of + 1 + lot % 1_000 }
}

struct Centre {
    access: Access,
    fleet: Fleet,
    now_unix_s: i64,
}

impl Centre {
    async fn signed_in(&self, role: Role) -> Result<Session> {
        let name = role.name().replace('_', "");
        let now = self.now_unix_s;
        self.access
            .create_user(By::Console("attack"), &name, PASSWORD, role, now)
            .await?;
        let (_, session) = self.access.login(&name, PASSWORD, "127.0.0.1", now).await?;
        Ok(session)
    }

    /// Whether a search says that there is such a vehicle; `None` if it is refused.
    async fn search(&self, session: &Session, vin: &str) -> Option<bool> {
        let purpose = Purpose::new(PurposeKind::Alarm, None).ok()?;
        let search = self
            .access
            .search(session, Wanted::Vin(vin), &purpose, self.now_unix_s)
            .await
            .ok()?;
        let hits = self
            .fleet
            .find(&Vin::parse(vin).ok()?)
            .into_iter()
            .collect();
        let found = self
            .access
            .search_answered(search, hits, self.now_unix_s)
            .await
            .ok()?;
        Some(!found.hits.is_empty())
    }

    /// Tries one serial after the other for so many hours, as often as is answered.
    async fn enumerate(&mut self, role: Role, hours: i64) -> Result<Rate> {
        let (mut tries, mut found) = (0, 0);
        for hour in 0..hours {
            let session = match hour {
                0 => self.signed_in(role).await?,
                _ => {
                    let name = role.name().replace('_', "");
                    let now = self.now_unix_s;
                    self.access
                        .login(&name, PASSWORD, "127.0.0.1", now)
                        .await?
                        .1
                }
            };
            for lot in 0..60u32 {
                let serial = (hour as u32 * 60 + lot).wrapping_mul(2_654_435_761) % SERIALS;
                tries += 1;
                match self.search(&session, &vin(serial)).await {
                    Some(hit) => found += usize::from(hit),
                    None => break,
                }
            }
            self.now_unix_s += HOUR_S + 1;
        }
        Ok(Rate {
            attack_pct: found as f64 * 100.0 / tries as f64,
            guess_pct: f64::from(VEHICLES) * 100.0 / f64::from(SERIALS),
            tries,
        })
    }
}

/// Tries all of it.
pub async fn run(folder: &std::path::Path) -> Result<Found> {
    let now_unix_s = 1_700_000_000;
    let settings = Settings::default();
    let mut centre = Centre {
        access: Access::open_with(folder.join("evwall.db"), settings, now_unix_s).await?,
        fleet: Fleet::new(Rules::default()),
        now_unix_s,
    };
    for lot in 0..VEHICLES {
        centre.fleet.register(&RegistryEntry {
            vin: Vin::parse(&vin(serial(lot, true))).ok().context("a VIN")?,
            make: "Make".to_owned(),
            model: "Model".to_owned(),
            class: Class::Private,
        });
    }
    let viewer = centre.enumerate(Role::Viewer, 24).await?;
    let supervisor = centre.enumerate(Role::Supervisor, 24 * 7).await?;
    let timing = timing(&mut centre).await?;
    Ok(Found {
        viewer,
        supervisor,
        timing,
    })
}

/// Takes for the hit the one of two searches that took longer.
async fn timing(centre: &mut Centre) -> Result<Rate> {
    let (mut right, mut tries) = (0, 0);
    // So seldom that no budget of a day ends it.
    centre.now_unix_s += 24 * HOUR_S;
    for hour in 0..40u32 {
        let now = centre.now_unix_s;
        let login = centre
            .access
            .login("supervisor", PASSWORD, "127.0.0.1", now);
        let (_, session) = login.await?;
        for pair in 0..10u32 {
            let lot = hour * 10 + pair;
            let mut took = [0u128; 2];
            // Now the one first, now the other.
            for hit in [lot.is_multiple_of(2), !lot.is_multiple_of(2)] {
                let vin = vin(serial(lot, hit));
                let began = Instant::now();
                let found = centre.search(&session, &vin).await.context("refused")?;
                took[usize::from(hit)] = began.elapsed().as_nanos();
                anyhow::ensure!(found == hit, "the search is wrong");
            }
            tries += 1;
            right += usize::from(took[1] > took[0]);
        }
        centre.now_unix_s += 6 * HOUR_S;
    }
    let longer_pct = right as f64 * 100.0 / tries as f64;
    Ok(Rate {
        // Whoever is wrong most of the time only has to turn the rule round.
        attack_pct: longer_pct.max(100.0 - longer_pct),
        guess_pct: 50.0,
        tries,
    })
}
