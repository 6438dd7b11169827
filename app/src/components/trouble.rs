//! The sentence over the map when what is drawn is not now or not all: what is so, since when, and what to do.

use leptos::prelude::*;

use super::live_map::{Link, MapState, Picture, stream_is_silent};
use crate::text::{self, Lang, Text};

/// What is wrong, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    pub what: Text,
    pub what_to_do: Text,
    pub since_ms: Option<u64>,
}

#[component]
pub fn Trouble(state: MapState) -> impl IntoView {
    let lang = expect_context::<RwSignal<Lang>>();
    let wrong = Memo::new(move |_| state.picture.with(what_is_wrong));
    // Without the age: a screen reader would say the sentence again every second.
    let words = Memo::new(move |_| wrong.get().map(|wrong| (wrong.what, wrong.what_to_do)));
    let age = move || {
        let since_ms = wrong.get().and_then(|wrong| wrong.since_ms);
        since_ms.map(|since_ms| text::age(since_ms, lang.get()))
    };
    let remark = Memo::new(move |_| state.picture.with(remark));
    view! {
        <Show when=move || words.get().is_some()>
            <div class="trouble" data-testid="trouble">
                <p role="alert">
                    <b>{move || words.get().map(|(what, _)| what.in_lang(lang.get()))}</b>
                    " "
                    <span>{move || words.get().map(|(_, to_do)| to_do.in_lang(lang.get()))}</span>
                </p>
                <time>{age}</time>
            </div>
        </Show>
        <Show when=move || remark.get().is_some() && words.get().is_none()>
            <p class="remark" role="status" data-testid="remark">
                {move || remark.get().map(|remark| remark.in_lang(lang.get()))}
            </p>
        </Show>
    }
    .into_any()
}

/// Why what is drawn cannot be taken for now, if so.
#[must_use]
pub fn what_is_wrong(picture: &Picture) -> Option<Wrong> {
    let wrong = |what, what_to_do, for_s: Option<u32>| {
        Some(Wrong {
            what,
            what_to_do,
            since_ms: for_s.map(|for_s| u64::from(for_s) * 1000),
        })
    };
    match picture.link {
        Link::Connecting => None,
        Link::Stale { for_s } => wrong(text::LINK_STALE, text::TRYING_AGAIN, Some(for_s)),
        Link::Away { for_s } => wrong(text::LINK_AWAY, text::TRYING_AGAIN, Some(for_s)),
        Link::SignedOut => wrong(text::SESSION_ENDED, text::SIGN_IN_HERE, None),
        Link::OtherVersion => wrong(text::OTHER_VERSION, text::WAIT_A_MOMENT, None),
        Link::NoMap => wrong(text::NO_MAP, text::OTHER_BROWSER, None),
        Link::Live => {
            let status = picture.status.as_ref()?;
            if !stream_is_silent(status) {
                return None;
            }
            match status.newest_report_age_ms {
                Some(age_ms) => wrong(
                    text::STREAM_AWAY,
                    text::WHAT_IS_DRAWN_IS_OLD,
                    Some(age_ms / 1000),
                ),
                None if status.sources.is_empty() => {
                    wrong(text::NO_SOURCE, text::SET_UP_A_SOURCE, None)
                }
                None if status.sources.iter().all(|source| !source.connected) => {
                    wrong(text::NO_STREAM, text::LOOK_AT_SOURCES, None)
                }
                None => wrong(text::NO_VEHICLES_YET, text::DOTS_WILL_COME, None),
            }
        }
    }
}

/// What is not as it should be although the dots are right.
fn remark(picture: &Picture) -> Option<Text> {
    if picture.ground_is_plain {
        Some(text::NO_GROUND)
    } else if picture.gpu_gave_up {
        Some(text::GPU_LOST)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{SourceStatus, Status};

    fn live(sources: &[bool], newest_report_age_ms: Option<u32>) -> Picture {
        let source = |connected: &bool| SourceStatus {
            connected: *connected,
            ..SourceStatus::default()
        };
        Picture {
            link: Link::Live,
            status: Some(Status {
                live: 200,
                newest_report_age_ms,
                sources: sources.iter().map(source).collect(),
                ..Status::default()
            }),
            ..Picture::default()
        }
    }

    #[test]
    fn an_empty_map_says_why_it_is_empty() {
        for (picture, what) in [
            (live(&[], None), text::NO_SOURCE),
            (live(&[false, false], None), text::NO_STREAM),
            (live(&[false, true], None), text::NO_VEHICLES_YET),
            (live(&[true], Some(60_000)), text::STREAM_AWAY),
        ] {
            assert_eq!(what_is_wrong(&picture).unwrap().what, what);
        }
        assert_eq!(what_is_wrong(&live(&[true], Some(100))), None);
    }

    #[test]
    fn a_lost_server_comes_before_a_lost_stream_and_says_since_when() {
        let picture = Picture {
            link: Link::Away { for_s: 7 },
            ..live(&[false], None)
        };
        let wrong = what_is_wrong(&picture).unwrap();
        assert_eq!((wrong.what, wrong.since_ms), (text::LINK_AWAY, Some(7_000)));
    }
}
