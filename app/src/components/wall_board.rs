//! The board at the side of the wall: the clock, the figures that are read from across the room, and every platform that
//! has fallen silent, by its name. It repeats what the server's last status said and nothing else: when that is old the
//! whole wall says so.

use leptos::prelude::*;
use wire::{SourceStatus, Status};

use super::live_map::MapState;
use crate::text::{self, Lang, Text, wall};

/// A platform that is connected and brings nothing for longer than this is named.
const QUIET_MS: u32 = 60_000;
/// Names on the board at once; the others are counted.
const NAMES: usize = 8;
/// From this level on an alarm is the wall's business.
const SEVERE: usize = 3;

#[component]
pub fn WallBoard(state: MapState) -> impl IntoView {
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
            <p class="clock" aria-label=wall::CLOCK.shown() data-testid="clock">
                <b>{move || clock().map(|clock| clock.time)}</b>
                <span>{move || clock().map(|clock| clock.date)}</span>
            </p>
            <dl>
                <Row id="board-driving" words=text::DRIVING value=figure(|status| status.activity[1]) />
                <Row id="board-charging" words=text::CHARGING value=figure(|status| status.activity[3]) />
                <Row
                    id="board-alarms"
                    words=wall::ALARMS
                    value=figure(|status| status.alarms[1..].iter().sum())
                />
            </dl>
            <Show when=severe>
                <ul class="severe" role="status" data-testid="board-severe">
                    {move || {
                        status
                            .with(|status| status.as_ref().map(|status| status.alarms))
                            .into_iter()
                            .flat_map(|alarms| (SEVERE..alarms.len()).rev().map(move |level| (level, alarms[level])))
                            .filter(|(_, count)| *count > 0)
                            .map(|(level, count)| {
                                view! {
                                    <li>
                                        <i class=format!("swatch alarm-{level}")></i>
                                        {wall::ALARM_LEVEL.shown()}
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
) -> impl IntoView {
    view! {
        <div>
            <dt>{words.shown()}</dt>
            <dd data-testid=id>{move || value().unwrap_or_else(|| "–".to_owned())}</dd>
        </div>
    }
    .into_any()
}

/// A line for each platform that brings nothing, those without a connection first.
fn silent(status: &Status, lang: Lang) -> Vec<String> {
    let quiet_ms = |source: &SourceStatus| {
        source
            .newest_report_age_ms
            .filter(|age_ms| *age_ms > QUIET_MS)
    };
    let away = status.sources.iter().filter(|source| !source.connected);
    let away =
        away.map(|source| format!("{} · {}", source.name, wall::PLATFORM_AWAY.in_lang(lang)));
    let quiet = status.sources.iter().filter(|source| source.connected);
    let quiet = quiet.filter_map(|source| {
        let age = text::age(quiet_ms(source)?.into(), lang);
        Some(format!(
            "{} · {} {age}",
            source.name,
            wall::PLATFORM_QUIET.in_lang(lang)
        ))
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
#[cfg(feature = "hydrate")]
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

#[cfg(not(feature = "hydrate"))]
fn clock(_: i64, _: Lang) -> Clock {
    Clock {
        time: String::new(),
        date: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_without_connection_come_first_and_quiet_ones_with_their_age() {
        let source = |name: &str, connected, age_ms| SourceStatus {
            name: name.to_owned(),
            connected,
            newest_report_age_ms: age_ms,
        };
        let status = Status {
            sources: vec![
                source("fine", true, Some(900)),
                source("quiet", true, Some(180_000)),
                source("gone", false, Some(1_000)),
                // It has just connected: nobody knows yet.
                source("new", true, None),
            ],
            ..Status::default()
        };
        assert_eq!(
            silent(&status, Lang::En),
            ["gone · no connection", "quiet · no data for 3 min"]
        );
        assert_eq!(silent(&status, Lang::Zh)[1], "quiet · 无数据已 3分钟");
    }
}
