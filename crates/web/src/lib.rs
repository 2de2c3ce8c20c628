//! The pages and their API: axum, templates, assets, problem+json, OpenAPI.
