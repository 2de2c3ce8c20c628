//! The citizen's pages, one deed per file; each view model is also the page's JSON.

pub mod confirm;
pub mod decision;
pub mod done;
pub mod evidence;
pub mod help;
pub mod identity;
pub mod order;
pub mod parts;
pub mod programmes;
pub mod quiz;
pub mod quote;
pub mod reasons;
pub mod receipt;
pub mod reconsider;
pub mod settings;
pub mod share;
pub mod sign_in;
pub mod start_case;
pub mod study;
pub mod timeline;
pub mod turn;
pub mod vehicle;
pub mod vehicles;
pub mod violation;
pub mod violations;
pub mod welcome;
