//! Messages and events of the Official Account: server verification, subscribe with welcome, unsubscribe.

use clearway_connect::wechat::{Incoming, IncomingKind, MenuButton, PushFault, ServerQuery};
use clearway_store::{account, inbox};

use crate::{Error, World};

/// How a push is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Accepted, nothing to say: an empty body stops the retries.
    Silent,
    /// A sealed reply.
    Reply(String),
    /// Not accepted: 4xx, nothing changed.
    Refused(PushFault),
}

/// Answers the platform's check of our address.
#[must_use]
pub fn verify(world: &World, query: &ServerQuery) -> Option<String> {
    world.wechat.verify_server(query)
}

/// Takes a pushed message: opened, recorded once by its key, then applied.
///
/// # Errors
/// [`Error::Store`] when it cannot be recorded; the platform then sends it again.
pub fn push(world: &World, query: &ServerQuery, body: &[u8]) -> Result<Answer, Error> {
    let incoming = match world.wechat.open_message(query, body) {
        Ok(incoming) => incoming,
        Err(fault) => {
            tracing::warn!(%fault, "a pushed message was refused");
            return Ok(Answer::Refused(fault));
        }
    };
    let now = world.now().as_millisecond();
    let driver = world.driver_of(incoming.from.as_str());
    let first_time = world.db.write(|tx| {
        let fresh = inbox::receive(tx, "wechat", &incoming.dedup, b"", "{}", now)?;
        if fresh {
            apply(tx, &driver, &incoming, now)?;
            inbox::applied(tx, "wechat", &incoming.dedup, now)?;
        }
        Ok::<_, Error>(fresh)
    })?;
    // A repeated push is answered again: the first answer may not have arrived, and a reply has no further effect.
    let _ = first_time;
    let Some(words) = words(world, &incoming) else {
        return Ok(Answer::Silent);
    };
    let xml = reply_xml(&incoming, &words, now / 1000);
    match world.wechat.seal_reply(&xml) {
        Ok(sealed) => Ok(Answer::Reply(sealed)),
        Err(fault) => {
            tracing::error!(%fault, "a reply could not be sealed");
            Ok(Answer::Silent)
        }
    }
}

fn apply(tx: &mut clearway_store::Tx, driver: &str, incoming: &Incoming, now: i64) -> Result<(), Error> {
    match &incoming.kind {
        IncomingKind::Subscribe { .. } | IncomingKind::Scan { .. } => {
            account::ensure(tx, driver, incoming.from.as_str(), now)?;
            account::set_followed(tx, driver, Some(now))?;
        }
        // The platform's rule: what came from it about this follower goes. Handling records stay, by statute.
        IncomingKind::Unsubscribe => account::set_followed(tx, driver, None)?,
        IncomingKind::Click { .. }
        | IncomingKind::View { .. }
        | IncomingKind::Text { .. }
        | IncomingKind::TemplateSent { .. }
        | IncomingKind::Other { .. } => {}
    }
    Ok(())
}

/// What a follower reads, if anything.
fn words(world: &World, incoming: &Incoming) -> Option<String> {
    let link = format!("{}/violations", world.site.public_url);
    match &incoming.kind {
        IncomingKind::Subscribe { .. } | IncomingKind::Scan { .. } => Some(format!(
            "欢迎关注{}。<a href=\"{link}\">点这里进入“我的违法”</a>：看违法记录、查首违警告和学习减分资格、几条违法一次缴清。以后从菜单“V用户 → 我的违法”进入，每天 6:00–22:00 办理。",
            world.site.office_zh
        )),
        IncomingKind::Text { .. } => Some(format!(
            "处理违法请进<a href=\"{link}\">“我的违法”</a>。需要人工帮助请打 {}（{}）。",
            world.site.help_phone, world.site.help_hours
        )),
        IncomingKind::Unsubscribe
        | IncomingKind::Click { .. }
        | IncomingKind::View { .. }
        | IncomingKind::TemplateSent { .. }
        | IncomingKind::Other { .. } => None,
    }
}

fn reply_xml(incoming: &Incoming, words: &str, created_s: i64) -> String {
    // CDATA cannot hold its own end mark; our words come from configuration, so it is cut apart all the same.
    let words = words.replace("]]>", "]]]]><![CDATA[>");
    format!(
        "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>\
         <CreateTime>{created_s}</CreateTime><MsgType><![CDATA[text]]></MsgType>\
         <Content><![CDATA[{words}]]></Content></xml>",
        incoming.from.as_str().replace("]]>", ""),
        incoming.to.replace("]]>", ""),
    )
}

/// The account's menu: group V用户 with 我的违法 first.
#[must_use]
pub fn menu(world: &World) -> Vec<MenuButton> {
    let link = |name: &str, path: &str| MenuButton {
        name: name.to_owned(),
        url: Some(format!("{}{path}", world.site.public_url)),
        sub_buttons: Vec::new(),
    };
    vec![MenuButton {
        name: "V用户".to_owned(),
        url: None,
        sub_buttons: vec![
            link("我的违法", "/violations"),
            link("我的车辆", "/vehicles"),
            link("首违警告和学习减分", "/programmes"),
            link("找人帮忙", "/help"),
        ],
    }]
}

/// Publishes the menu; done once when the service starts, and harmless when repeated.
///
/// # Errors
/// [`Error::Unavailable`] when WeChat does not take it; the service runs without.
pub fn publish_menu(world: &World) -> Result<(), Error> {
    world.wechat.create_menu(&menu(world)).map_err(|fault| Error::Unavailable { who: "wechat", fault })
}
