//! The waiting room: who is next, how long it takes, and how fast the counterpart may be asked.
//!
//! What is metered is *work for the police platform*, never page views. A turn is a place in the order of arrival,
//! counted in buckets of one second; the work behind it is a durable intent that the server carries out whether the
//! person stays or not. Everything in here is arithmetic: time comes in as a number, state as a value.
//!
//! | File | What it knows |
//! |---|---|
//! | `ticket` | a place, sealed for its holder |
//! | `room` | people ahead of a place, from prefix sums over the buckets |
//! | `meter` | the rate at which turns end, measured, and the wait as a band |
//! | `pacer` | additive increase, multiplicative decrease, never above the ceiling |
//! | `head` | how far a line without places has come, and when something in it is begun |
//! | `beside` | checks that wait beside the turns, and how fast they become fewer |
//! | `balance` | decisions and checks have their parts of the platform while both wait |
//! | `share` | each node's part of the ceiling |
//! | `again` | when a page that waits asks again |
//! | `manners` | what is refused first when something runs out |

pub mod again;
pub mod balance;
pub mod beside;
pub mod head;
pub mod manners;
pub mod meter;
pub mod pacer;
pub mod room;
pub mod share;
pub mod ticket;

pub use again::again_ms;
pub use balance::{Balance, Side};
pub use beside::{Beside, Checks};
pub use head::Head;
pub use manners::{Deed, Pressure};
pub use meter::{Meter, Rates, Wait};
pub use pacer::{Pacer, Window};
pub use room::{Bucket, Place, Room};
pub use ticket::{Ticket, TicketFault};

/// Lanes of a bucket: rows that different drivers count in, so that one second is not one hot row.
pub const LANES: u8 = 8;
