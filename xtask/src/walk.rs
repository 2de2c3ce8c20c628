//! A driver's way through the product over HTTP, as the demo's own check walks it.

use anyhow::{Result, bail};

use crate::http::{Answer, Visitor};

/// 我的违法.
pub const LIST: &str = "/violations";

/// Signs in as a persona of the pretend city; the answer is the page that it leads to.
pub fn sign_in(visitor: &mut Visitor, url: &str, persona: &str) -> Result<Answer> {
    let start = visitor.get(&format!("{url}/sign-in"))?;
    let Some(authorize) = start.location else {
        bail!("{url}/sign-in answered {} and leads nowhere", start.status);
    };
    let picked = visitor.get(&format!("{authorize}&openid={persona}"))?;
    visitor.follow(picked)
}
