//! The card with which a driver passes the service on. It holds nothing personal.

use clearway_connect::wechat::JsSdkConfig;

use crate::World;

/// A generic card and, where signing worked, what the JS-SDK needs.
#[derive(Debug, Clone)]
pub struct Share {
    /// Title of the card.
    pub title: String,
    /// One sentence.
    pub text: String,
    /// Address of the public page; never a page of the person.
    pub link: String,
    /// Signed configuration for the page that asked; `None` loses sharing and nothing else.
    pub config: Option<JsSdkConfig>,
}

/// The card, signed for the page at `path`. `place` is what a call to WeChat needs; without one the page is not signed.
#[must_use]
pub fn card<P>(world: &World, path: &str, place: impl FnOnce() -> Option<P>) -> Share {
    let url = format!("{}{}", world.site.public_url, path.split('#').next().unwrap_or("/"));
    let config = place().and_then(|_place| {
        let signed = world.wechat.jssdk(&url);
        signed
            .inspect_err(|fault| tracing::warn!(%fault, "sharing is lost: the page could not be signed"))
            .ok()
    });
    Share {
        title: format!("{}交通违法自助处理", world.site.city_zh),
        text: "查违法、用首违警告、学习减分、合并缴款，手机上就能办".to_owned(),
        link: format!("{}/programmes", world.site.public_url),
        config,
    }
}
