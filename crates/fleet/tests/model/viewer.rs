//! A viewer as the page is one: it has bytes and nothing else. It pans, zooms, stalls and reconnects; whenever it has
//! taken what it lacks, each of its cells must hold exactly the dots that a walk over the fleet finds there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fleet::{Fleet, Rules, VehicleIx};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use wire::{CellKey, CellMirror, Change, Down, View, WorldPoint, cell_of, frames};

const LEVELS: [u8; 7] = [0, 3, 8, 11, 14, 17, 20];

struct Picture {
    mirror: CellMirror,
    /// By slot: which vehicle the dot has been since it came, carried along by the viewer itself.
    who: Vec<Option<VehicleIx>>,
}

struct Clicked {
    key: CellKey,
    generation: u32,
    slot: u32,
    tick: u64,
    who: VehicleIx,
}

pub struct Viewer {
    scope: u8,
    cells: BTreeSet<CellKey>,
    pictures: BTreeMap<CellKey, Picture>,
    stalled_ticks: u32,
    clicked: VecDeque<Clicked>,
}

impl Viewer {
    pub fn new(scope: u8) -> Self {
        Self {
            scope,
            cells: BTreeSet::new(),
            pictures: BTreeMap::new(),
            stalled_ticks: 0,
            clicked: VecDeque::new(),
        }
    }

    /// Pans, zooms, stalls or reconnects.
    pub fn acts(
        &mut self,
        fleet: &mut Fleet,
        rng: &mut ChaCha8Rng,
        place: WorldPoint,
    ) -> Result<(), String> {
        match rng.random_range(0..10) {
            0 => self.stalled_ticks = rng.random_range(1..25),
            1 => {
                for key in std::mem::take(&mut self.cells) {
                    fleet.unwatch(key);
                }
                self.pictures.clear();
            }
            _ => {
                let levels: Vec<u8> = LEVELS
                    .into_iter()
                    .filter(|level| {
                        *level <= Rules::default().scopes()[usize::from(self.scope)].finest_level
                    })
                    .collect();
                let level = levels[rng.random_range(0..levels.len())];
                let reach = rng.random_range(0..3) << (31 - level.max(1));
                let view = View {
                    seq: 0,
                    level,
                    x0: place.x.wrapping_sub(reach),
                    x1: place.x.wrapping_add(reach),
                    y0: place.y.saturating_sub(reach),
                    y1: place.y.saturating_add(reach),
                };
                let wanted: BTreeSet<CellKey> =
                    view.cells(self.scope).map_err(|e| e.to_string())?.collect();
                for key in wanted.difference(&self.cells) {
                    if !fleet.watch(*key) {
                        return Err(format!("{key:?} is refused"));
                    }
                }
                for key in self.cells.difference(&wanted) {
                    fleet.unwatch(*key);
                    self.pictures.remove(key);
                }
                self.cells = wanted;
                if self.stalled_ticks == 0 {
                    self.catches_up(fleet)?;
                }
            }
        }
        Ok(())
    }

    pub fn takes_tick(&mut self, fleet: &Fleet, rng: &mut ChaCha8Rng) -> Result<(), String> {
        self.clicks_are_resolved(fleet)?;
        if self.stalled_ticks > 0 {
            self.stalled_ticks -= 1;
            return Ok(());
        }
        self.catches_up(fleet)?;
        self.clicks_something(fleet, rng);
        Ok(())
    }

    fn catches_up(&mut self, fleet: &Fleet) -> Result<(), String> {
        for key in self.cells.clone() {
            let stream = fleet.cell(&key).ok_or("a watched cell is not there")?;
            let have = self
                .pictures
                .get(&key)
                .map(|picture| (picture.mirror.generation(), picture.mirror.tick()));
            let message: Vec<u8> = stream.lacking(have).concat();
            for frame in frames(&message) {
                self.takes_frame(fleet, key, frame.map_err(|e| e.to_string())?)?;
            }
            let picture = self.pictures.get(&key).ok_or("no base came")?;
            if picture.mirror.tick() != stream.tick()
                || picture.mirror.generation() != stream.generation()
            {
                return Err(format!("{key:?} did not arrive at its tick"));
            }
            self.is_the_truth(fleet, &key, picture)?;
        }
        Ok(())
    }

    fn takes_frame(&mut self, fleet: &Fleet, of: CellKey, frame: Down<'_>) -> Result<(), String> {
        match frame {
            Down::Base {
                key,
                generation,
                tick,
                body,
            } if key == of => {
                let mirror =
                    CellMirror::from_base(generation, tick, body).map_err(|e| e.to_string())?;
                // Who is who is asked once, of the base; from here on the viewer keeps account itself.
                let who = (0..mirror.slots())
                    .map(|slot| fleet.resolve(&key, generation, slot, fleet.last_tick()))
                    .collect();
                self.pictures.insert(key, Picture { mirror, who });
            }
            Down::Delta {
                key,
                generation,
                tick,
                follows,
                body,
            } if key == of => {
                let picture = self.pictures.get_mut(&key).ok_or("a delta before a base")?;
                let who = &mut picture.who;
                picture
                    .mirror
                    .apply_delta(generation, tick, follows, body, |change| match change {
                        Change::Enter { slot, .. } => {
                            who.resize(slot as usize, None);
                            who.push(fleet.resolve(&key, generation, slot, fleet.last_tick()));
                        }
                        Change::Leave { slot } => who[slot as usize] = None,
                        Change::Move { .. } | Change::Look { .. } => {}
                    })
                    .map_err(|e| e.to_string())?;
            }
            Down::Rebase {
                key,
                generation,
                digest32,
                ..
            } if key == of => {
                let picture = self
                    .pictures
                    .get_mut(&key)
                    .ok_or("a rebase before a base")?;
                let old = std::mem::take(&mut picture.who);
                let who = &mut picture.who;
                picture
                    .mirror
                    .rebase(generation, digest32, |from, to| {
                        who.resize(to as usize, None);
                        who.push(old[from as usize]);
                    })
                    .map_err(|e| e.to_string())?;
            }
            other => return Err(format!("{other:?} in the stream of {of:?}")),
        }
        Ok(())
    }

    fn is_the_truth(&self, fleet: &Fleet, key: &CellKey, picture: &Picture) -> Result<(), String> {
        let mut truth = BTreeMap::new();
        for vehicle in fleet.vehicles() {
            if let Some((at, look)) = fleet.shown(self.scope, vehicle) {
                let (of, at) = cell_of(at, key.level, key.scope);
                if of == *key {
                    truth.insert(vehicle, (at, look));
                }
            }
        }
        let mirror = &picture.mirror;
        for (slot, dot) in mirror.dots().enumerate() {
            let Some(dot) = dot else { continue };
            let who = fleet.resolve(key, mirror.generation(), slot as u32, fleet.last_tick());
            let kept = picture.who.get(slot).copied().flatten();
            // A viewer that caught up over more than the kept ticks could not ask who entered long ago.
            if kept.is_some() && kept != who {
                return Err(format!(
                    "{key:?} slot {slot} was {kept:?} all along, a click on it opens {who:?}"
                ));
            }
            let vehicle = who.ok_or_else(|| format!("{key:?} slot {slot} resolves to nothing"))?;
            if truth.remove(&vehicle) != Some(dot) {
                return Err(format!(
                    "{key:?} slot {slot} shows {dot:?}, but {vehicle:?} is {:?}",
                    fleet.shown(self.scope, vehicle)
                ));
            }
        }
        if let Some((vehicle, dot)) = truth.pop_first() {
            return Err(format!("{key:?} lacks {vehicle:?} at {dot:?}"));
        }
        if mirror.alive() as usize != mirror.dots().flatten().count() {
            return Err(format!("{key:?} counts its dots wrongly"));
        }
        Ok(())
    }

    /// Clicks on a dot, and keeps the click under way for a while.
    fn clicks_something(&mut self, fleet: &Fleet, rng: &mut ChaCha8Rng) {
        let pictures: Vec<_> = self.pictures.iter().collect();
        if pictures.is_empty() {
            return;
        }
        let (key, picture) = pictures[rng.random_range(0..pictures.len())];
        let slots = picture.mirror.slots();
        if slots == 0 {
            return;
        }
        let slot = rng.random_range(0..slots);
        if let (Some(_), Some(who)) = (picture.mirror.dot(slot), picture.who[slot as usize]) {
            self.clicked.push_back(Clicked {
                key: *key,
                generation: picture.mirror.generation(),
                slot,
                tick: fleet.last_tick(),
                who,
            });
        }
    }

    /// Every click of the last ten ticks opens the vehicle that was clicked, whatever happened to its cell since; an
    /// older one opens nothing.
    fn clicks_are_resolved(&mut self, fleet: &Fleet) -> Result<(), String> {
        for click in &self.clicked {
            let opened = fleet.resolve(&click.key, click.generation, click.slot, click.tick);
            let expected = (click.tick + 10 >= fleet.last_tick()).then_some(click.who);
            if opened != expected {
                return Err(format!(
                    "a click at tick {} on {:?} generation {} slot {} opens {opened:?}, not {expected:?}",
                    click.tick, click.key, click.generation, click.slot
                ));
            }
        }
        self.clicked
            .retain(|click| click.tick + 12 > fleet.last_tick());
        Ok(())
    }
}
