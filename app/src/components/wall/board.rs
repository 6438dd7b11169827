//! The board at the side of the wall: the clock, the figures that are read from across the room, and every platform that
//! has fallen silent, by its name. It repeats what the server's last status said and nothing else: when that is old the
//! whole wall says so.

use leptos::prelude::*;
use wire::Status;

use super::scene::Scene;
use crate::components::live_map::MapState;
use crate::text::{self, Lang, Text, wall};

/// Names on the board at once; the others are counted.
const NAMES: usize = 8;
/// From this level on an alarm is the wall's business.
const SEVERE: usize = 3;

#[component]
pub fn WallBoard(state: MapState, scene: Signal<Scene>) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let status = Memo::new(move |_| state.picture.with(|picture| picture.status.clone()));
    let figure = move |read: fn(&Status) -> u32| {
        move || {
            status.with(|status| {
                status
                    .as_ref()
                    .map(|status| text::count(read(status).into()))
            })
        }
    };
    let newest = move || {
        let age_ms = status.with(|status| status.as_ref()?.newest_report_age_ms);
        age_ms.map(|age_ms| text::age(age_ms.into(), lang.get()))
    };
    let hollow =
        move || status.with(|status| status.as_ref().is_some_and(|status| status.cut_off > 0));
    let severe = move || {
        status.with(|status| {
            status
                .as_ref()
                .is_some_and(|status| status.alarms[SEVERE..].iter().any(|count| *count > 0))
        })
    };
    let silent = move || {
        status.with(|status| {
            status
                .as_ref()
                .map(|status| silent(status, lang.get()))
                .unwrap_or_default()
        })
    };
    let clock = move || {
        let unix_ms = status.with(|status| status.as_ref().map(|status| status.tick_unix_ms));
        unix_ms.map(|unix_ms| clock(unix_ms, lang.get()))
    };
    view! {
        <aside class="board" data-testid="board">
            <p class="clock" role="group" aria-label=wall::CLOCK.shown() data-testid="clock">
                <b>{move || clock().map(|clock| clock.time)}</b>
                <span>{move || clock().map(|clock| clock.date)}</span>
            </p>
            <dl>
                <Row id="registered" words=text::REGISTERED value=figure(|status| status.registered) />
                <Row id="live" words=text::LIVE value=figure(|status| status.live) />
                <Row id="board-driving" words=text::DRIVING value=figure(|status| status.activity[1]) />
                <Row
                    id="board-charging"
                    words=text::CHARGING
                    value=figure(|status| status.activity[3])
                    is_topic=Signal::derive(move || scene.get() == Scene::Charging)
                />
                <Row
                    id="board-alarms"
                    words=wall::ALARMS
                    value=figure(|status| status.alarms[1..].iter().sum())
                    is_topic=Signal::derive(move || scene.get() == Scene::Alarms)
                />
                <Row id="rate" words=text::REPORTS_PER_S value=figure(|status| status.reports_per_s) />
                <Row id="newest" words=text::NEWEST_REPORT value=newest />
            </dl>
            <Show when=severe>
                <ul class="severe" role="status" data-testid="board-severe">
                    {move || {
                        let level_in_words = wall::ALARM_LEVEL.in_lang(lang.get());
                        status
                            .with(|status| status.as_ref().map(|status| status.alarms))
                            .into_iter()
                            .flat_map(|alarms| (SEVERE..alarms.len()).rev().map(move |level| (level, alarms[level])))
                            .filter(|(_, count)| *count > 0)
                            .map(|(level, count)| {
                                view! {
                                    <li>
                                        <i class=format!("swatch alarm-{level}")></i>
                                        {level_in_words}
                                        " "
                                        {level}
                                        <b>{text::count(count.into())}</b>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </Show>
            <Show when=move || !silent().is_empty()>
                <div class="away" role="status" data-testid="board-away">
                    <h2>{wall::PLATFORMS_AWAY.shown()}</h2>
                    <ul>
                        {move || {
                            let all = silent();
                            let more = all.len().saturating_sub(NAMES);
                            let named = all.into_iter().take(NAMES).map(|line| view! { <li>{line}</li> }).collect_view();
                            (named, (more > 0).then(|| view! { <li>"+ " {more}</li> }))
                        }}
                    </ul>
                    <Show when=hollow>
                        <p data-testid="board-hollow">
                            <i class="hollow"></i>
                            {wall::THEIR_DOTS_ARE_HOLLOW.shown()}
                            " "
                            <b>{move || figure(|status| status.cut_off)()}</b>
                        </p>
                    </Show>
                </div>
            </Show>
        </aside>
    }
    .into_any()
}

#[component]
fn Row(
    id: &'static str,
    words: Text,
    value: impl Fn() -> Option<String> + Send + Sync + 'static,
    /// What the present scene is about.
    #[prop(optional, into)]
    is_topic: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class:topic=move || is_topic.get()>
            <dt>{words.shown()}</dt>
            <dd data-testid=id>{move || value().unwrap_or_else(|| "–".to_owned())}</dd>
        </div>
    }
    .into_any()
}

/// A line for each platform that brings nothing, those without a connection first. One that is connected is named when its
/// dots are drawn as cut off, and not before.
fn silent(status: &Status, lang: Lang) -> Vec<String> {
    let away = status.sources.iter().filter(|source| !source.connected);
    let away =
        away.map(|source| format!("{} · {}", source.name, wall::PLATFORM_AWAY.in_lang(lang)));
    let quiet = status
        .sources
        .iter()
        .filter(|source| source.connected && source.cut_off);
    let quiet = quiet.map(|source| {
        let words = match source.newest_report_age_ms {
            Some(age_ms) => {
                let age = text::age(age_ms.into(), lang);
                format!("{} {age}", wall::PLATFORM_QUIET.in_lang(lang))
            }
            None => wall::PLATFORM_NEVER.in_lang(lang).to_owned(),
        };
        format!("{} · {words}", source.name)
    });
    away.chain(quiet).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clock {
    time: String,
    /// The day, and the time zone of the screen.
    date: String,
}

/// The server's time in the time zone of this screen; nothing on the server, which draws no times.
#[cfg(feature = "csr")]
fn clock(unix_ms: i64, lang: Lang) -> Clock {
    use js_sys::{Date, Object, Reflect};
    let date = Date::new(&(unix_ms as f64).into());
    let locale = match lang {
        Lang::En => "en-GB",
        Lang::Zh => "zh-CN",
    };
    let options = |pairs: &[(&str, &str)]| {
        let options = Object::new();
        for (key, value) in pairs {
            // Setting a property of a new object does not fail.
            let _ = Reflect::set(&options, &(*key).into(), &(*value).into());
        }
        options
    };
    let time = options(&[
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
    ]);
    let day = options(&[
        ("weekday", "short"),
        ("year", "numeric"),
        ("month", "short"),
        ("day", "numeric"),
        ("timeZoneName", "short"),
    ]);
    Clock {
        time: String::from(date.to_locale_time_string_with_options(locale, &time)),
        date: String::from(date.to_locale_date_string(locale, &day)),
    }
}

#[cfg(not(feature = "csr"))]
fn clock(_: i64, _: Lang) -> Clock {
    Clock {
        time: String::new(),
        date: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::SourceStatus;

    #[test]
    fn platforms_without_connection_come_first_and_quiet_ones_with_their_age() {
        let source = |name: &str, connected, age_ms, cut_off| SourceStatus {
            name: name.to_owned(),
            connected,
            newest_report_age_ms: age_ms,
            cut_off,
        };
        let status = Status {
            sources: vec![
                source("fine", true, Some(900), false),
                source("quiet", true, Some(180_000), true),
                source("gone", false, Some(1_000), false),
                // It has just connected: nobody knows yet.
                source("new", true, None, false),
                source("mute", true, None, true),
            ],
            ..Status::default()
        };
        assert_eq!(
            silent(&status, Lang::En),
            [
                "gone · no connection",
                "quiet · no data for 3 min",
                "mute · no data yet"
            ]
        );
        assert_eq!(silent(&status, Lang::Zh)[1], "quiet · 无数据已 3分钟");
    }
}
