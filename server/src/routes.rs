//! Which path leads where. The door stands before all of them; what a path needs is written there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::Session;
use app::centre::Centre;
use app::components::Figures;
use app::shell::Served;
use app::{App, shell};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list, handle_server_fns_with_context};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::centre::Desk;
use crate::door::{self, Door};
use crate::outside::{Outside, Source};
use crate::places::{Verb, listed};
use crate::rates::Rates;
use crate::state::AppState;
use crate::{export, screens, source_board, vehicle_report, viewers};

/// The largest request body; a login or a server function needs a few hundred bytes. A larger one is refused before it
/// is read.
const MAX_BODY_BYTES: usize = 16 * 1024;
/// A body of which nothing comes for this long is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub fn router(state: AppState, site: &Path, outside: Outside) -> Router {
    let door = Door {
        state: state.clone(),
        outside,
        rates: Arc::new(Rates::default()),
    };
    // What was packed when the site was built goes out as it is; the rest is packed for each answer.
    let files = |folder: &str| {
        ServeDir::new(site.join(folder))
            .append_index_html_on_directories(false)
            .precompressed_br()
    };
    let pages = Router::<AppState>::new()
        .leptos_routes_with_context(
            &state,
            generate_route_list(App),
            {
                let state = state.clone();
                move || provide_centre(&state)
            },
            {
                let options = state.leptos.clone();
                move || shell::shell(options.clone())
            },
        )
        .route(
            listed(Verb::Post, "/api/{*function}"),
            post(server_function),
        )
        .route(listed(Verb::Post, "/log/export"), post(export::export_log))
        .route(
            listed(Verb::Post, "/log/vehicle"),
            post(vehicle_report::vehicle_report),
        )
        .route(listed(Verb::Get, "/sources.csv"), get(source_board::export))
        .nest_service(listed(Verb::Get, "/pkg"), files("pkg"))
        .nest_service(listed(Verb::Get, "/vendor"), files("vendor"))
        .nest(listed(Verb::Get, "/ground"), state.ground.router(site))
        .nest_service(listed(Verb::Get, "/fonts"), files("fonts"))
        .route_service(
            listed(Verb::Get, "/favicon.svg"),
            ServeFile::new(site.join("favicon.svg")),
        )
        .route_service(
            listed(Verb::Get, "/ATTRIBUTION.md"),
            ServeFile::new(site.join("ATTRIBUTION.md")),
        )
        .layer(CompressionLayer::new());
    let login = Router::new()
        .route("/login", get(door::show_login).post(door::log_in))
        .route("/screen/pair", post(screens::pair))
        .route("/screen/challenge", post(screens::challenge))
        .route("/screen/answer", post(screens::answer))
        .with_state(door.clone());
    Router::new()
        .merge(pages)
        .merge(login)
        .route(listed(Verb::Get, "/ws"), get(viewers::upgrade))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .fallback(|| async { StatusCode::NOT_FOUND })
        // The limit stands inside: a handler must be able to tell its refusal from a broken body.
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(from_fn_with_state(door, door::guard))
        .with_state(state)
}

async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    handle_server_fns_with_context(move || provide_centre(&state), request)
        .await
        .into_response()
}

/// Gives the functions of one request the centre of the person who asks; the door has put that person there.
fn provide_centre(state: &AppState) {
    let Some(parts) = use_context::<Parts>() else {
        return;
    };
    provide_context(Served {
        site: state.site.0,
        other_origins: state.ground.origins_in_policy(),
    });
    let (session, from) = (
        parts.extensions.get::<Arc<Session>>(),
        parts.extensions.get::<Source>(),
    );
    if let (Some(session), Some(Source(from))) = (session, from) {
        provide_context(Figures {
            status: state.fleet.status(session.scope()),
        });
        let desk: Arc<dyn Centre> = Arc::new(Desk {
            state: state.clone(),
            session: Arc::clone(session),
            from: *from,
        });
        provide_context(desk);
    }
}

/// Ready while ticks run.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let mut published = state.fleet.published();
    let patience = Duration::from_millis(u64::from(state.fleet.tick_ms) * 3 + 500);
    match tokio::time::timeout(patience, published.changed()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "no ticks"),
    }
}
