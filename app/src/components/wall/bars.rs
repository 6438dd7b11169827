//! The districts, a bar each, the fullest first: how many vehicles are there and how many of them do what the scene is about.

use leptos::prelude::*;
use wire::{DistrictCounts, DistrictName};

use super::scene::Scene;
use crate::components::live_map::MapState;
use crate::text::{self, Lang, Text, wall};

/// Bars at most; a country has more districts than a wall has room.
const BARS: usize = 20;

#[derive(Debug, Clone, PartialEq)]
struct Bar {
    is_looked_at: bool,
    name: String,
    count: u32,
    /// Of the longest, in percent.
    share: u32,
}

#[component]
pub fn DistrictBars(
    state: MapState,
    scene: Signal<Scene>,
    /// The one that the map looks at.
    looked_at: Signal<Option<usize>>,
) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let bars = Memo::new(move |_| {
        let (scene, lang, looked_at) = (scene.get(), lang.get(), looked_at.get());
        state.picture.with(|picture| {
            let counts = picture
                .status
                .as_ref()
                .map_or(&[][..], |status| &status.districts);
            bars(&picture.districts, counts, looked_at, scene, lang)
        })
    });
    let words = move || of_scene(scene.get()).0.in_lang(lang.get());
    view! {
        <section
            class="bars"
            data-testid="bars"
            hidden=move || bars.with(Vec::is_empty)
            class:of-charging=move || scene.get() == Scene::Charging
            class:of-alarms=move || scene.get() == Scene::Alarms
        >
            <h2>{wall::DISTRICTS.shown()} " · " {words}</h2>
            <ol>
                {move || {
                    bars.get()
                        .into_iter()
                        .map(|bar| {
                            view! {
                                <li class:looked-at=bar.is_looked_at data-testid="bar">
                                    <span>{bar.name}</span>
                                    <meter min="0" max="100" value=bar.share.to_string() aria-hidden="true"></meter>
                                    <b>{text::count(bar.count.into())}</b>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </section>
    }
    .into_any()
}

/// Numbers that are not told make no bar: they are the small ones.
fn of_scene(scene: Scene) -> (Text, fn(&DistrictCounts) -> Option<u32>) {
    match scene {
        Scene::City | Scene::Districts => (wall::VEHICLES, |counts| counts.shown),
        Scene::Charging => (text::CHARGING, |counts| counts.charging),
        Scene::Alarms => (wall::ALARMS, |counts| Some(counts.alarms)),
    }
}

/// The fullest first. Names and counts that do not belong together make none.
fn bars(
    names: &[DistrictName],
    counts: &[DistrictCounts],
    looked_at: Option<usize>,
    scene: Scene,
    lang: Lang,
) -> Vec<Bar> {
    if names.len() != counts.len() {
        return Vec::new();
    }
    let read = of_scene(scene).1;
    let most = counts.iter().filter_map(read).max().unwrap_or(0).max(1);
    let mut bars: Vec<Bar> = names
        .iter()
        .zip(counts)
        .enumerate()
        .filter_map(|(district, (name, counts))| {
            let count = read(counts)?;
            Some(Bar {
                is_looked_at: looked_at == Some(district),
                name: in_lang(name, lang).to_owned(),
                count,
                share: (u64::from(count) * 100 / u64::from(most)) as u32,
            })
        })
        .collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.count));
    bars.truncate(BARS);
    bars
}

/// What a district is called in a language.
#[must_use]
pub fn in_lang(name: &DistrictName, lang: Lang) -> &str {
    match lang {
        Lang::En => &name.en,
        Lang::Zh => &name.zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_district_comes_first_and_has_the_whole_bar() {
        let name = |en: &str, zh: &str| DistrictName {
            en: en.to_owned(),
            zh: zh.to_owned(),
            ..DistrictName::default()
        };
        let names = [
            name("Xuhui", "徐汇"),
            name("Pudong", "浦东"),
            name("Jinshan", "金山"),
        ];
        let count = |shown, charging| DistrictCounts {
            shown: Some(shown),
            charging: Some(charging),
            ..DistrictCounts::default()
        };
        let counts = [count(50, 9), count(200, 3), count(0, 0)];
        let shown = |scene, lang| -> Vec<(String, u32, u32)> {
            let bars = bars(&names, &counts, Some(1), scene, lang);
            bars.into_iter()
                .map(|bar| (bar.name, bar.count, bar.share))
                .collect()
        };
        let all = |list: [(&str, u32, u32); 3]| {
            list.map(|(name, count, share)| (name.to_owned(), count, share))
        };
        assert_eq!(
            shown(Scene::City, Lang::En),
            all([("Pudong", 200, 100), ("Xuhui", 50, 25), ("Jinshan", 0, 0)])
        );
        assert_eq!(
            shown(Scene::Charging, Lang::Zh),
            all([("徐汇", 9, 100), ("浦东", 3, 33), ("金山", 0, 0)])
        );
        assert!(bars(&names, &counts[..2], None, Scene::City, Lang::En).is_empty());
    }
}
