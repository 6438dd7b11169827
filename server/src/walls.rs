//! Walls that are there, by the names of their accounts, and what each is to show for a while.
//!
//! A wall asks every few seconds whether there is something for it; that it asks says that it is there. So nothing has to
//! be kept open for it, and one that was switched off is gone from the list by itself. All of it is forgotten at a restart.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use access::Action;
use app::api::{ApiError, WallOrder, WallThere};
use app::view_state::ViewState;
use tracing::info;

use crate::centre::{Desk, refusal};
use crate::clock;

/// A wall that has not asked for so long is gone.
const GONE_AFTER_MS: u64 = 10_000;
/// A view that was sent is shown for so many minutes at most; then the wall goes on by itself.
const MOST_MINUTES: u32 = 60;
/// From one view that a wall is sent to the next: each is a row of the log.
const AGAIN_AFTER_MS: u64 = 1_000;
/// Walls at most, the bound of what accounts can make us keep; a further one gets no orders.
const MOST_WALLS: usize = 1_000;

#[derive(Debug)]
struct Wall {
    asked_mono_ms: u64,
    order: Option<Sent>,
    /// Of the last order, also when it is over.
    number: u64,
    /// When it was sent a view last.
    sent_mono_ms: Option<u64>,
}

impl Wall {
    fn shows_sent(&self, now_mono_ms: u64) -> bool {
        let order = self.order.as_ref();
        order.is_some_and(|sent| now_mono_ms < sent.until_mono_ms)
    }
}

#[derive(Debug)]
struct Sent {
    order: WallOrder,
    until_mono_ms: u64,
}

#[derive(Debug, Default)]
pub struct Walls {
    // A blocking lock: nothing is awaited while it is held and it covers a look-up.
    there: Mutex<BTreeMap<String, Wall>>,
}

impl Walls {
    fn there(&self, now_mono_ms: u64) -> MutexGuard<'_, BTreeMap<String, Wall>> {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        there.retain(|_, wall| now_mono_ms < wall.asked_mono_ms + GONE_AFTER_MS);
        there
    }

    /// Drops the walls that are gone, and the views that are over.
    pub fn forget(&self, now_mono_ms: u64) {
        for wall in self.there(now_mono_ms).values_mut() {
            wall.order.take_if(|sent| sent.until_mono_ms <= now_mono_ms);
        }
    }

    /// A wall asks what it is to show.
    pub fn ask(&self, name: &str, now_mono_ms: u64) -> Option<WallOrder> {
        let mut there = self.there(now_mono_ms);
        if !there.contains_key(name) && there.len() < MOST_WALLS {
            let wall = Wall {
                asked_mono_ms: now_mono_ms,
                order: None,
                number: 0,
                sent_mono_ms: None,
            };
            there.insert(name.to_owned(), wall);
        }
        let wall = there.get_mut(name)?;
        wall.asked_mono_ms = now_mono_ms;
        let sent = wall.order.as_ref()?;
        (now_mono_ms < sent.until_mono_ms).then(|| sent.order.clone())
    }

    /// The walls that are there, by name.
    pub fn list(&self, now_mono_ms: u64) -> Vec<WallThere> {
        let there = self.there(now_mono_ms);
        there
            .iter()
            .map(|(name, wall)| WallThere {
                name: name.clone(),
                shows_sent: wall.shows_sent(now_mono_ms),
            })
            .collect()
    }

    /// Whether telling a wall would change what it shows. `TryLater` if it was sent another view just now: what was sent by
    /// mistake can be taken back at once all the same.
    fn takes(&self, name: &str, minutes: u32, now_mono_ms: u64) -> Result<bool, ApiError> {
        let there = self.there(now_mono_ms);
        let wall = there.get(name).ok_or(ApiError::NoSuchUser)?;
        if minutes == 0 {
            return Ok(wall.shows_sent(now_mono_ms));
        }
        match wall.sent_mono_ms {
            Some(sent) if now_mono_ms < sent + AGAIN_AFTER_MS => Err(ApiError::TryLater),
            _ => Ok(true),
        }
    }

    /// For 0 minutes what it shows is over.
    fn send(&self, name: &str, query: String, minutes: u32, now_mono_ms: u64) {
        if let Some(wall) = self.there(now_mono_ms).get_mut(name) {
            wall.number += 1;
            if minutes > 0 {
                wall.sent_mono_ms = Some(now_mono_ms);
            }
            wall.order = (minutes > 0).then(|| Sent {
                order: WallOrder {
                    number: wall.number,
                    query,
                },
                until_mono_ms: now_mono_ms + u64::from(minutes) * 60_000,
            });
        }
    }
}

impl Desk {
    pub fn order_for_wall(&self) -> Option<WallOrder> {
        let now_mono_ms = clock::now().mono_ms;
        self.state.walls.ask(&self.session.name, now_mono_ms)
    }

    pub fn list_walls(&self) -> Result<Vec<WallThere>, ApiError> {
        self.may(Action::SendToWall)?;
        Ok(self.state.walls.list(clock::now().mono_ms))
    }

    /// The row first, then the wall. Of what was sent only what is a view arrives.
    pub async fn order_wall(&self, name: &str, query: &str, minutes: u32) -> Result<(), ApiError> {
        self.may(Action::SendToWall)?;
        let view = ViewState {
            lang: None,
            renderer: None,
            ..ViewState::read(query)
        };
        if minutes > MOST_MINUTES || (minutes > 0 && view.place.is_none()) {
            return Err(ApiError::BadRequest);
        }
        let walls = &self.state.walls;
        if !walls.takes(name, minutes, clock::now().mono_ms)? {
            return Ok(());
        }
        let access = &self.state.access;
        access
            .wall_sent(&self.session, name, minutes, clock::unix_s())
            .await
            .map_err(refusal)?;
        walls.send(name, view.write(), minutes, clock::now().mono_ms);
        info!(user = %self.session.name, wall = name, minutes, "a view was sent to a wall");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(walls: &Walls, now_mono_ms: u64) -> Vec<String> {
        let all = walls.list(now_mono_ms).into_iter();
        all.map(|wall| wall.name).collect()
    }

    #[test]
    fn a_wall_is_there_while_it_asks_and_shows_what_it_was_sent_for_a_while() {
        let walls = Walls::default();
        assert_eq!(walls.ask("hall", 1_000), None);
        assert_eq!(names(&walls, 5_000), ["hall"]);
        assert_eq!(walls.takes("attic", 10, 5_000), Err(ApiError::NoSuchUser));
        walls.send("hall", "?at=31.0000,121.0000,9.00".to_owned(), 10, 5_000);
        assert!(walls.list(5_000)[0].shows_sent);
        assert_eq!(walls.takes("hall", 10, 5_500), Err(ApiError::TryLater));
        assert_eq!(
            walls.takes("hall", 0, 5_500),
            Ok(true),
            "taken back at once"
        );
        let order = walls.ask("hall", 6_000).unwrap();
        assert_eq!(order.number, 1);
        assert_eq!(walls.ask("hall", 7_000), Some(order));
        for seconds in 8..605 {
            assert!(walls.ask("hall", seconds * 1_000).is_some());
        }
        assert_eq!(walls.ask("hall", 605_000), None, "its time is over");
        assert!(!walls.list(605_000)[0].shows_sent);
        walls.forget(605_000);
        let there = walls.there(605_000);
        assert!(there["hall"].order.is_none(), "nor is it kept");
        drop(there);
        walls.send("hall", "?by=alarm".to_owned(), 1, 606_000);
        assert_eq!(walls.ask("hall", 607_000).unwrap().number, 2);
        walls.send("hall", String::new(), 0, 608_000);
        assert_eq!(walls.ask("hall", 609_000), None, "given back");
        assert_eq!(walls.takes("hall", 0, 609_000), Ok(false), "only once");
        walls.send("hall", "?by=alarm".to_owned(), 1, 610_000);
        assert_eq!(walls.ask("hall", 611_000).unwrap().number, 4);
        assert!(names(&walls, 625_000).is_empty(), "it was switched off");
    }

    #[test]
    fn walls_have_a_bound() {
        let walls = Walls::default();
        for number in 0..2 * MOST_WALLS {
            walls.ask(&format!("wall-{number}"), 1_000);
        }
        assert_eq!(walls.list(1_000).len(), MOST_WALLS);
    }
}
