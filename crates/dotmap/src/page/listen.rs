//! Whatever the engine starts in the page ends when its owner is dropped: listeners, timers, frame requests.

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, EventTarget, Window};

/// An event listener.
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    heard: Closure<dyn FnMut(Event)>,
}

impl Listener {
    pub fn new(
        target: &EventTarget,
        kind: &'static str,
        heard: impl FnMut(Event) + 'static,
    ) -> Result<Self, JsValue> {
        let heard = Closure::<dyn FnMut(Event)>::new(heard);
        target.add_event_listener_with_callback(kind, heard.as_ref().unchecked_ref())?;
        Ok(Self {
            target: target.clone(),
            kind,
            heard,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It only fails for a callback that is no function.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, self.heard.as_ref().unchecked_ref());
    }
}

/// A function called again and again.
pub struct Interval {
    window: Window,
    id: i32,
    _called: Closure<dyn FnMut()>,
}

impl Interval {
    pub fn new(
        window: &Window,
        every_ms: i32,
        called: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        let called = Closure::<dyn FnMut()>::new(called);
        let id = window.set_interval_with_callback_and_timeout_and_arguments_0(
            called.as_ref().unchecked_ref(),
            every_ms,
        )?;
        Ok(Self {
            window: window.clone(),
            id,
            _called: called,
        })
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        self.window.clear_interval_with_handle(self.id);
    }
}

/// A function called once, later.
pub struct Timeout {
    window: Window,
    id: i32,
    _called: Closure<dyn FnMut()>,
}

impl Timeout {
    pub fn new(
        window: &Window,
        after_ms: i32,
        called: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        let called = Closure::<dyn FnMut()>::new(called);
        let id = window.set_timeout_with_callback_and_timeout_and_arguments_0(
            called.as_ref().unchecked_ref(),
            after_ms,
        )?;
        Ok(Self {
            window: window.clone(),
            id,
            _called: called,
        })
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        self.window.clear_timeout_with_handle(self.id);
    }
}

/// One function called in the next frame, as often as it is asked for, once a frame.
pub struct Frames {
    window: Window,
    pending: std::rc::Rc<std::cell::Cell<Option<i32>>>,
    called: Closure<dyn FnMut(f64)>,
}

impl Frames {
    pub fn new(window: &Window, mut called: impl FnMut() + 'static) -> Self {
        let pending = std::rc::Rc::new(std::cell::Cell::new(None));
        let here = pending.clone();
        let called = Closure::<dyn FnMut(f64)>::new(move |_| {
            here.set(None);
            called();
        });
        Self {
            window: window.clone(),
            pending,
            called,
        }
    }

    /// Asks for the next frame; asking twice is asking once.
    pub fn request(&self) {
        if self.pending.get().is_none() {
            // A window that gives no frames is being closed.
            self.pending.set(
                self.window
                    .request_animation_frame(self.called.as_ref().unchecked_ref())
                    .ok(),
            );
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        if let Some(id) = self.pending.take() {
            let _ = self.window.cancel_animation_frame(id);
        }
    }
}
