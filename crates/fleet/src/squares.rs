//! In which of some outlines a point lies, by looks into a small tree.
//!
//! The world square is quartered again and again where a border runs, down to squares of a given level. No outline is
//! looked at after the tree is made: a square without a border lies wholly in one of them or in none, and whom a smallest
//! square with a border belongs to is decided once.

use geo::{Contains, Coord, Intersects, Line, LinesIter, MapCoords, MultiPolygon, Point, Rect};
use wire::WorldPoint;

/// In none of the outlines.
pub(crate) const NOBODY: u8 = u8::MAX;

/// Whom a smallest square belongs to in which a border runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Border {
    /// The outline that holds its middle.
    ByMiddle,
    /// The first outline that touches it: outlines are a little larger than they were drawn, never smaller.
    Inside,
}

/// The quarters of a square: another square by its index, or whose it is.
type Quarters = [Entry; 4];

#[derive(Debug, Clone, Copy)]
enum Entry {
    Quartered(u32),
    Whole(u8),
}

#[derive(Debug)]
pub(crate) struct Squares {
    squares: Vec<Quarters>,
    top: Entry,
}

impl Default for Squares {
    fn default() -> Self {
        Self {
            squares: Vec::new(),
            top: Entry::Whole(NOBODY),
        }
    }
}

/// What a tree is made of.
struct Ground {
    /// In world units.
    outlines: Vec<MultiPolygon>,
    finest: u32,
    border: Border,
}

/// Border squares at most, about: a longer border gets larger ones.
const MOST_AT_BORDERS: f64 = 200_000.0;

impl Squares {
    /// Of outlines in degrees of WGS-84, at most 255; where they overlap the first one counts.
    pub fn new(outlines: &[&MultiPolygon], finest: u32, border: Border) -> Self {
        let world = |degrees: Coord| {
            let at = WorldPoint::from_lon_lat(degrees.x, degrees.y);
            Coord {
                x: f64::from(at.x),
                y: f64::from(at.y),
            }
        };
        let outlines: Vec<MultiPolygon> = outlines
            .iter()
            .map(|outline| outline.map_coords(world))
            .collect();
        let lines = outlines.iter().flat_map(|outline| outline.lines_iter());
        let length: f64 = lines.map(|line| line.dx().abs() + line.dy().abs()).sum();
        let room = (MOST_AT_BORDERS / length.max(1.0) * f64::from(32).exp2()).log2();
        let ground = Ground {
            outlines,
            finest: finest.min(room.clamp(0.0, 32.0) as u32),
            border,
        };
        let borders: Vec<(u8, Line)> = ground
            .outlines
            .iter()
            .enumerate()
            .flat_map(|(of, outline)| outline.lines_iter().map(move |line| (of as u8, line)))
            .collect();
        let mut tree = Self::default();
        tree.top = tree.square((0, 0), 0, &ground, &borders);
        tree
    }

    fn square(
        &mut self,
        (x, y): (u32, u32),
        level: u32,
        ground: &Ground,
        near: &[(u8, Line)],
    ) -> Entry {
        let side = f64::from(32 - level).exp2();
        let corner = Coord {
            x: f64::from(x) * side,
            y: f64::from(y) * side,
        };
        let rect = Rect::new(corner, corner + Coord { x: side, y: side });
        let borders: Vec<(u8, Line)> = near
            .iter()
            .filter(|(_, line)| line.intersects(&rect))
            .copied()
            .collect();
        if borders.is_empty() || level == ground.finest {
            let middle: Point = rect.center().into();
            let outlines = &ground.outlines;
            let around = outlines.iter().position(|o| o.contains(&middle));
            let around = around.map_or(NOBODY, |of| of as u8);
            let touching = borders.iter().map(|(of, _)| *of).min();
            return Entry::Whole(match (ground.border, touching) {
                (Border::Inside, Some(touching)) => touching.min(around),
                _ => around,
            });
        }
        let ix = self.squares.len();
        self.squares.push([Entry::Whole(NOBODY); 4]);
        for quarter in 0..4u32 {
            let at = (2 * x + (quarter & 1), 2 * y + (quarter >> 1));
            self.squares[ix][quarter as usize] = self.square(at, level + 1, ground, &borders);
        }
        Entry::Quartered(ix as u32)
    }

    /// The number of the outline that a point lies in, or [`NOBODY`].
    pub fn of(&self, point: WorldPoint) -> u8 {
        let (mut entry, mut shift) = (self.top, 32);
        loop {
            match entry {
                Entry::Whole(of) => return of,
                Entry::Quartered(ix) => {
                    shift -= 1;
                    let quarter = (point.x >> shift & 1) | (point.y >> shift & 1) << 1;
                    entry = self.squares[ix as usize][quarter as usize];
                }
            }
        }
    }
}
