//! Bad input, and what it gets: a clear problem or a safe "could not check", nothing lost and nothing half done.

mod callers;
mod connections;
mod ids;
mod notices;
mod platform;
mod platform_money;
mod platform_silence;
mod requests;
mod secrets;
mod silence;
mod study;
