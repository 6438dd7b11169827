//! The edges of the rules and of cells, one sentence a test.

mod attack;
mod cells;
mod districts;
mod kept;
mod news;
mod quality;
mod rules;
mod scopes;
mod zones;

use bytes::Bytes;
use fleet::{Applied, Class, Fleet, Now, RegistryEntry, Report, Rules, SourceId, VehicleIx};
use gb32960::{Edition, Reading, Vin};
use wire::{Activity, CellKey, CellMirror, CellPoint, Cells, Change, Down, WorldPoint, frames};

const START_UNIX_S: i64 = 1_700_000_000;

/// A fleet and its clock.
struct Stage {
    fleet: Fleet,
    now: Now,
}

fn vin(number: u32) -> Vin {
    let mut vin = *b"TEST0000000000000";
    vin[9..].copy_from_slice(format!("{number:08}").as_bytes());
    Vin(vin)
}

impl Stage {
    fn new() -> Self {
        Self::with(Rules::default())
    }

    fn with(rules: Rules) -> Self {
        Self {
            fleet: Fleet::new(rules),
            now: Now {
                unix_ms: START_UNIX_S * 1_000,
                mono_ms: 50_000,
            },
        }
    }

    /// A report of now, driving.
    fn report(&self, number: u32, fix: Option<WorldPoint>) -> Report {
        Report {
            vin: vin(number),
            source: SourceId(0),
            stamp_unix_s: self.now.unix_ms / 1_000,
            reissued: false,
            edition: Some(Edition::V2016),
            fix,
            raw_position: None,
            activity: Some(Activity::Driving),
            speed_dkmh: Some(Reading::Value(300)),
            odometer_hm: Some(Reading::Value(1_234_567)),
            soc_pct: Some(Reading::Value(55)),
            alarm_level: Some(Reading::Value(0)),
            items: Bytes::new(),
        }
    }

    fn apply(&mut self, report: &Report) -> Applied {
        self.fleet.apply(report, self.now)
    }

    fn put(&mut self, number: u32, at: WorldPoint) {
        let report = self.report(number, Some(at));
        assert_eq!(self.apply(&report), Applied::Fresh);
    }

    fn put_doing(&mut self, number: u32, at: WorldPoint, activity: Activity) {
        let mut report = self.report(number, Some(at));
        report.activity = Some(activity);
        assert_eq!(self.apply(&report), Applied::Fresh);
    }

    fn register(&mut self, number: u32, class: Class) {
        self.fleet.register(&RegistryEntry {
            vin: vin(number),
            make: "Make".into(),
            model: "Model".into(),
            class,
        });
    }

    fn wait_s(&mut self, seconds: u64) {
        self.now.unix_ms += seconds as i64 * 1_000;
        self.now.mono_ms += seconds * 1_000;
    }

    /// A second passes.
    fn tick(&mut self) {
        self.wait_s(1);
        self.fleet.tick(self.now);
    }

    fn ix(&self, number: u32) -> VehicleIx {
        self.fleet.find(&vin(number)).unwrap()
    }

    fn shown(&self, scope: u8, number: u32) -> Option<WorldPoint> {
        Some(self.fleet.shown(scope, self.ix(number))?.0)
    }
}

/// What a page knows of one cell.
struct Page {
    key: CellKey,
    cells: Cells,
    /// Of the last frames taken.
    changes: Vec<Change>,
    bases: u32,
    rebases: u32,
}

impl Page {
    fn open(stage: &mut Stage, key: CellKey) -> Self {
        assert!(stage.fleet.watch(key));
        let mut page = Self {
            key,
            cells: Cells::default(),
            changes: Vec::new(),
            bases: 0,
            rebases: 0,
        };
        page.catch_up(stage);
        page
    }

    fn have(&self) -> Option<(u32, u64)> {
        let mirror = self.cells.get(&self.key)?;
        Some((mirror.generation(), mirror.tick()))
    }

    fn mirror(&self) -> &CellMirror {
        self.cells.get(&self.key).unwrap()
    }

    fn catch_up(&mut self, stage: &Stage) {
        self.changes.clear();
        let message = stage
            .fleet
            .cell(&self.key)
            .unwrap()
            .lacking(self.have())
            .concat();
        for frame in frames(&message) {
            let frame = frame.unwrap();
            let changes = &mut self.changes;
            let taken = self.cells.take(&frame, |_, change| changes.push(change));
            taken.unwrap();
            match frame {
                Down::Base { .. } => self.bases += 1,
                Down::Delta { .. } => {}
                Down::Rebase { .. } => self.rebases += 1,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Who is at which slot, as clicks now would find.
    fn who(&self, stage: &Stage) -> Vec<Option<VehicleIx>> {
        let mirror = self.mirror();
        (0..mirror.slots())
            .map(|slot| {
                mirror.dot(slot)?;
                let tick = stage.fleet.last_tick();
                stage
                    .fleet
                    .resolve(&self.key, mirror.generation(), slot, tick)
            })
            .collect()
    }
}

/// A cell of level 11 in Shanghai.
const CITY: CellKey = CellKey {
    scope: 0,
    level: 11,
    x: 1715,
    y: 836,
};

fn at(key: CellKey, x: u16, y: u16) -> WorldPoint {
    key.world_from_cell(CellPoint { x, y })
}
