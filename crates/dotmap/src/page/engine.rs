//! The engine as the page sees it: started with a canvas and a ground, asked and told a few things, and gone without a
//! trace when dropped. Here everything that happens in the browser is led to [`State`], and what that wants to say is led
//! to the page, after the state has been let go.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::backend::{self, Backend};
use super::cpu::Cpu;
use super::ground::{Ground, GroundEvent};
use super::listen::{Frames, Interval, Listener, Timeout};
use super::socket::{Socket, SocketEvent};
use super::state::State;
use super::webgl::WebGl;
use crate::camera::zoom_to_fit;
use crate::link::Now;
use crate::pick::Pick;
use crate::raster::light::Light;
use crate::report::{EngineReport, Picked, Place, Told};
use crate::shot::Shot;
use crate::style::{ColourBy, Filter};
use js_sys::{Date, Math, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, Element, HtmlCanvasElement, HtmlElement, KeyboardEvent, Performance, VisibilityState,
    Window,
};
use wire::{Handle, Refused};

/// Reports come this often.
const REPORT_EVERY_MS: i32 = 1_000;
/// A wall tells the server how it is doing this often, and soon after its start.
const TELL_EVERY_S: u32 = 10;
const FIRST_TELL_S: u32 = 3;

/// What an engine needs of the page. Callbacks are called when nothing of the engine is borrowed; they may call it.
pub struct Options {
    /// Lies over the ground, as large as it; it lets pointers through.
    pub canvas: HtmlCanvasElement,
    /// An empty element for the map.
    pub ground: HtmlElement,
    /// `/ws`, or a whole address.
    pub socket_url: String,
    /// `cpu` or `webgl2`; otherwise the browser's renderer decides.
    pub renderer: Option<String>,
    /// Longitude, latitude, zoom to begin with; otherwise the style decides.
    pub start: Option<(f64, f64, f64)>,
    /// Nobody is at this screen: the ground cannot be moved by hand.
    pub still: bool,
    /// Of the page's files as the document says; a server that has others makes the page reload.
    pub site: Option<u64>,
    /// At once with every tick: the time of the server's clock, the same at every screen.
    pub on_tick: Box<dyn FnMut(i64)>,
    /// Once a second.
    pub on_report: Box<dyn FnMut(EngineReport)>,
    /// The ground was clicked; there may be no dot there.
    pub on_pick: Box<dyn FnMut(Picked)>,
    /// The answer to [`Engine::ask`], by its number; `TooOld` when the connection was made anew before it came.
    pub on_handle: Box<dyn FnMut(u32, Result<Handle, Refused>)>,
    /// A watched vehicle's card has changed.
    pub on_card: Box<dyn FnMut(Handle, String)>,
    /// The server wants this wall to show its name.
    pub on_greeting: Box<dyn FnMut(String)>,
    /// What has to happen before each connection; its failure is the connection's.
    pub before_connect: Option<fn() -> Promise>,
}

struct Callbacks {
    on_tick: Box<dyn FnMut(i64)>,
    on_report: Box<dyn FnMut(EngineReport)>,
    on_pick: Box<dyn FnMut(Picked)>,
    on_handle: Box<dyn FnMut(u32, Result<Handle, Refused>)>,
    on_card: Box<dyn FnMut(Handle, String)>,
    on_greeting: Box<dyn FnMut(String)>,
}

struct Inner {
    window: Window,
    document: Document,
    performance: Performance,
    socket_url: String,
    before_connect: Option<fn() -> Promise>,
    /// A wall, which says how it is doing; seconds until it does.
    tells_in_s: Cell<Option<u32>>,
    state: RefCell<State>,
    callbacks: RefCell<Callbacks>,
    frames: RefCell<Option<Frames>>,
    retry: RefCell<Option<Timeout>>,
    /// Everything else that has to end with the engine.
    running: RefCell<Vec<Box<dyn std::any::Any>>>,
    over: Cell<bool>,
}

/// The running engine. Dropping it ends it.
pub struct Engine {
    inner: Rc<Inner>,
}

impl Engine {
    /// Opens the ground, chooses a back end, connects.
    pub async fn start(options: Options) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("no window")?;
        let document = window.document().ok_or("no document")?;
        let performance = window.performance().ok_or("no clock")?;
        options
            .canvas
            .style()
            .set_property("pointer-events", "none")?;
        let gpu = backend::has_gpu(&document);
        let backend = choose_backend(gpu, &options)?;
        let now = Now {
            mono_ms: performance.now() as u64,
            unix_ms: Date::now() as i64,
        };
        let inner = Rc::new(Inner {
            socket_url: whole_address(&window, &options.socket_url),
            before_connect: options.before_connect,
            tells_in_s: Cell::new(options.still.then_some(FIRST_TELL_S)),
            state: RefCell::new(State::new(backend, now, options.site)),
            callbacks: RefCell::new(Callbacks {
                on_tick: options.on_tick,
                on_report: options.on_report,
                on_pick: options.on_pick,
                on_handle: options.on_handle,
                on_card: options.on_card,
                on_greeting: options.on_greeting,
            }),
            frames: RefCell::new(None),
            retry: RefCell::new(None),
            running: RefCell::new(Vec::new()),
            over: Cell::new(false),
            window,
            document,
            performance,
        });
        let engine = Self {
            inner: inner.clone(),
        };
        inner.listen(&options.ground)?;
        inner.connect();
        let heard = inner.weakly(Inner::ground_event);
        let ground = Ground::open(
            &options.ground,
            "/vendor/maplibre-gl.mjs",
            "/ground/style.json",
            options.start,
            !gpu,
            options.still,
            heard,
        );
        let ground = ground.await?;
        inner.state.borrow_mut().ground = Some(ground);
        inner.aim();
        inner.wake();
        Ok(engine)
    }

    /// Asks for the handle of a picked dot; the answer comes to `on_handle` with the number returned here.
    pub fn ask(&self, pick: &Pick) -> u32 {
        self.inner.state.borrow_mut().ask(pick)
    }

    /// Asks for the card of a vehicle, now and whenever it changes.
    pub fn watch(&self, handle: Handle) {
        self.inner.state.borrow_mut().watch(handle);
    }

    pub fn unwatch(&self, handle: Handle) {
        self.inner.state.borrow_mut().unwatch(handle);
    }

    /// Marks a dot and follows it; `None` marks none.
    pub fn select(&self, pick: Option<&Pick>) {
        self.inner
            .state
            .borrow_mut()
            .select(pick.map(|pick| pick.dot));
        self.inner.wake();
    }

    /// Where the selected dot was drawn last, in CSS pixels of the ground; `None` while it is out of sight.
    pub fn screen_of_selected(&self) -> Option<(f64, f64)> {
        self.inner.state.borrow().selected_css()
    }

    /// Keeps an element at the selected dot by its `transform`, frame by frame.
    pub fn follow_with(&self, element: Option<HtmlElement>) {
        self.inner.state.borrow_mut().follower = element;
        self.inner.wake();
    }

    /// Lets the camera follow the marked dot: it is brought back to the middle when it nears the edge.
    pub fn follow(&self, follow: bool) {
        self.inner.state.borrow_mut().following = follow;
    }

    /// Where the camera stands.
    pub fn camera(&self) -> Option<Place> {
        self.inner.state.borrow().place()
    }

    /// Degrees under a CSS pixel of the ground.
    pub fn place_of(&self, at_css: (f64, f64)) -> (f64, f64) {
        self.inner.state.borrow().place_of(at_css)
    }

    /// The CSS pixel of a place in degrees.
    pub fn css_of(&self, lon: f64, lat: f64) -> (f64, f64) {
        self.inner.state.borrow().css_of(lon, lat)
    }

    /// From now on a drawing made for this camera keeps to the ground: the engine writes the element's `transform`.
    pub fn pin(&self, drawing: Option<Element>) {
        self.inner.state.borrow_mut().pin(drawing);
        self.inner.wake();
    }

    /// Counts, with each report, the dots inside an outline in CSS pixels; fewer than three corners end that.
    pub fn set_area(&self, corners_css: &[(f64, f64)]) {
        self.inner.state.borrow_mut().set_area(corners_css);
    }

    /// The dots in that area, or in the whole picture without one, and how many there are beyond `most`. Each report says how they look.
    pub fn list(&self, most: usize) -> (Vec<Pick>, usize) {
        self.inner.state.borrow_mut().list(most)
    }

    /// A dot of the last list as it is now.
    pub fn listed(&self, number: usize) -> Option<Pick> {
        self.inner.state.borrow().listed(number)
    }

    /// Moves the camera without a flight.
    pub fn jump_to(&self, to: Place) {
        if let Some(ground) = &self.inner.state.borrow().ground {
            ground.ease_to(to, 0.0);
        }
        // Whoever asks for the camera next is told the new one.
        let (_, now_ms) = self.inner.now();
        self.inner.look_at_camera(now_ms);
        self.inner.wake();
    }

    /// Flies to a box in degrees (west, south, east, north), no nearer than `most_zoom`.
    pub fn fly_to_box(&self, sides: [f64; 4], most_zoom: f64) {
        let zoom = zoom_to_fit(self.inner.state.borrow().size_css(), sides, most_zoom);
        let [west, south, east, north] = sides;
        self.fly_to((west + east) / 2.0, (south + north) / 2.0, Some(zoom));
    }

    /// Keeps the camera at a shot from now on, whatever the size of the screen; `None` lets go of it.
    pub fn show(&self, shot: Option<Shot>) {
        self.inner.state.borrow_mut().shot = shot;
        self.inner.aim();
        self.inner.wake();
    }

    /// The language of the ground's labels, `en` or `zh`, and how much larger than usual they are.
    pub fn labels(&self, lang: &str, scale: f64) {
        if let Some(ground) = &self.inner.state.borrow().ground {
            ground.labels(lang, scale);
        }
    }

    /// Moves the camera to a place in degrees of WGS-84.
    pub fn fly_to(&self, lon: f64, lat: f64, zoom: Option<f64>) {
        let state = self.inner.state.borrow();
        if let Some(ground) = &state.ground {
            let (lon, lat) = state.on_ground(lon, lat);
            ground.fly_to(lon, lat, zoom);
        }
        self.inner.wake();
    }

    pub fn colour_by(&self, colour_by: ColourBy) {
        let mut state = self.inner.state.borrow_mut();
        let (_, filter) = state.looks();
        state.set_looks(colour_by, filter);
        drop(state);
        self.inner.wake();
    }

    /// Afterglow and density; both are left out while frames take too long.
    pub fn light(&self, light: Light) {
        self.inner.state.borrow_mut().set_light(light);
        self.inner.wake();
    }

    pub fn filter(&self, filter: Filter) {
        let mut state = self.inner.state.borrow_mut();
        let (colour_by, _) = state.looks();
        state.set_looks(colour_by, filter);
        drop(state);
        self.inner.wake();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let inner = &self.inner;
        inner.over.set(true);
        inner.frames.replace(None);
        inner.retry.replace(None);
        inner.running.replace(Vec::new());
        // A callback may drop the engine; then the state is free, because callbacks run without it.
        if let Ok(mut state) = inner.state.try_borrow_mut() {
            state.socket = None;
            state.ground = None;
            state.follower = None;
            state.pin(None);
        }
    }
}

impl Inner {
    fn now(&self) -> (Now, f64) {
        let now_ms = self.performance.now();
        (
            Now {
                mono_ms: now_ms as u64,
                unix_ms: Date::now() as i64,
            },
            now_ms,
        )
    }

    /// A callback that reaches this engine as long as there is one.
    fn weakly<E: 'static>(self: &Rc<Self>, heard: fn(&Rc<Self>, E)) -> impl Fn(E) + Clone + use<E> {
        let weak: Weak<Self> = Rc::downgrade(self);
        move |event| {
            if let Some(inner) = weak.upgrade().filter(|inner| !inner.over.get()) {
                heard(&inner, event);
            }
        }
    }

    fn listen(self: &Rc<Self>, ground: &HtmlElement) -> Result<(), JsValue> {
        let frame = self.weakly(|inner, ()| inner.frame());
        *self.frames.borrow_mut() = Some(Frames::new(&self.window, move || frame(())));
        let second = self.weakly(|inner, ()| inner.second());
        let seen = self.weakly(|inner, _: web_sys::Event| inner.seen());
        let key = self.weakly(|inner, event: web_sys::Event| inner.key(&event));
        let mut running: Vec<Box<dyn std::any::Any>> = vec![
            Box::new(Interval::new(&self.window, REPORT_EVERY_MS, move || {
                second(());
            })?),
            Box::new(Listener::new(&self.document, "visibilitychange", seen)?),
            Box::new(Listener::new(ground, "keydown", key)?),
        ];
        if let Some(query) = self
            .window
            .match_media("(prefers-reduced-motion: reduce)")?
        {
            self.state.borrow_mut().motion_unwanted = query.matches();
            let asked = query.clone();
            let changed = self.weakly(move_motion);
            running.push(Box::new(Listener::new(&query, "change", move |_| {
                changed(asked.matches());
            })?));
        }
        self.running.borrow_mut().extend(running);
        self.seen();
        Ok(())
    }

    fn connect(self: &Rc<Self>) {
        let Some(before) = self.before_connect else {
            return self.open_socket();
        };
        let weak = Rc::downgrade(self);
        let before = JsFuture::from(before());
        spawn_local(async move {
            let _ = before.await;
            if let Some(inner) = weak.upgrade().filter(|inner| !inner.over.get()) {
                inner.open_socket();
            }
        });
    }

    fn open_socket(self: &Rc<Self>) {
        let socket = Socket::open(&self.socket_url, self.weakly(Inner::socket_event));
        let failed = socket.is_err();
        let (now, _) = self.now();
        let mut state = self.state.borrow_mut();
        state.socket = socket.ok();
        state.link.opening(now);
        drop(state);
        if failed {
            self.reconnect();
        }
    }

    fn reconnect(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.socket = None;
        let after_ms = state.link.closed(Math::random());
        drop(state);
        let again = self.weakly(|inner, ()| inner.connect());
        let retry = after_ms.and_then(|after_ms| {
            Timeout::new(&self.window, after_ms as i32, move || again(())).ok()
        });
        self.retry.replace(retry);
    }

    fn socket_event(self: &Rc<Self>, event: SocketEvent) {
        let (now, now_ms) = self.now();
        match event {
            SocketEvent::Opened => {
                let mut state = self.state.borrow_mut();
                state.link.opened(now);
                state.give_up_asking();
                drop(state);
                self.tell();
            }
            SocketEvent::Message(bytes) => {
                let outcome = self.state.borrow_mut().message(&bytes, now, now_ms);
                if let Err(error) = outcome {
                    web_sys::console::warn_1(
                        &format!("a message of the server cannot be read: {error}").into(),
                    );
                    self.reconnect();
                }
                self.tell();
                self.wake();
            }
            SocketEvent::Closed => self.reconnect(),
        }
    }

    fn ground_event(self: &Rc<Self>, event: GroundEvent) {
        match event {
            GroundEvent::Moved => self.wake(),
            GroundEvent::Rendered => {
                let (_, now_ms) = self.now();
                let moved = self.look_at_camera(now_ms).0;
                if moved {
                    self.draw();
                }
            }
            GroundEvent::Clicked { at_css, touch } => {
                self.state.borrow_mut().pick(at_css, touch);
                self.tell();
            }
            GroundEvent::Pointed { at_css } => {
                let state = self.state.borrow();
                if let Some(ground) = &state.ground {
                    ground.pointer(state.is_over_dot(at_css));
                }
            }
            GroundEvent::Failed => {}
        }
    }

    fn key(self: &Rc<Self>, event: &web_sys::Event) {
        let event: &KeyboardEvent = event.unchecked_ref();
        if event.key() == "Enter" {
            self.state.borrow_mut().pick_in_the_middle();
            self.tell();
        }
    }

    fn seen(self: &Rc<Self>) {
        let hidden = self.document.visibility_state() == VisibilityState::Hidden;
        let (now, _) = self.now();
        self.state.borrow_mut().set_hidden(hidden, now);
        self.wake();
    }

    fn second(self: &Rc<Self>) {
        let (now, now_ms) = self.now();
        let is_dead = {
            let mut state = self.state.borrow_mut();
            state.link.look(now);
            // A hidden page acknowledges nothing and is sent nothing.
            !(state.hidden && state.link.is_open()) && state.link.is_dead(now)
        };
        if is_dead {
            self.reconnect();
        }
        self.mend_backend();
        // The screen may have got another size, the style may only now have come.
        self.aim();
        // A window that moved to another screen has other pixels, and nobody says so.
        if self.look_at_camera(now_ms).0 {
            self.wake();
        }
        self.state.borrow().keep_up();
        let report = self.state.borrow_mut().report(now, now_ms, memory_bytes());
        if let Some(in_s) = self.tells_in_s.get() {
            if in_s == 0 {
                self.state.borrow().send_report(&report);
            }
            self.tells_in_s
                .set(Some(in_s.checked_sub(1).unwrap_or(TELL_EVERY_S - 1)));
        }
        (self.callbacks.borrow_mut().on_report)(report);
    }

    /// Draws again after a lost context, or with the CPU when there is no hope of one.
    fn mend_backend(&self) {
        let mut state = self.state.borrow_mut();
        if state.backend.is_hopeless() {
            match fresh_cpu(state.backend.canvas()) {
                Ok(cpu) => {
                    state.losses_before += state.backend.losses();
                    state.backend = Box::new(cpu);
                    state.fell_back = true;
                }
                Err(error) => {
                    web_sys::console::error_2(&"Nothing can draw the dots:".into(), &error);
                }
            }
            self.wake();
        } else if state.backend.wants_frame() {
            self.wake();
        }
    }

    /// One frame of the browser. While the ground's camera is under way the ground's own frames are drawn instead, so
    /// that dots and ground never part.
    fn frame(self: &Rc<Self>) {
        let (_, now_ms) = self.now();
        let under_way = self.look_at_camera(now_ms).1;
        if under_way && !self.state.borrow().is_overdue(now_ms) {
            self.state.borrow_mut().ask_for_view(now_ms);
            self.wake();
        } else if self.state.borrow_mut().skips_frame() {
            self.wake();
        } else {
            self.draw();
        }
    }

    fn look_at_camera(&self, now_ms: f64) -> (bool, bool) {
        let ratio = self.window.device_pixel_ratio();
        self.state.borrow_mut().look_at_camera(ratio, now_ms)
    }

    fn draw(self: &Rc<Self>) {
        let (_, now_ms) = self.now();
        let mut state = self.state.borrow_mut();
        state.ask_for_view(now_ms);
        let goes_on = state.draw(now_ms);
        state.drew(self.performance.now() - now_ms);
        drop(state);
        if goes_on {
            self.wake();
        }
    }

    /// Puts the camera where the shot wants it. The ground then says that it moved, when nothing is borrowed for changing.
    fn aim(&self) {
        if let Ok(state) = self.state.try_borrow() {
            state.take_aim();
        }
    }

    /// Asks for a frame.
    fn wake(&self) {
        if let Some(frames) = &*self.frames.borrow() {
            frames.request();
        }
    }

    /// Delivers what the state has to say.
    fn tell(&self) {
        let told = std::mem::take(&mut self.state.borrow_mut().told);
        for told in told {
            let mut callbacks = self.callbacks.borrow_mut();
            match told {
                Told::Tick { unix_ms } => (callbacks.on_tick)(unix_ms),
                Told::Picked(picked) => (callbacks.on_pick)(picked),
                Told::Answer(answer) => (callbacks.on_handle)(answer.ask, answer.result),
                Told::Card { handle, json } => (callbacks.on_card)(handle, json),
                Told::Greeted { name } => (callbacks.on_greeting)(name),
            }
        }
    }
}

fn move_motion(inner: &Rc<Inner>, unwanted: bool) {
    inner.state.borrow_mut().motion_unwanted = unwanted;
    inner.wake();
}

fn choose_backend(gpu: bool, options: &Options) -> Result<Box<dyn Backend>, JsValue> {
    let webgl2 = match options.renderer.as_deref() {
        Some("cpu") => false,
        Some("webgl2") => true,
        _ => gpu,
    };
    if webgl2 {
        match WebGl::new(options.canvas.clone()) {
            Ok(webgl) => return Ok(Box::new(webgl)),
            Err(error) => {
                web_sys::console::warn_2(&"WebGL2 cannot be used; the CPU draws:".into(), &error);
            }
        }
    }
    Ok(Box::new(fresh_cpu(&options.canvas)?))
}

/// The CPU's back end on this canvas, or, where another kind of context holds it, on one just like it in its place.
fn fresh_cpu(canvas: &HtmlCanvasElement) -> Result<Cpu, JsValue> {
    if let Ok(cpu) = Cpu::new(canvas.clone()) {
        return Ok(cpu);
    }
    let twin: HtmlCanvasElement = canvas.clone_node()?.dyn_into()?;
    twin.style().set_property("pointer-events", "none")?;
    canvas.replace_with_with_node_1(&twin)?;
    Cpu::new(twin)
}

/// A WebSocket address needs scheme and host.
fn whole_address(window: &Window, url: &str) -> String {
    let location = window.location();
    match (url.starts_with('/'), location.protocol(), location.host()) {
        (true, Ok(protocol), Ok(host)) => {
            let scheme = if protocol == "https:" { "wss" } else { "ws" };
            format!("{scheme}://{host}{url}")
        }
        _ => url.to_owned(),
    }
}

fn memory_bytes() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory
        .buffer()
        .unchecked_into::<js_sys::ArrayBuffer>()
        .byte_length()
}
