//! Pretend counterparts on the real wire, with faults on demand. Shares no code with the product.
//!
//! One process and one port hold a pretend police platform (SOAP), WeChat, WeChat Pay, short messages and a face
//! check, over one pretend city.

pub mod city;
pub mod clock;
