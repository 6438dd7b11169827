//! The strip of serious alarms that began lately: level, district and age. Which vehicle it is, a wall never knows.

use leptos::prelude::*;
use wire::{AlarmNews, DistrictName};

use super::bars::in_lang;
use crate::components::live_map::MapState;
use crate::text::{self, Lang, wall};

/// At once.
const SHOWN: usize = 8;

#[component]
pub fn AlarmStrip(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let news = move || {
        let lang = lang.get();
        state.picture.with(|picture| {
            let status = picture.status.as_ref();
            status.map_or_else(Vec::new, |status| {
                let lines = status.news.iter().take(SHOWN);
                lines
                    .map(|news| {
                        (
                            news.level,
                            words(news, &picture.districts, status.tick_unix_ms, lang),
                        )
                    })
                    .collect()
            })
        })
    };
    view! {
        <section class="strip" aria-label=wall::NEW_ALARMS.shown() data-testid="strip">
            <h2>{wall::NEW_ALARMS.shown()}</h2>
            <ul>
                {move || {
                    news()
                        .into_iter()
                        .map(|(level, words)| {
                            view! {
                                <li data-testid="alarm-news">
                                    <i class=format!("swatch alarm-{level}")></i>
                                    {words}
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            <Show when=move || news().is_empty()>
                <p>{wall::NO_NEW_ALARMS.shown()}</p>
            </Show>
        </section>
    }
    .into_any()
}

fn words(news: &AlarmNews, districts: &[DistrictName], now_unix_ms: i64, lang: Lang) -> String {
    let district = news
        .district
        .and_then(|district| districts.get(usize::from(district)));
    let place = district.map_or(wall::ELSEWHERE.in_lang(lang), |name| in_lang(name, lang));
    let age_ms = u64::try_from(now_unix_ms - news.began_unix_ms).unwrap_or(0);
    let age = text::age(age_ms, lang);
    let level = text::LEVEL.in_lang(lang);
    format!("{level} {} · {place} · {age}", news.level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_told_by_level_place_and_age() {
        let districts = [DistrictName {
            en: "Pudong".to_owned(),
            zh: "浦东新区".to_owned(),
            ..DistrictName::default()
        }];
        let mut news = AlarmNews {
            level: 4,
            district: Some(0),
            began_unix_ms: 1_000,
        };
        assert_eq!(
            words(&news, &districts, 31_000, Lang::En),
            "level 4 · Pudong · 30 s"
        );
        assert_eq!(
            words(&news, &districts, 31_000, Lang::Zh),
            "等级 4 · 浦东新区 · 30秒"
        );
        news.district = Some(9);
        // A clock that was set back makes no alarm of the future.
        assert_eq!(
            words(&news, &districts, 0, Lang::En),
            "level 4 · outside the districts · 0 s"
        );
    }
}
