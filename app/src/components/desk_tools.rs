//! The tools of the desk: a row of buttons, a panel below it that shows one of them, and a key for each.

use leptos::html::Section;
use leptos::prelude::*;

use super::alarm_list::AlarmList;
use super::area::AreaPanel;
use super::dot_list::DotList;
use super::go_to::GoTo;
use super::live_map::{ColourBy, MapState};
use super::measure::MeasurePanel;
use super::to_wall::ToWall;
use crate::api::Me;
use crate::text::{self, Lang, LangSwitch, Text, alarms, desk, walls};

/// What the panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    Alarms,
    GoTo,
    List,
    Area(Shape),
    Measure,
    ToWall,
    Help,
}

/// What the pointer draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Box,
    Lasso,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Do {
    Open(Panel),
    NextAlarm,
    Follow,
    Search,
    Colour,
    Lang,
}

/// Every key of the desk; the help sheet is this table.
const KEYS: [(&str, Do, Text); 13] = [
    ("a", Do::Open(Panel::Alarms), alarms::ALARMS),
    ("n", Do::NextAlarm, alarms::NEXT),
    ("/", Do::Search, desk::KEY_SEARCH),
    ("g", Do::Open(Panel::GoTo), desk::GO_TO),
    ("l", Do::Open(Panel::List), desk::LIST_TITLE),
    ("b", Do::Open(Panel::Area(Shape::Box)), desk::BOX),
    ("o", Do::Open(Panel::Area(Shape::Lasso)), desk::LASSO),
    ("m", Do::Open(Panel::Measure), desk::MEASURE),
    ("f", Do::Follow, desk::FOLLOW),
    ("w", Do::Open(Panel::ToWall), walls::WALLS),
    ("c", Do::Colour, desk::KEY_COLOUR),
    ("z", Do::Lang, desk::KEY_LANG),
    ("?", Do::Open(Panel::Help), desk::HELP),
];

/// Keys that the map itself, the window of a vehicle, or the browser answers.
const OTHER_KEYS: [(&str, Text); 5] = [
    ("← ↑ → ↓", desk::KEY_MOVE),
    ("+ −", desk::KEY_ZOOM),
    ("Enter", desk::KEY_ENTER),
    ("Esc", desk::KEY_ESCAPE),
    ("Alt ←", desk::KEY_BACK),
];

#[component]
pub fn DeskTools(state: MapState, me: Signal<Option<Me>>) -> impl IntoView {
    let panel = state.panel;
    let switch = expect_context::<LangSwitch>();
    let keys_on = RwSignal::new(true);
    let may = move |may: fn(&Me) -> bool| move || me.with(|me| me.as_ref().is_some_and(may));
    let has_card = move || state.watched.with(Option::is_some) && state.chosen.get().is_some();
    let may_follow = move || has_card() && may(|me| me.may_follow)();
    // Whose card is closed is no longer followed.
    Effect::new(move || {
        if !has_card() {
            state.following.set(false);
        }
    });
    Effect::new(move || state.hand.follow(state.following.get()));
    let (may_see_alarms, may_send) = (may(|me| me.may_see_alarms), may(|me| me.may_send_to_wall));
    let act = move |what: Do| match what {
        Do::Open(Panel::Alarms) if !untrack(may_see_alarms) => {}
        Do::Open(Panel::ToWall) if !untrack(may_send) => {}
        Do::Open(wanted) => toggle(panel, wanted),
        Do::NextAlarm => state.next_alarm.update(|asked| *asked += 1),
        Do::Follow if untrack(may_follow) => state.following.update(|follow| *follow ^= true),
        Do::Follow => {}
        Do::Search => open_search(),
        Do::Colour => {
            state.hidden.set(0);
            state.colour_by.update(|by| *by = after(*by));
        }
        Do::Lang => switch.other(),
    };
    let keys = window_event_listener(leptos::ev::keydown, move |event| {
        let key = event.key();
        if key == "Escape" && panel.with_untracked(Option::is_some) && !state.shows_something() {
            panel.set(None);
        }
        if !keys_on.get_untracked()
            || event.ctrl_key()
            || event.alt_key()
            || event.meta_key()
            || is_typing(&event)
        {
            return;
        }
        if let Some((_, what, _)) = KEYS.iter().find(|(of, ..)| *of == key) {
            event.prevent_default();
            act(*what);
        }
    });
    on_cleanup(move || keys.remove());
    let tool = move |what: Panel, words: Text, id: &'static str| {
        let key = KEYS
            .iter()
            .find(|(_, of, _)| *of == Do::Open(what))
            .map(|(key, ..)| *key);
        view! {
            <button
                data-testid=id
                aria-keyshortcuts=key
                aria-expanded=move || (panel.get() == Some(what)).to_string()
                on:click=move |_| toggle(panel, what)
            >
                {words.shown()}
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    view! {
        <div class="desk-tools">
        <div class="tools" role="toolbar" aria-label=desk::TOOLS.shown() data-testid="tools">
            <Show when=may_see_alarms>{tool(Panel::Alarms, alarms::ALARMS, "tool-alarms")}</Show>
            {tool(Panel::GoTo, desk::GO_TO, "tool-go-to")}
            {tool(Panel::List, desk::LIST, "tool-list")}
            {tool(Panel::Area(Shape::Box), desk::BOX, "tool-box")}
            {tool(Panel::Area(Shape::Lasso), desk::LASSO, "tool-lasso")}
            {tool(Panel::Measure, desk::MEASURE, "tool-measure")}
            <Show when=may_follow>
                <button
                    data-testid="tool-follow"
                    aria-keyshortcuts="f"
                    aria-pressed=move || state.following.get().to_string()
                    on:click=move |_| act(Do::Follow)
                >
                    {desk::FOLLOW.shown()}
                    <kbd aria-hidden="true">"f"</kbd>
                </button>
            </Show>
            <Show when=may_send>{tool(Panel::ToWall, walls::TO_WALL, "tool-to-wall")}</Show>
            {tool(Panel::Help, desk::HELP, "tool-help")}
        </div>
        {move || match panel.get() {
            None => ().into_any(),
            Some(Panel::Alarms) => view! { <Frame panel title=alarms::TITLE id="alarms"><AlarmList state me /></Frame> }.into_any(),
            Some(Panel::GoTo) => view! { <Frame panel title=desk::GO_TO id="go-to"><GoTo state /></Frame> }.into_any(),
            Some(Panel::List) => view! { <Frame panel title=desk::LIST_TITLE id="list"><DotList state /></Frame> }.into_any(),
            Some(Panel::Area(shape)) => {
                view! { <Frame panel title=desk::AREA id="area"><AreaPanel state me shape /></Frame> }.into_any()
            }
            Some(Panel::Measure) => view! { <Frame panel title=desk::MEASURE id="measure"><MeasurePanel state /></Frame> }.into_any(),
            Some(Panel::ToWall) => view! { <Frame panel title=walls::WALLS id="to-wall"><ToWall state /></Frame> }.into_any(),
            Some(Panel::Help) => view! { <Frame panel title=desk::HELP id="help"><HelpSheet keys_on /></Frame> }.into_any(),
        }}
        </div>
    }
    .into_any()
}

/// A panel takes the focus when it opens, so that whoever works by keyboard is in it.
#[component]
fn Frame(
    panel: RwSignal<Option<Panel>>,
    title: Text,
    id: &'static str,
    children: Children,
) -> impl IntoView {
    let node = NodeRef::<Section>::new();
    node.on_load(|section| {
        let _ = section.focus();
    });
    view! {
        <section class="panel" node_ref=node tabindex="-1" aria-label=title.shown() data-testid=format!("panel-{id}")>
            <header>
                <h2>{title.shown()}</h2>
                <button class="close" aria-label=text::CLOSE.shown() on:click=move |_| panel.set(None)>"×"</button>
            </header>
            {children()}
        </section>
    }
    .into_any()
}

#[component]
fn HelpSheet(keys_on: RwSignal<bool>) -> impl IntoView {
    let rows = KEYS
        .iter()
        .map(|(key, _, words)| (*key, *words))
        .chain(OTHER_KEYS)
        .map(|(key, words)| view! { <div><dt><kbd>{key}</kbd></dt><dd>{words.shown()}</dd></div> })
        .collect_view();
    view! {
        <dl class="keys">{rows}</dl>
        <label class="check">
            <input
                type="checkbox"
                prop:checked=keys_on
                on:change:target=move |event| keys_on.set(event.target().checked())
            />
            {desk::KEYS_ON.shown()}
        </label>
        <p class="hint">{desk::HELP_HINT.shown()}</p>
    }
    .into_any()
}

fn toggle(panel: RwSignal<Option<Panel>>, wanted: Panel) {
    panel.update(|panel| *panel = Some(wanted).filter(|_| *panel != Some(wanted)));
}

fn after(by: ColourBy) -> ColourBy {
    match by {
        ColourBy::Activity => ColourBy::Charge,
        ColourBy::Charge => ColourBy::Alarm,
        ColourBy::Alarm => ColourBy::Freshness,
        ColourBy::Freshness => ColourBy::Activity,
    }
}

/// Whether the key is a letter of something that is being written.
fn is_typing(event: &leptos::ev::KeyboardEvent) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let at = event
        .target()
        .and_then(|at| at.dyn_into::<leptos::web_sys::Element>().ok());
    at.is_some_and(|at| {
        let kind = at.get_attribute("type").unwrap_or_default();
        matches!(at.tag_name().as_str(), "TEXTAREA" | "SELECT")
            || (at.tag_name() == "INPUT" && kind != "checkbox")
    })
}

/// Opens the search box and goes into its field.
fn open_search() {
    use leptos::wasm_bindgen::JsCast;
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    if let Some(details) = find(".search") {
        let _ = details.set_attribute("open", "");
    }
    if let Some(field) = find(".search input") {
        let _ = field
            .unchecked_into::<leptos::web_sys::HtmlElement>()
            .focus();
    }
}

/// The button that changes the language; what was chosen goes into the address and on to other pages.
#[component]
pub fn LangButton() -> impl IntoView {
    let switch = expect_context::<LangSwitch>();
    view! {
        <button data-testid="lang" on:click=move |_| switch.other()>
            {move || if switch.lang.get() == Lang::En { "中文" } else { "English" }}
        </button>
    }
    .into_any()
}
