//! Clients of the outside: police platform, WeChat, WeChat Pay, messages, face check.
//!
//! Each counterpart is one trait (what the service may ask) and one client that speaks the real wire. Three promises
//! hold for all of them:
//!
//! * **Unknown stays unknown.** A field that the wire omits, or fills with nonsense, is `None`; it is never replaced by
//!   a default that a rule could mistake for a fact.
//! * **No call waits for ever.** Every call has one deadline for the whole of it, connecting and the last body byte
//!   included, and a limit on what it will read.
//! * **A write that may have happened says so.** [`Fault::may_have_acted`] tells a job whether it may send the same
//!   thing again or must first look.
//!
//! All calls block: run them from job threads, never from inside an async runtime.

pub mod authority;
mod chance;
mod counterparts;
pub mod face;
pub mod fault;
mod gateway;
mod http;
pub mod notify;
pub mod pace;
pub mod payments;
pub mod secret;
#[cfg(test)]
mod testing;
pub mod wechat;
mod xml;

pub use counterparts::{Clients, Counterparts};
pub use fault::Fault;
pub use http::{ConfigFault, Limits};
pub use pace::{Pace, calls_made};
pub use secret::{Pem, Secret};
