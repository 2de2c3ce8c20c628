//! Pretend counterparts on the real wire, with faults on demand. Shares no code with the product.
//!
//! One process and one port hold a pretend police platform (SOAP), WeChat, WeChat Pay, short messages and a face
//! check, over one pretend city. What they speak, and how they are told to misbehave, is in
//! `docs/reference/pretend-city.md`.

mod answer;
mod authority;
pub mod city;
pub mod clock;
mod control;
mod counterparts;
pub mod crowd;
mod face;
mod faults;
pub mod hostile;
mod journal;
mod keys;
mod limit;
mod live;
mod messages;
mod page;
mod pay;
mod serve;
mod signed;
mod state;
mod wechat;
mod xml;

pub use serve::{Options, Running, serve, start};
