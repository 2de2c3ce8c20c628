//! Every address on one page.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use clearway_service::World;

/// The whole web over one world.
pub fn router(world: Arc<World>) -> Router {
    Router::new().route("/healthz", get(|| async { "ok" })).with_state(world)
}
