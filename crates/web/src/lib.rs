//! The pages and their API: axum, templates, assets, problem+json, OpenAPI.
//!
//! Every page is its own API (`design.md` rule 13): a handler returns one view model, [`page::Page`] renders it or sends
//! it as JSON, [`body::Body`] reads forms and JSON alike, and the OpenAPI document is made from those same types.

pub mod assets;
pub mod body;
pub mod callbacks;
pub mod callers;
pub mod choice;
pub mod citizen;
pub mod ctx;
pub mod door;
pub mod edge;
pub mod figures;
#[cfg(test)]
mod gallery;
pub mod guard;
pub mod icon;
pub mod metrics;
pub mod money;
pub mod officer;
pub mod outward;
pub mod page;
pub mod private;
pub mod problem;
pub mod router;
pub mod shown;
pub mod system;
pub mod text;
pub mod traffic;
pub mod web;

pub use router::{openapi, router};
