//! Use cases: load what is known, let `clearway-domain` decide, save the whole consequence in one transaction.
//!
//! A use case is a plain function `fn(&World, who, ask) -> Result<View, Error>`. It knows no HTTP and no SQL text.
//! Nothing here calls the outside inside a transaction: what has to be asked of a counterpart is stored as a job
//! first ([`jobs`]) and asked afterwards.

pub mod admission;
pub mod assess;
pub mod callbacks;
pub mod citizen;
pub mod dossier;
pub mod error;
pub mod facts;
pub mod feed;
pub mod installation;
pub mod jobs;
pub mod law;
pub mod licences;
pub mod money;
pub mod officer;
pub mod reconcile;
mod region;
pub mod registered_phone;
pub mod site;
pub mod verify;
pub mod world;

// What use cases take or hand out, named for the layer above, which knows neither the store nor the connectors.
pub use clearway_connect::authority::Picture;
pub use clearway_connect::payments::{NoticeHeaders, PaySheet};
pub use clearway_connect::wechat::{JsSdkConfig, ServerQuery};
pub use clearway_store::EngineKind;
pub use clearway_store::account::Account;
pub use clearway_store::binding::Binding;
pub use clearway_store::case_file::CaseFile;
pub use error::Error;
pub use site::{May, Site};
pub use world::World;
