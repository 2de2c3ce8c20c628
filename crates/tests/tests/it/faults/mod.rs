//! Ring: faults. Our clients against the pretend counterparts on the real wire, with the counterparts misbehaving as
//! `docs/reference/pretend-city.md` describes: one test for each row of the protocols' hostile inputs that a client can
//! meet. What only bytes made by hand can show is tested beside the client, in `crates/connect`.

mod nth;
mod rails;
pub mod stage;
mod wire_authority;
mod wire_authority_late;
mod wire_authority_writes;
mod wire_nontax;
mod wire_nontax_refund;
mod wire_notify_face;
mod wire_wechat;
mod wire_wechat_pay;
mod wire_wechat_pay_combined;
mod wire_wechat_pay_notice;
mod wire_wechat_pay_refund;
