//! `/wall` — the picture without anything to touch: no controls, no cursor, nothing that names a vehicle. Scenes follow one
//! another by the server's clock; what the address can say stands in `components::wall::scene`.

use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::wall::scene::{Programme, Scene, drift_css};
use crate::components::{
    Aim, AlarmStrip, DistrictBars, Legend, LiveMap, MapState, NoScript, Trouble, WallBoard,
    WallFoot, box_of, ordered,
};
use crate::text::{self, Text, screens, wall, walls};

#[component]
pub fn WallPage() -> impl IntoView {
    let state = MapState::new();
    let anchor = NodeRef::<Div>::new();
    // Another address is another page: nobody is here to change it.
    let programme = use_query_map().with_untracked(|query| Programme::read(|key| query.get(key)));
    let (screen, is_odd) = (programme.screen, programme.is_odd);
    let programme = StoredValue::new(programme);
    let turn = Memo::new(move |_| {
        let unix_ms = state.server_unix_ms.get();
        programme.with_value(|programme| programme.turn(unix_ms))
    });
    // What a desk has sent takes the place of the scene for a while.
    let sent = ordered(state);
    let is_sent = move || sent.with(Option::is_some);
    let scene = Memo::new(move |_| {
        let scene = programme.with_value(|programme| programme.scene(turn.get()));
        if is_sent() { Scene::City } else { scene }
    });
    let looked_at = Memo::new(move |_| {
        let districts = state.picture.with(|picture| picture.districts.len());
        let looked_at = programme.with_value(|programme| programme.district(turn.get(), districts));
        looked_at.filter(|_| !is_sent())
    });
    let aim = Memo::new(move |_| Aim {
        of: match sent.with(|sent| sent.and_then(|view| view.place)) {
            Some(place) => Some(box_of(place)),
            None => looked_at.get().and_then(|district| {
                state.picture.with(|picture| {
                    let name = picture.districts.get(district)?;
                    Some([name.x0, name.y0, name.x1, name.y1])
                })
            }),
        },
        screen,
        drift_css: drift_css(state.server_unix_ms.get()),
    });
    Effect::new(move || {
        let of_scene = scene.get().looks();
        let sent = sent.get();
        let (colour_by, hidden) = sent.map_or(of_scene, |view| (view.colour_by, view.hidden));
        state.colour_by.set(colour_by);
        state.hidden.set(hidden);
        state.light.set(sent.unwrap_or_default().light);
    });
    Effect::new(move || state.aim.set(Some(aim.get())));
    let lang = expect_context::<RwSignal<text::Lang>>();
    let headline = move || match is_sent() {
        true => walls::SENT_HERE,
        false => of_scene(scene.get()),
    };
    let place = move || {
        let lang = lang.get();
        state.picture.with(|picture| {
            let name = picture.districts.get(looked_at.get()?)?;
            Some(crate::components::wall::in_lang(name, lang).to_owned())
        })
    };
    let corner = move |right, bottom| screen.is_corner(right, bottom);
    view! {
        <main class="wall" data-scene=move || if is_sent() { "sent" } else { scene.get().name() } data-turn=move || turn.get().to_string()>
            <NoScript />
            <LiveMap state anchor still=true />
            {corner(false, false)
                .then(|| {
                    view! {
                        <header class="title">
                            <h1>{text::TITLE.shown()}</h1>
                            <p class="headline" data-testid="headline">
                                {move || headline().in_lang(lang.get())}
                                {move || place().map(|place| format!(" · {place}"))}
                            </p>
                        </header>
                    }
                })}
            {corner(true, false)
                .then(|| {
                    view! {
                        <div class="side">
                            <WallBoard state scene=scene.into() />
                            <DistrictBars state scene=scene.into() looked_at=looked_at.into() />
                        </div>
                    }
                })}
            {corner(false, true)
                .then(|| {
                    view! {
                        <Legend state fixed=true />
                        <AlarmStrip state />
                    }
                })}
            {corner(true, true).then(|| view! { <WallFoot state /> })}
            <Trouble state />
            <Show when=move || state.picture.with(|picture| picture.for_visitors)>
                <p class="remark visitors" role="status" data-testid="for-visitors">{screens::FOR_VISITORS.shown()}</p>
            </Show>
            {move || {
                state
                    .greeting
                    .get()
                    .map(|name| view! { <p class="greeting" role="status" data-testid="greeting">{name}</p> })
            }}
            {is_odd
                .then(|| {
                    view! {
                        <p class="remark odd" role="status" data-testid="odd-address">
                            {text::BAD_WALL_ADDRESS.shown()}
                        </p>
                    }
                })}
        </main>
    }
    .into_any()
}

fn of_scene(scene: Scene) -> Text {
    match scene {
        Scene::City => wall::SCENE_CITY,
        Scene::Districts => wall::SCENE_DISTRICTS,
        Scene::Charging => wall::SCENE_CHARGING,
        Scene::Alarms => wall::SCENE_ALARMS,
    }
}
