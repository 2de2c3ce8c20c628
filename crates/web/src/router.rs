//! Every address of the site, and the document that describes them.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, on, post};
use clearway_service::{World, citizen, law};
use jiff::Timestamp;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::{PathItemExt as _, paste, routes};

use crate::callers::{Callers, Terms};
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

/// How hard pages are compressed: more would cost more time than it saves on the way. By gzip alone: what Brotli saves on a page of
/// a few kilobytes is less than the program would grow by its dictionary; what does not change is compressed by it at the build.
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

/// Every address that is described, handed to a macro as its deeds.
macro_rules! every_deed {
    ($act:ident) => {
        $act! {
            violations::show
            violations::progress
            violations::retry
            violations::events
            vehicle::show
            violation::show
            evidence::show
            reasons::of_violation
            reasons::of_programme
            start_case::sheet
            start_case::start
            start_case::abandon
            done::show
            study::show
            study::go_on
            study::beat
            quiz::show
            quiz::answer
            quiz::begin
            confirm::show
            confirm::confirm
            decision::show
            reconsider::ask
            timeline::show
            quote::make
            quote::show
            quote::decline
            order::open
            order::show
            order::pay
            order::returned
            order::state
            order::ask_again
            order::cancel
            receipt::show
            identity::show
            identity::claim
            identity::phone
            vehicles::show
            vehicles::bind
            vehicles::own
            vehicles::owner_phone
            vehicles::unbind
            settings::show
            settings::change
            settings::sign_out
            welcome::show
            welcome::acknowledge
            sign_in::show
            help::show
            help::tell
            share::show
            programmes::show
            reconcile::day
            reconcile::exceptions
            reconcile::sign
            reconcile::reopen
            turn::show
            turn::ticket
            admission::show
            admission::set
            metrics::show
            system::health
        }
    };
}

/// A router of deeds, each at the address and with the methods that its own attribute names. What describes them is not touched:
/// it would bring everything that makes a description into the program.
macro_rules! served {
    ($($module:ident :: $deed:ident)*) => {
        paste! {{
            let router = Router::new();
            $(let router = at::<$module::[<__path_ $deed>], _, _>(router, $module::$deed);)*
            router
        }}
    };
}

/// The description of deeds.
macro_rules! described {
    ($($module:ident :: $deed:ident)*) => {
        OpenApiRouter::<Web>::new()$(.routes(routes!($module::$deed)))*.into_openapi()
    };
}

fn at<P, H, T>(router: Router<Web>, deed: H) -> Router<Web>
where
    P: utoipa::Path,
    H: Handler<T, Web>,
    T: 'static,
{
    P::methods()
        .iter()
        .fold(router, |router, method| router.route(&P::path(), on(method.to_method_filter(), deed.clone())))
}

/// The API's description, OpenAPI 3.1, made from the view models: what `docs/reference/openapi.json` must be.
pub fn openapi() -> OpenApi {
    let mut document = Words::openapi();
    document.merge(every_deed!(described));
    document.merge(described!(turn::number));
    document
}

/// What is served of it: the file, as it was when the program was built.
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// What everybody who waits asks for again and again: no cookie, no language, no token, and so no edge before it.
fn bare() -> Router<Web> {
    served!(turn::number)
}

/// The whole site around a world; `terms` say how much one caller may ask, and how.
pub fn router(world: Arc<World>, terms: Terms) -> Router {
    let edge = Arc::new(edge_of(&world, terms));
    let bare = bare().with_state(Web::new(Arc::clone(&world)));
    every_deed!(served)
        .route("/", get(system::root))
        .route("/wechat/enter", get(sign_in::enter))
        .route("/wechat/return", get(sign_in::returned))
        .route("/callbacks/wechat", get(callbacks::verify).post(callbacks::push))
        .route("/callbacks/wechat-pay", post(callbacks::pay_notice))
        .route("/assets/{name}", get(assets::serve))
        .route("/robots.txt", get(system::robots))
        .route(
            "/openapi.json",
            get(|| async { ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response() }),
        )
        .fallback(system::nothing)
        .method_not_allowed_fallback(system::wrong_method)
        .with_state(Web::new(world))
        .layer(axum::middleware::from_fn_with_state(edge, edge::around))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(PAGE_COMPRESSION)))
        .merge(bare)
}

fn edge_of(world: &Arc<World>, terms: Terms) -> Edge {
    let (told, sealer) = (Arc::clone(world), Arc::clone(world));
    Edge {
        clock: Arc::clone(&world.clock),
        chance: Arc::clone(&world.chance),
        origin: world.site.public_url.clone(),
        key: world.keyed("form-key", "").into_bytes(),
        policy: edge::policy(&cashiers(world)),
        help: Arc::new(Help { phone: world.site.help_phone.clone(), hours: world.site.help_hours.clone() }),
        traffic: Arc::<World>::clone(world),
        body_within: terms.body_within,
        callers: Callers::new(terms, Box::new(move |cookie| citizen::sign_in::sealed(&sealer, cookie))),
        hours: Arc::new(move |at| hours(&told, at)),
    }
}

/// Where a form of ours may lead besides to us: to the pretend cashier, and on a rail with pages of its own to the page that it names for
/// each order; at which origin that is nobody knows before.
fn cashiers(world: &World) -> Vec<String> {
    let pretend = world.site.cashier_url.as_deref().map(|url| {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
    });
    let own_page = world.payments.rail().own_page;
    // Only a demo is served without TLS, and so are its counterparts.
    let plain = own_page && world.site.public_url.starts_with("http://");
    let schemes = [(own_page, "https:"), (plain, "http:")];
    pretend
        .into_iter()
        .chain(schemes.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()))
        .collect()
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
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        assert_eq!(document, serde_json::to_value(openapi()).unwrap(), "`cargo x gen` writes it anew");
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
