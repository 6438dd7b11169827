//! Everything the engine knows, and what each thing that happens does to it. Nothing here calls back into the page: what
//! the page should hear is left in `told`, and the caller delivers it when the state is no longer borrowed.

use super::backend::{Backend, Scene};
use super::ground::Ground;
use super::socket::Socket;
use crate::area::{self, Area};
use crate::budget::Budget;
use crate::camera::{Camera, degrees_from_world, world_from_degrees};
use crate::dot::{Clock, LONGEST_GLIDE_MS, SHORTEST_GLIDE_MS};
use crate::field::{DotRef, Field};
use crate::level;
use crate::link::{Connection, Link, Now};
use crate::pick::{self, Census};
use crate::raster::light::{AFTERGLOW, DENSITY_ZOOM, FADE_STEP_MS, Light};
use crate::report::{EngineReport, Picked, Place, Told};
use crate::shot::Shot;
use crate::sprite;
use crate::style::{ColourBy, Filter, Styles};
use js_sys::Uint8Array;
use std::sync::Arc;
use web_sys::{Element, HtmlElement};
use wire::{
    Bye, Click, DistrictName, Down, Handle, HandleAnswer, Hello, Refused, ScreenReport, Status, Up,
    View,
};

/// From this zoom on a dot goes to its place within a second: a glide shows the past, and streets make that visible.
const STREET_ZOOM: f64 = 14.0;
/// The camera has to stand still for this long before a view is asked for, …
const VIEW_REST_MS: f64 = 120.0;
/// … but a camera that never rests is served this often.
const VIEW_EVERY_MS: f64 = 400.0;
/// The share of the screen, around its middle, in which a dot that is followed may be, and the time in which it is brought back.
const FOLLOW_WITHIN: f64 = 0.4;
const FOLLOW_MS: f64 = 700.0;
/// How far from a dot's middle a click may be, in CSS pixels, with a mouse and with a finger.
const MOUSE_REACH_CSS: f64 = 7.0;
const TOUCH_REACH_CSS: f64 = 18.0;
const KEYBOARD_REACH_CSS: f64 = 24.0;

pub struct State {
    pub field: Field,
    pub link: Link,
    pub socket: Option<Socket>,
    pub ground: Option<Ground>,
    pub backend: Box<dyn Backend>,
    /// An element of the page that is kept at the selected dot.
    pub follower: Option<HtmlElement>,
    /// A drawing that keeps to the ground, and the camera for which it was made.
    pinned: Option<(Element, Camera)>,
    /// Whether the follower should lie to the left of the dot, because there is no room to the right.
    follower_left: bool,
    /// The camera follows the marked dot.
    pub following: bool,
    area: Option<Area>,
    pub told: Vec<Told>,
    /// The page is in a tab that nobody sees.
    pub hidden: bool,
    pub motion_unwanted: bool,
    pub fell_back: bool,
    /// Losses of contexts that were given up.
    pub losses_before: u32,
    styles: Styles,
    colour_by: ColourBy,
    filter: Filter,
    /// What the page asked for.
    light: Light,
    budget: Budget,
    camera: Camera,
    clock: Clock,
    cap_ms: f64,
    hello: Option<Hello>,
    districts: Arc<[DistrictName]>,
    /// Of the page's files when they were loaded.
    site: Option<u64>,
    /// Where a camera stands that nobody moves.
    pub shot: Option<Shot>,
    status: Option<Status>,
    view_seq: u32,
    view: Option<View>,
    /// Since when the camera has been elsewhere than the view asked for, and when it moved last.
    view_due: Option<(f64, f64)>,
    next_ask: u32,
    /// The last question, until the server has answered it.
    unanswered: Option<u32>,
    /// Vehicles whose cards the page shows.
    watched: Vec<Handle>,
    inbox: Vec<u8>,
    by_look: Vec<u32>,
    last_change_ms: f64,
    last_draw_ms: f64,
    /// The last frame asked for this one, so what is between them is no pause; and it had light.
    goes_on: bool,
    lit: bool,
    gap_ms: f64,
    frames: u32,
    drawing_ms: f64,
    last_report_ms: f64,
    selected_css: Option<(f64, f64)>,
}

impl State {
    pub fn new(backend: Box<dyn Backend>, now: Now, site: Option<u64>) -> Self {
        let camera = Camera {
            middle_world: (0.0, 0.0),
            zoom: 0.0,
            size_css: (1.0, 1.0),
            ratio: 1.0,
            is_gcj02: false,
        };
        Self {
            field: Field::default(),
            link: Link::new(now),
            socket: None,
            ground: None,
            backend,
            follower: None,
            pinned: None,
            follower_left: false,
            following: false,
            area: None,
            told: Vec::new(),
            hidden: false,
            motion_unwanted: false,
            fell_back: false,
            losses_before: 0,
            styles: Styles::new(ColourBy::default(), Filter::default(), 3),
            colour_by: ColourBy::default(),
            filter: Filter::default(),
            light: Light::default(),
            budget: Budget::default(),
            camera,
            clock: Clock::new(0),
            cap_ms: f64::from(LONGEST_GLIDE_MS),
            hello: None,
            districts: Arc::default(),
            site,
            shot: None,
            status: None,
            view_seq: 0,
            view: None,
            view_due: None,
            next_ask: 0,
            unanswered: None,
            watched: Vec::new(),
            inbox: Vec::new(),
            by_look: Vec::new(),
            last_change_ms: 0.0,
            last_draw_ms: 0.0,
            goes_on: false,
            lit: false,
            gap_ms: 0.0,
            frames: 0,
            drawing_ms: 0.0,
            last_report_ms: 0.0,
            selected_css: None,
        }
    }

    /// Takes one message of the server. `now_ms` is the page's monotonic clock.
    pub fn message(
        &mut self,
        bytes: &Uint8Array,
        now: Now,
        now_ms: f64,
    ) -> Result<(), wire::WireError> {
        self.tell_time(now_ms);
        // The inbox only grows: the largest message sets its size.
        let mut inbox = std::mem::take(&mut self.inbox);
        inbox.resize(bytes.length() as usize, 0);
        bytes.copy_to(&mut inbox);
        let outcome = wire::frames(&inbox).try_for_each(|frame| {
            self.frame(&frame?, now);
            Ok(())
        });
        self.inbox = inbox;
        self.field.finish(&self.clock);
        outcome
    }

    fn frame(&mut self, frame: &Down<'_>, now: Now) {
        match frame {
            Down::Hello(hello) => self.hello(hello),
            Down::Status(status) => {
                self.link.tick(now);
                // An unseen page takes no more than is on its way: the server stops when nothing is acknowledged.
                if !self.hidden {
                    self.send(&Up::Ack { tick: status.tick });
                    self.clock.catching_up = false;
                }
                let mut status = status.clone();
                if status.districts.is_empty()
                    && let Some(before) = &mut self.status
                {
                    status.districts = std::mem::take(&mut before.districts);
                }
                let unix_ms = status.tick_unix_ms;
                self.status = Some(status);
                self.told.push(Told::Tick { unix_ms });
            }
            Down::Handle(answer) => {
                self.unanswered.take_if(|ask| *ask == answer.ask);
                self.told.push(Told::Answer(answer.clone()));
            }
            Down::Card { handle, json } => {
                let json = String::from_utf8_lossy(json).into_owned();
                self.told.push(Told::Card {
                    handle: *handle,
                    json,
                });
            }
            Down::Greet { name } => self.told.push(Told::Greeted {
                name: (*name).to_owned(),
            }),
            Down::Bye(why) => self.link.bye(*why),
            cell => {
                if let Some(key) = self.field.take(cell, &self.clock) {
                    self.send(&Up::Resend { key });
                }
            }
        }
    }

    fn hello(&mut self, hello: &Hello) {
        let is_other_page = self.site.is_some_and(|site| site != hello.site);
        if hello.version != wire::VERSION || is_other_page {
            self.link.bye(Bye::Reload);
        }
        if self.districts[..] != hello.districts[..] {
            self.districts = hello.districts.clone().into();
        }
        if self
            .hello
            .as_ref()
            .is_some_and(|before| before.scope != hello.scope)
        {
            self.field.clear();
        }
        self.hello = Some(hello.clone());
        self.field.renewed(&self.clock);
        // Whatever was asked for before was asked of another connection.
        for handle in &self.watched {
            self.send(&Up::Watch { handle: *handle });
        }
        self.view = None;
        self.view_due = Some((f64::MIN, f64::MIN));
    }

    /// Looks where the ground's camera is; true if it is elsewhere than in the last frame.
    pub fn look_at_camera(&mut self, ratio: f64, now_ms: f64) -> (bool, bool) {
        let Some(ground) = &self.ground else {
            return (false, false);
        };
        let (mut camera, under_way) = ground.camera(ratio);
        camera.is_gcj02 = self
            .hello
            .as_ref()
            .is_some_and(|hello| hello.ground_is_gcj02);
        let moved = camera != self.camera && camera.size_css.0 > 0.0 && camera.size_css.1 > 0.0;
        if moved {
            self.camera = camera;
            let since = self.view_due.map_or(now_ms, |(since, _)| since);
            self.view_due = Some((since, now_ms));
        }
        (moved, under_way)
    }

    /// Puts the camera where the shot wants it, if it is not there.
    pub fn take_aim(&self) {
        let (Some(shot), Some(ground)) = (&self.shot, &self.ground) else {
            return;
        };
        let home = ground.home();
        let (is, _) = ground.camera(self.camera.ratio);
        let aim = shot.aim(&home, is.size_css, |at| self.shift(at));
        let (x, y) = is.middle_world;
        let off_css = (aim.middle_world.0 - x).hypot(aim.middle_world.1 - y) * is.css_per_unit();
        if off_css > 0.25 || (aim.zoom - is.zoom).abs() > 1e-4 {
            let (lon, lat) = degrees_from_world(aim.middle_world);
            let zoom = aim.zoom;
            ground.ease_to(Place { lon, lat, zoom }, 0.0);
        }
    }

    /// Where the ground draws a place of WGS-84, in degrees.
    pub fn on_ground(&self, lon: f64, lat: f64) -> (f64, f64) {
        let at = world_from_degrees(lon, lat);
        let (dx, dy) = self.shift(at);
        degrees_from_world((at.0 + dx, at.1 + dy))
    }

    /// How much further in the world the ground draws what is at a place.
    fn shift(&self, at: (f64, f64)) -> (f64, f64) {
        self.camera.shift(at)
    }

    /// Asks for the cells of the camera's view, if it is time and they are others than before.
    pub fn ask_for_view(&mut self, now_ms: f64) {
        let (Some(hello), Some((since_ms, moved_ms))) = (&self.hello, self.view_due) else {
            return;
        };
        // The first one at once.
        let rests = now_ms - moved_ms < VIEW_REST_MS && now_ms - since_ms < VIEW_EVERY_MS;
        if rests && self.view.is_some() {
            return;
        }
        self.view_due = None;
        let rect = self.camera.rect_world(crate::camera::MARGIN_CSS_PX);
        let in_use = self.view.map(|view| view.level);
        let level = level::choose(self.camera.zoom, in_use, hello.finest_level, &rect);
        let view = View {
            seq: self.view_seq + 1,
            level,
            x0: rect.x0,
            y0: rect.y0,
            x1: rect.x1,
            y1: rect.y1,
        };
        let scope = hello.scope;
        let cells = |view: &View| {
            view.cells(scope)
                .map(Iterator::collect::<Vec<_>>)
                .unwrap_or_default()
        };
        if self
            .view
            .is_some_and(|before| cells(&before) == cells(&view))
        {
            return;
        }
        self.view_seq += 1;
        self.view = Some(view);
        self.send(&Up::View(view));
        self.field.want(&view, scope, &self.clock);
    }

    /// Draws a frame; true if the next one will differ.
    pub fn draw(&mut self, now_ms: f64) -> bool {
        let clock_before = self.clock;
        self.tell_time(now_ms);
        self.limit_glides(f64::from(
            self.clock.now_ms.wrapping_sub(clock_before.now_ms),
        ));
        let width_px = (sprite::width_css(self.camera.zoom) * self.camera.ratio)
            .round()
            .max(1.0) as u32;
        let restyled = self.styles.set(self.colour_by, self.filter, width_px);
        if self.field.take_changed() || restyled {
            self.last_change_ms = now_ms;
        }
        self.selected_css = self.place_of_selected();
        let ratio = self.camera.ratio;
        let selected_px = self
            .selected_css
            .map(|(x, y)| ((x * ratio) as f32, (y * ratio) as f32));
        let light = self.light_now(now_ms);
        let mut scene = Scene {
            field: &mut self.field,
            camera: &self.camera,
            clock: &self.clock,
            styles: &self.styles,
            light,
            selected_px,
        };
        self.backend.draw(&mut scene);
        if let Some(ground) = &mut self.ground
            && self
                .field
                .shown()
                .any(|(_, cell)| !cell.records().is_empty())
        {
            ground.build();
        }
        self.move_follower();
        self.move_pinned();
        self.frames += 1;
        self.gap_ms = if self.goes_on {
            now_ms - self.last_draw_ms
        } else {
            f64::MAX
        };
        self.lit = light != Light::default();
        self.last_draw_ms = now_ms;
        let mut longest_ms = self.cap_ms.max(f64::from(SHORTEST_GLIDE_MS)) + 50.0;
        if light.afterglow {
            longest_ms += f64::from(AFTERGLOW) * FADE_STEP_MS;
        }
        self.goes_on = self.view_due.is_some() || now_ms - self.last_change_ms < longest_ms;
        self.goes_on
    }

    /// A frame took this long to draw.
    pub fn drew(&mut self, took_ms: f64) {
        self.drawing_ms += took_ms;
        self.budget
            .drew(self.last_draw_ms, self.gap_ms, took_ms, self.lit);
    }

    /// Whether this frame of the browser is left out because drawing takes too long. Not while the camera moves.
    pub fn skips_frame(&mut self) -> bool {
        self.view_due.is_none() && self.budget.skips()
    }

    pub fn set_light(&mut self, light: Light) {
        self.light = light;
    }

    /// The light asked for, as far as there is time for it.
    fn light_now(&mut self, now_ms: f64) -> Light {
        if !self.budget.allows_light(now_ms) {
            return Light::default();
        }
        let density = self.light.density && self.camera.zoom < DENSITY_ZOOM;
        Light {
            // A second kind of light over the first would only hide it.
            afterglow: self.light.afterglow && !density && !self.motion_unwanted,
            density,
        }
    }

    /// Whether the last frame is so old that one is due although the ground has not drawn any.
    pub fn is_overdue(&self, now_ms: f64) -> bool {
        now_ms - self.last_draw_ms > 120.0
    }

    /// The dots at a place of the screen.
    pub fn pick(&mut self, at_css: (f64, f64), touch: bool) {
        let reach = if touch {
            TOUCH_REACH_CSS
        } else {
            MOUSE_REACH_CSS
        };
        self.pick_within(at_css, reach);
    }

    /// The dots around the middle of the screen, for those who have no pointer.
    pub fn pick_in_the_middle(&mut self) {
        let (width, height) = self.camera.size_css;
        self.pick_within((width / 2.0, height / 2.0), KEYBOARD_REACH_CSS);
    }

    /// Whether a click at this place would hit a dot.
    pub fn is_over_dot(&self, at_css: (f64, f64)) -> bool {
        !pick::pick(
            &self.field,
            &self.camera,
            &self.clock,
            &self.styles,
            at_css,
            MOUSE_REACH_CSS,
        )
        .dots
        .is_empty()
    }

    fn pick_within(&mut self, at_css: (f64, f64), reach_css: f64) {
        // The clock is that of the frame on the screen: what was seen there is what is picked.
        let reach_css = reach_css.max(sprite::width_css(self.camera.zoom) / 2.0 + 2.0);
        let picks = pick::pick(
            &self.field,
            &self.camera,
            &self.clock,
            &self.styles,
            at_css,
            reach_css,
        );
        self.told.push(Told::Picked(Picked {
            at_css,
            metres_per_css: self.camera.metres_per_css(),
            dots: picks.dots,
            more: picks.more,
        }));
    }

    /// What was asked before this connection is never answered: its server may know nothing of the cells of the last one.
    pub fn give_up_asking(&mut self) {
        let ask = self.unanswered.take();
        self.told.extend(ask.map(|ask| {
            let result = Err(Refused::TooOld);
            Told::Answer(HandleAnswer { ask, result })
        }));
    }

    /// Asks the server for the handle of a dot; the answer carries the number returned.
    pub fn ask(&mut self, pick: &pick::Pick) -> u32 {
        self.next_ask = self.next_ask.wrapping_add(1);
        let DotRef { key, slot } = pick.dot;
        let (ask, generation, tick) = (self.next_ask, pick.generation, pick.tick);
        self.unanswered = Some(ask);
        self.send(&Up::Click(Click {
            ask,
            key,
            generation,
            slot,
            tick,
        }));
        ask
    }

    pub fn select(&mut self, dot: Option<DotRef>) {
        self.field.select(dot, &self.clock);
        self.selected_css = self.place_of_selected();
    }

    /// Where the selected dot was drawn last, in CSS pixels of the ground; none while it is out of sight.
    pub fn selected_css(&self) -> Option<(f64, f64)> {
        self.selected_css
    }

    pub fn set_looks(&mut self, colour_by: ColourBy, filter: Filter) {
        (self.colour_by, self.filter) = (colour_by, filter);
    }

    pub fn looks(&self) -> (ColourBy, Filter) {
        (self.colour_by, self.filter)
    }

    /// The page is seen again, or no longer.
    pub fn set_hidden(&mut self, hidden: bool, now: Now) {
        if self.hidden && !hidden {
            self.link.woke(now);
            // What comes now tells of a while ago: dots go there at once instead of through the town.
            self.clock.catching_up = true;
            if let Some(tick) = self.status.as_ref().map(|status| status.tick) {
                self.send(&Up::Ack { tick });
            }
        }
        self.hidden = hidden;
    }

    /// The report for the last second.
    pub fn report(&mut self, now: Now, now_ms: f64, memory_bytes: u32) -> EngineReport {
        let seconds = ((now_ms - self.last_report_ms) / 1_000.0).max(0.001);
        let census = if self.hidden {
            Census::default()
        } else {
            pick::census(
                &self.field,
                &self.camera,
                &self.clock,
                &self.styles,
                &mut self.by_look,
            )
        };
        let report = EngineReport {
            status: self.status.clone(),
            districts: self.districts.clone(),
            connection: self.connection(now),
            drawn: census.drawn,
            census,
            fps: (f64::from(self.frames) / seconds) as f32,
            frame_ms: (self.drawing_ms / f64::from(self.frames.max(1))) as f32,
            renderer: self.backend.name(),
            fell_back: self.fell_back,
            gpu_losses: self.losses_before + self.backend.losses(),
            ground_is_plain: self.ground.as_ref().is_some_and(Ground::is_plain),
            light_shed: self.light != Light::default() && !self.budget.allows_light(now_ms),
            scope: self.hello.as_ref().map_or(0, |hello| hello.scope),
            level: self.field.level(),
            cells_missing: self.field.missing() as u32,
            camera: self.place(),
            area: self.count_area(),
            listed: (0..self.field.listed_len())
                .map(|number| self.listed(number).map(|pick| pick.look))
                .collect(),
            memory_bytes,
        };
        (self.frames, self.drawing_ms, self.last_report_ms) = (0, 0.0, now_ms);
        report
    }

    /// Tells the server how this wall is doing.
    pub fn send_report(&self, report: &EngineReport) {
        self.send(&Up::Report(ScreenReport {
            fps: report.fps as u16,
            memory_mib: (report.memory_bytes >> 20) as u16,
            drawn: report.drawn,
            gpu_losses: report.gpu_losses as u16,
            webgl2: report.renderer == "webgl2",
            site: self.site.unwrap_or(0),
        }));
    }

    /// Where the camera stands; none before the ground has said so.
    pub fn place(&self) -> Option<Place> {
        let still = self.ground.is_some() && self.camera.size_css.0 > 1.0;
        let (lon, lat) = degrees_from_world(self.camera.middle_world);
        still.then_some(Place {
            lon,
            lat,
            zoom: self.camera.zoom,
        })
    }

    pub fn size_css(&self) -> (f64, f64) {
        self.camera.size_css
    }

    pub fn place_of(&self, at_css: (f64, f64)) -> (f64, f64) {
        degrees_from_world(self.camera.world_from_css(at_css))
    }

    pub fn css_of(&self, lon: f64, lat: f64) -> (f64, f64) {
        self.camera.css_from_world(world_from_degrees(lon, lat))
    }

    pub fn pin(&mut self, drawing: Option<Element>) {
        self.pinned = drawing.map(|drawing| (drawing, self.camera));
        self.move_pinned();
    }

    pub fn set_area(&mut self, corners_css: &[(f64, f64)]) {
        self.area = Area::drawn(&self.camera, corners_css);
    }

    fn count_area(&mut self) -> Option<Census> {
        let area = self.area.as_ref()?;
        let by_look = &mut self.by_look;
        Some(area::count(
            &self.field,
            &self.clock,
            &self.styles,
            area,
            by_look,
        ))
    }

    /// The dots of the area, or of the whole screen; from now on they are named by their place in this list.
    pub fn list(&mut self, most: usize) -> (Vec<pick::Pick>, usize) {
        let whole = Area::whole(&self.camera);
        let area = self.area.as_ref().unwrap_or(&whole);
        let listed = area::list(
            &self.field,
            &self.camera,
            &self.clock,
            &self.styles,
            area,
            most,
        );
        self.field.name_listed(listed.0.iter().map(|pick| pick.dot));
        listed
    }

    /// A dot of the last list as it is now.
    pub fn listed(&self, number: usize) -> Option<pick::Pick> {
        let at = self.field.listed(number)?;
        area::pick_of(&self.field, &self.camera, &self.clock, at)
    }

    /// Brings the marked dot back to the middle if the camera follows it and it has come near the edge.
    pub fn keep_up(&self) {
        let (true, Some((x, y)), Some(ground)) = (self.following, self.selected_css, &self.ground)
        else {
            return;
        };
        let (width, height) = self.camera.size_css;
        let off = |at: f64, size: f64| (at / size - 0.5).abs() > FOLLOW_WITHIN / 2.0;
        if off(x, width) || off(y, height) {
            let (lon, lat) = self.place_of((x, y));
            let (lon, lat) = self.on_ground(lon, lat);
            let zoom = self.camera.zoom;
            ground.ease_to(Place { lon, lat, zoom }, FOLLOW_MS);
        }
    }

    pub fn connection(&self, now: Now) -> Connection {
        self.link.connection(now)
    }

    pub fn watch(&mut self, handle: Handle) {
        self.watched.push(handle);
        self.send(&Up::Watch { handle });
    }

    pub fn unwatch(&mut self, handle: Handle) {
        self.watched.retain(|watched| *watched != handle);
        self.send(&Up::Unwatch { handle });
    }

    pub fn send(&self, up: &Up) {
        if let Some(socket) = &self.socket {
            socket.send(up);
        }
    }

    fn tell_time(&mut self, now_ms: f64) {
        // Through u64: `as u32` would stop at the end instead of coming round.
        self.clock.now_ms = now_ms.max(0.0) as u64 as u32;
    }

    /// Glides get shorter as the streets come near, over a second, so that no dot jumps; on the way back those under way
    /// keep the shorter time, so that none goes backwards.
    fn limit_glides(&mut self, passed_ms: f64) {
        let longest = f64::from(LONGEST_GLIDE_MS);
        let shortest = f64::from(SHORTEST_GLIDE_MS);
        let aim = match (self.motion_unwanted, self.camera.zoom >= STREET_ZOOM) {
            (true, _) => 1.0,
            (false, true) => shortest,
            (false, false) => longest,
        };
        if aim > self.cap_ms {
            self.field.keep_glides_within(self.cap_ms as u16);
            self.cap_ms = aim;
        } else {
            self.cap_ms = (self.cap_ms * (shortest / longest).powf(passed_ms / 1_000.0)).max(aim);
        }
        self.clock.cap_ms = self.cap_ms as u16;
    }

    fn place_of_selected(&self) -> Option<(f64, f64)> {
        let (at, dot) = self.field.selected()?;
        let to_px = self.camera.screen_from_cell(&at.key);
        let (x, y) = dot.at(&self.clock);
        let css = |origin: f32, step: f32| {
            f64::from(origin + step * to_px.px_per_step) / self.camera.ratio
        };
        Some((css(to_px.origin_px.0, x), css(to_px.origin_px.1, y)))
    }

    fn move_pinned(&self) {
        let Some((drawing, made_for)) = &self.pinned else {
            return;
        };
        let (x, y) = self
            .camera
            .css_from_world(made_for.world_from_css((0.0, 0.0)));
        let scale = (self.camera.zoom - made_for.zoom).exp2();
        let transform = format!("translate({x:.2} {y:.2}) scale({scale:.6})");
        let _ = drawing.set_attribute("transform", &transform);
    }

    /// Besides the place, `--left` says on which side of the dot there is room (1: to the left), and `--down` how far down
    /// the picture the dot is, 0 to 1: an element that is pushed up by that part of its own height stays in the picture.
    fn move_follower(&mut self) {
        let (Some(follower), Some((x, y))) = (&self.follower, self.selected_css) else {
            return;
        };
        let (width, height) = self.camera.size_css;
        let turns_at = if self.follower_left { 0.4 } else { 0.6 };
        self.follower_left = x > width * turns_at;
        let style = follower.style();
        let side = if self.follower_left { "1" } else { "0" };
        // An element that takes no style is not worth a fault in the frame loop.
        let _ = style.set_property("transform", &format!("translate({x:.1}px, {y:.1}px)"));
        let _ = style.set_property("--left", side);
        let _ = style.set_property("--down", &format!("{:.3}", (y / height).clamp(0.0, 1.0)));
    }
}
