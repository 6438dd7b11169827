//! The sheet of an open card: the five things that people look for first, then everything that the vehicle reports. When
//! the vehicle reports again only what has changed is changed on the screen; what is unfolded stays so.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::card_plot::CardPlot;
use super::live_map::{MapState, now_ms};
use crate::api::{self, ApiError};
use crate::card::{Card, FieldRow, Plot, RawItem, Shown, Words};
use crate::log::clock_time;
use crate::text::{self, Lang, Text, card as words};

/// The words of the standard in the language of the page.
#[derive(Clone, Copy)]
struct Dictionary {
    words: RwSignal<Arc<Words>>,
    lang: RwSignal<Lang>,
}

impl Dictionary {
    /// A key without words shows itself.
    fn word(&self, key: &str) -> String {
        let lang = self.lang.get();
        self.words.with(|words| match (words.get(key), lang) {
            (Some((en, _)), Lang::En) => en.clone(),
            (Some((_, zh)), Lang::Zh) => zh.clone(),
            (None, _) => key.to_owned(),
        })
    }

    /// Every word of a value.
    fn value(&self, text: &str) -> String {
        let words = text.split(' ').map(|token| self.word(token));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[component]
pub fn CardSheet(
    state: MapState,
    card: RwSignal<Option<Arc<Card>>>,
    words: RwSignal<Arc<Words>>,
    /// Whether the page draws where the vehicle has been.
    tracks: Signal<bool>,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let dictionary = Dictionary { words, lang };
    let field = move |read: fn(&Card, Lang) -> String| {
        Memo::new(move |_| {
            let lang = lang.get();
            card.with(|card| {
                card.as_ref()
                    .map(|card| read(card, lang))
                    .unwrap_or_default()
            })
        })
    };
    let old = move |read: fn(&Card) -> bool| {
        Memo::new(move |_| card.with(|card| card.as_ref().is_some_and(|card| read(card))))
    };
    // The age runs on between pushes, once a second: it counts from the moment the newest card came.
    let came_ms = Memo::new(move |_| {
        card.track();
        now_ms()
    });
    let age = Memo::new(move |_| {
        state.picture.track();
        let lang = lang.get();
        let since_ms = (now_ms() - came_ms.get()).max(0.0) as u64;
        card.with(|card| {
            card.as_ref().and_then(|card| card.age_ms).map_or_else(
                || text::NO_REPORT_YET.in_lang(lang).to_owned(),
                |age_ms| {
                    let gap = if lang == Lang::En { " " } else { "" };
                    format!(
                        "{}{gap}{}",
                        text::age(age_ms + since_ms, lang),
                        text::AGO.in_lang(lang)
                    )
                },
            )
        })
    });
    let charge_width = move || {
        let charge = card.with(|card| card.as_ref().map(|card| card.charge_pct));
        match charge {
            Some(Shown::Value(pct)) => format!("{}%", pct.min(100)),
            _ => "0".to_owned(),
        }
    };
    let vehicle_old = old(|card| card.old.vehicle);
    let keys = Memo::new(move |_| {
        card.with(|card| {
            let groups = card.as_ref().map(|card| card.groups.iter());
            let keys = groups.into_iter().flatten().map(|group| group.key.clone());
            keys.collect::<Vec<_>>()
        })
    });
    let other_format =
        move || card.with(|card| card.as_ref().is_some_and(|card| card.edition.is_none()));
    let in_zone = move || card.with(|card| card.as_ref().is_some_and(|card| card.in_zone));
    let moves = move || tracks.get() && state.track.with(|track| track.places().len() > 1);
    view! {
        <div class="sheet" data-testid="card">
            <dl class="card first">
                <Row words=text::VIN id="vin" value=field(|card, _| card.vin.clone()) />
                <Row words=text::MAKE id="make" value=field(|card, lang| or_unknown(card.make.as_ref(), lang)) />
                <Row words=text::MODEL id="model" value=field(|card, lang| or_unknown(card.model.as_ref(), lang)) />
                <Row
                    words=text::MILEAGE
                    id="mileage"
                    value=field(|card, lang| decimal(card.mileage_km, "km", lang))
                    old=vehicle_old
                />
                <Row
                    words=text::CHARGE
                    id="charge"
                    value=field(|card, lang| text::reading(card.charge_pct.map(|pct| pct.to_string()), "%", lang))
                    old=vehicle_old
                />
            </dl>
            <div class="meter" aria-hidden="true">
                <i style:width=charge_width></i>
            </div>
            <dl class="card facts">
                <Row
                    words=text::SPEED
                    id="speed"
                    value=field(|card, lang| decimal(card.speed_kmh, "km/h", lang))
                    old=vehicle_old
                />
                <Row
                    words=text::STATE
                    id="state"
                    value=field(|card, lang| text::activity(card.activity).in_lang(lang).to_owned())
                    old=vehicle_old
                />
                <Row
                    words=text::ALARM_LEVEL
                    id="alarm"
                    value=field(|card, lang| text::reading(card.alarm_level.map(|level| level.to_string()), "", lang))
                    old=old(|card| card.old.alarms)
                />
                <Row words=text::AGE id="age" value=age />
                <Row words=words::EDITION id="edition" value=field(edition) />
                <Row words=text::SOURCE id="source" value=field(|card, lang| or_unknown(card.source.as_ref(), lang)) />
                <Row words=text::REPORTED id="reported" value=field(|card, lang| time(card.reported_unix_s, lang)) />
                <Row words=words::RECEIVED id="received" value=field(|card, lang| time(card.received_unix_s, lang)) />
            </dl>
            <Show when=in_zone>
                <p class="hint" data-testid="in-zone">{words::IN_ZONE.shown()}</p>
            </Show>
            <Show when=moves>
                <p class="hint track-hint">{words::TRACK.shown()}</p>
            </Show>
            <For each=move || keys.get() key=String::clone let:key>
                <GroupRows key card dictionary />
            </For>
            <Show when=other_format>
                <p class="hint">{words::OTHER_FORMAT.shown()}</p>
            </Show>
            <Raw state />
        </div>
    }
    .into_any()
}

#[component]
fn Row(
    words: Text,
    id: &'static str,
    value: Memo<String>,
    #[prop(optional)] old: Option<Memo<bool>>,
) -> impl IntoView {
    let is_old = move || old.is_some_and(|old| old.get());
    view! {
        <div class=id>
            <dt>{words.shown()}</dt>
            <dd data-testid=id>{move || value.get()}</dd>
            <Show when=is_old>
                <dd class="mark" data-testid=format!("{id}-old")>{words::OLD.shown()}</dd>
            </Show>
        </div>
    }
    .into_any()
}

/// One part of the vehicle. What was sent is unfolded; what was not is there to be unfolded.
#[component]
fn GroupRows(
    key: String,
    card: RwSignal<Option<Arc<Card>>>,
    dictionary: Dictionary,
) -> impl IntoView {
    let key = StoredValue::new(key);
    let of_group = move |read: fn(&crate::card::Group) -> Option<i64>| {
        card.with(|card| {
            let groups = card.as_ref().map(|card| card.groups.iter());
            let group = groups
                .into_iter()
                .flatten()
                .find(|group| key.with_value(|key| group.key == *key));
            group.and_then(read)
        })
    };
    let reported = Memo::new(move |_| of_group(|group| group.reported_unix_s));
    let was_sent = Memo::new(move |_| reported.get().is_some());
    let rows = move || {
        card.with(|card| {
            let groups = card.as_ref().map(|card| card.groups.iter());
            let group = groups
                .into_iter()
                .flatten()
                .find(|group| key.with_value(|key| group.key == *key));
            group.map(|group| group.fields.clone()).unwrap_or_default()
        })
    };
    let plot_names = Memo::new(move |_| {
        card.with(|card| {
            let plots = card.as_ref().map(|card| card.plots.iter());
            let plots = plots
                .into_iter()
                .flatten()
                .filter(|plot| key.with_value(|key| plot.group == *key));
            plots
                .map(|plot| (plot.key.clone(), plot.of.clone()))
                .collect::<Vec<_>>()
        })
    });
    let plot = move |name: (String, String)| {
        Signal::derive(move || {
            card.with(|card| {
                let plots = card.as_ref().map(|card| card.plots.iter());
                let is_it = |plot: &&Plot| plot.key == name.0 && plot.of == name.1;
                plots.into_iter().flatten().find(is_it).cloned()
            })
        })
    };
    let since = move || {
        reported.get().map_or_else(
            || {
                words::NOTHING_SENT
                    .in_lang(dictionary.lang.get())
                    .to_owned()
            },
            |unix_s| clock_time(unix_s)[11..].to_owned(),
        )
    };
    view! {
        <details class="group" class:absent=move || !was_sent.get() open=was_sent.get_untracked() data-group=key.get_value()>
            <summary>
                <h3>{move || dictionary.word(&key.get_value())}</h3>
                <small>{since}</small>
            </summary>
            <For each=move || plot_names.get() key=Clone::clone let:name>
                <CardPlot
                    plot=plot(name.clone())
                    name=Signal::derive(move || dictionary.word(&name.0))
                />
            </For>
            <table>
                <tbody>
                    // A line that says something else is another line: what did not change is not touched.
                    <For each=rows key=FieldRow::clone let:row>
                        <FieldLine row dictionary />
                    </For>
                </tbody>
            </table>
        </details>
    }
    .into_any()
}

/// Name, value or mark, unit, and whether it is old.
#[component]
fn FieldLine(row: FieldRow, dictionary: Dictionary) -> impl IntoView {
    let mark = match row.shown {
        Shown::Value(_) => "value",
        Shown::Abnormal => "abnormal",
        Shown::Invalid => "invalid",
        Shown::OutOfRange(_) => "out-of-range",
        Shown::NotSent => "not-sent",
    };
    let lang = dictionary.lang;
    let (key, of, unit, shown) = (row.key.clone(), row.of, row.unit, row.shown);
    let name = move || {
        format!("{} {of}", dictionary.word(&key))
            .trim_end()
            .to_owned()
    };
    let value = move || match &shown {
        Shown::Value(text) | Shown::OutOfRange(text) => dictionary.value(text),
        Shown::Abnormal => text::MARKED_ABNORMAL.in_lang(lang.get()).to_owned(),
        Shown::Invalid => text::MARKED_INVALID.in_lang(lang.get()).to_owned(),
        Shown::NotSent => text::NOT_SENT.in_lang(lang.get()).to_owned(),
    };
    let unit = (!unit.is_empty()).then_some(move || dictionary.word(&unit));
    let beyond = (mark == "out-of-range")
        .then(|| view! { <i class="mark">{text::OUT_OF_RANGE.shown()}</i> });
    let old = row
        .old
        .then(|| view! { <i class="mark old">{words::OLD.shown()}</i> });
    view! {
        <tr data-key=row.key data-mark=mark>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td class="unit">{unit}</td>
            <td class="marks">{beyond} {old}</td>
        </tr>
    }
    .into_any()
}

/// The bytes, asked for when somebody wants to see them.
#[component]
fn Raw(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let bytes = RwSignal::new(None::<Result<Vec<RawItem>, ApiError>>);
    let ask = move |_| {
        let Some(handle) = state.watched.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let answer = api::raw_card(handle).await;
            let _ = bytes.try_set(Some(answer));
        });
    };
    view! {
        <details class="group raw" data-testid="raw">
            <summary>
                <h3>{words::RAW.shown()}</h3>
            </summary>
            <p class="hint">{words::RAW_WHY.shown()}</p>
            <button class="more" on:click=ask>{words::SHOW_RAW.shown()}</button>
            {move || {
                bytes
                    .get()
                    .map(|answer| match answer {
                        Ok(items) => items.iter().map(raw_lines).collect_view().into_any(),
                        Err(error) => {
                            view! {
                                <p class="hint refused" role="alert">{move || text::refusal(error).in_lang(lang.get())}</p>
                            }
                                .into_any()
                        }
                    })
            }}
        </details>
    }
    .into_any()
}

fn raw_lines(item: &RawItem) -> impl IntoView + use<> {
    let head = format!(
        "{} · {:02X} · {}",
        item.edition,
        item.kind,
        clock_time(item.reported_unix_s)
    );
    let pairs = item.hex.as_bytes().chunks(2).map(String::from_utf8_lossy);
    let hex = pairs.collect::<Vec<_>>().join(" ");
    view! {
        <h4>{head}</h4>
        <pre data-testid="raw-bytes">{hex}</pre>
    }
}

fn or_unknown(value: Option<&String>, lang: Lang) -> String {
    value.map_or_else(|| text::UNKNOWN.in_lang(lang).to_owned(), String::clone)
}

fn decimal(shown: Shown<f64>, unit: &str, lang: Lang) -> String {
    text::reading(shown.map(text::decimal), unit, lang)
}

fn time(unix_s: Option<i64>, lang: Lang) -> String {
    unix_s.map_or_else(|| text::NO_REPORT_YET.in_lang(lang).to_owned(), clock_time)
}

fn edition(card: &Card, lang: Lang) -> String {
    card.edition.map_or_else(
        || text::UNKNOWN.in_lang(lang).to_owned(),
        |year| format!("GB/T 32960.3-{year}"),
    )
}
