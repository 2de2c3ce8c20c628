//! Every address of the site, and the document that describes them.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use clearway_service::{World, law};
use jiff::Timestamp;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::citizen::{
    confirm, decision, done, evidence, help, identity, order, programmes, quiz, quote, reasons, receipt,
    reconsider, settings, share, sign_in, start_case, study, timeline, turn, vehicle, vehicles, violation,
    violations, welcome,
};
use crate::ctx::{Help, Hours};
use crate::edge::{self, Edge};
use crate::officer::{admission, reconcile};
use crate::web::Web;
use crate::{assets, callbacks, metrics, shown, system};

/// How hard pages are compressed: more would cost more time than it saves on the way.
const PAGE_COMPRESSION: i32 = 4;
/// Minutes before closing from which the strip says so.
const CLOSING_SOON: i64 = 15;

/// The document's own words.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Clearway 清途",
        description = "Every page of the citizen's app is its own API: the same address answers as a page or, with \
            `Accept: application/json`, with the view model described here. Forms and JSON bodies are read alike. \
            Problems are RFC 9457 documents. A JSON request needs the session cookie and no form token."
    ),
    tags(
        (name = "violations", description = "Open violations, options, evidence"),
        (name = "reasons", description = "Why not, and what then"),
        (name = "cases", description = "Handling one violation with a programme"),
        (name = "payments", description = "Quotes, orders, receipts"),
        (name = "identity", description = "Sign-in and verification"),
        (name = "vehicles", description = "Bound vehicles"),
        (name = "settings", description = "Choices and statements"),
        (name = "public", description = "For everybody"),
        (name = "officer", description = "For officers, with the bearer token of an operator"),
        (name = "system", description = "Operation")
    )
)]
struct Words;

fn described() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(Words::openapi())
        .routes(routes!(violations::show))
        .routes(routes!(violations::progress, violations::retry))
        .routes(routes!(violations::events))
        .routes(routes!(vehicle::show))
        .routes(routes!(violation::show))
        .routes(routes!(evidence::show))
        .routes(routes!(reasons::of_violation))
        .routes(routes!(reasons::of_programme))
        .routes(routes!(start_case::sheet))
        .routes(routes!(start_case::start))
        .routes(routes!(start_case::abandon))
        .routes(routes!(done::show))
        .routes(routes!(study::show, study::go_on))
        .routes(routes!(study::beat))
        .routes(routes!(quiz::show, quiz::answer))
        .routes(routes!(quiz::begin))
        .routes(routes!(confirm::show, confirm::confirm))
        .routes(routes!(decision::show))
        .routes(routes!(reconsider::ask))
        .routes(routes!(timeline::show))
        .routes(routes!(quote::make))
        .routes(routes!(quote::show))
        .routes(routes!(quote::decline))
        .routes(routes!(order::open))
        .routes(routes!(order::show))
        .routes(routes!(order::pay))
        .routes(routes!(order::returned))
        .routes(routes!(order::state))
        .routes(routes!(order::ask_again))
        .routes(routes!(order::cancel))
        .routes(routes!(receipt::show))
        .routes(routes!(identity::show, identity::claim))
        .routes(routes!(identity::phone))
        .routes(routes!(vehicles::show))
        .routes(routes!(vehicles::bind))
        .routes(routes!(vehicles::own))
        .routes(routes!(vehicles::owner_phone))
        .routes(routes!(vehicles::unbind))
        .routes(routes!(settings::show, settings::change))
        .routes(routes!(settings::sign_out))
        .routes(routes!(welcome::show, welcome::acknowledge))
        .routes(routes!(sign_in::show))
        .routes(routes!(help::show, help::tell))
        .routes(routes!(share::show))
        .routes(routes!(programmes::show))
        .routes(routes!(reconcile::day))
        .routes(routes!(reconcile::exceptions))
        .routes(routes!(reconcile::sign))
        .routes(routes!(reconcile::reopen))
        .routes(routes!(turn::show))
        .routes(routes!(turn::ticket))
        .routes(routes!(admission::show, admission::set))
        .routes(routes!(metrics::show))
        .routes(routes!(system::health))
}

/// What everybody who waits asks for again and again: no cookie, no language, no token, and so no edge before it.
fn bare() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(turn::number))
}

/// The API's description, OpenAPI 3.1, made from the view models.
pub fn openapi() -> OpenApi {
    described().merge(bare()).into_openapi()
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi().to_json().unwrap_or_default());

/// The whole site around a world.
pub fn router(world: Arc<World>) -> Router {
    let edge = Arc::new(edge_of(&world));
    let (described, _) = described().split_for_parts();
    let (bare, _) = bare().split_for_parts();
    let bare = bare.with_state(Web::new(Arc::clone(&world)));
    described
        .route("/", get(system::root))
        .route("/wechat/enter", get(sign_in::enter))
        .route("/wechat/return", get(sign_in::returned))
        .route("/callbacks/wechat", get(callbacks::verify).post(callbacks::push))
        .route("/callbacks/wechat-pay", post(callbacks::pay_notice))
        .route("/assets/{name}", get(assets::serve))
        .route("/robots.txt", get(system::robots))
        .route(
            "/openapi.json",
            get(|| async {
                ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
            }),
        )
        .fallback(system::nothing)
        .method_not_allowed_fallback(system::wrong_method)
        .with_state(Web::new(world))
        .layer(axum::middleware::from_fn_with_state(edge, edge::around))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(PAGE_COMPRESSION)))
        .merge(bare)
}

fn edge_of(world: &Arc<World>) -> Edge {
    let cashier = world.site.cashier_url.as_deref().map(|url| {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
    });
    let told = Arc::clone(world);
    Edge {
        clock: Arc::clone(&world.clock),
        chance: Arc::clone(&world.chance),
        origin: world.site.public_url.clone(),
        key: world.keyed("form-key", "").into_bytes(),
        cashier,
        help: Help { phone: world.site.help_phone.clone(), hours: world.site.help_hours.clone() },
        traffic: Arc::<World>::clone(world),
        hours: Box::new(move |at| hours(&told, at)),
    }
}

fn hours(world: &World, at: Timestamp) -> Hours {
    let Ok(pack) = world.pack_at(at) else {
        return Hours {
            open: false,
            from: "-".into(),
            to: "-".into(),
            opens_at: None,
            closes_in_minutes: None,
        };
    };
    let (from, to) = law::hours(pack, at);
    let open = law::is_open(pack, at);
    let closes = clearway_domain::instant(clearway_domain::civil_date(at).to_datetime(to));
    let left = closes.duration_since(at).as_mins();
    Hours {
        open,
        from: shown::clock(from),
        to: shown::clock(to),
        opens_at: (!open).then(|| law::opens_next(pack, at)),
        closes_in_minutes: (open && (0..=CLOSING_SOON).contains(&left)).then_some(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_every_view_model_and_problem() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() >= 35, "{}", paths.len());
        for (path, methods) in paths {
            for (method, deed) in methods.as_object().unwrap() {
                let answers = deed["responses"].as_object().unwrap();
                assert!(
                    path == "/healthz" || answers.contains_key("default"),
                    "{method} {path} names no problem"
                );
            }
        }
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for name in ["Violations", "Quote", "Order", "Decision", "Reasons", "Programmes", "ProblemView"] {
            assert!(schemas.contains_key(name), "{name}");
        }
    }
}
