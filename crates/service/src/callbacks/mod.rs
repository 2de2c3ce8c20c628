//! What counterparts send us: verified over raw bytes, stored in the inbox, answered, applied once.

pub mod wechat;
pub mod wechat_pay;
