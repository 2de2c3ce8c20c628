//! The official account as a follower sees it: its QR code, the follow button, messages, the menu.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::{api, is_openid, push};
use crate::answer::Answer;
use crate::page;
use crate::state::World;
use crate::xml::{self, Node, escape};

/// What the page is asked with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    ticket: String,
    #[serde(rename = "as")]
    openid: String,
    note: String,
}

impl Asked {
    fn who(&self) -> &str {
        if is_openid(&self.openid) { &self.openid } else { "demo-fresh" }
    }

    fn address(&self, note: &str) -> String {
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        format!("/account?as={}&ticket={}&note={}", part(self.who()), part(&self.ticket), part(note))
    }
}

/// `GET /account`
pub async fn show(State(world): State<Arc<World>>, Query(asked): Query<Asked>) -> Response {
    let who = asked.who().to_owned();
    let (ticket, followed, bubbles, menu) = {
        let wechat = world.wechat();
        let newest = wechat.scenes.keys().max().cloned().unwrap_or_default();
        let ticket = if asked.ticket.is_empty() { newest } else { asked.ticket.clone() };
        let bubbles: String =
            wechat.bubbles.iter().filter(|(to, _)| *to == who).map(|(_, markup)| markup.as_str()).collect();
        (ticket, wechat.followers.contains(&who), bubbles, wechat.menu.clone())
    };
    let code = api::svg(&format!("{}/account?ticket={ticket}", world.public_url));
    let mut body = format!(
        "<p class=\"center soft\">微信公众号 · 演示</p><div class=\"qr\" role=\"img\" aria-label=\"公众号二维码\">{code}</div>"
    );
    if !asked.note.is_empty() {
        body.push_str(&format!("<p class=\"card\" role=\"status\">{}</p>", escape(&asked.note)));
    }
    let fields = format!("{}{}", page::hidden("ticket", &ticket), page::hidden("as", &who));
    let verb = if followed { "再扫一次(SCAN)" } else { "关注" };
    body.push_str(&format!(
        "<p class=\"center soft\">您现在是 {}</p><form method=\"post\" action=\"/account/follow\">{fields}<button class=\"go\">{verb}</button></form>",
        escape(&who)
    ));
    if !bubbles.is_empty() {
        body.push_str(&format!("<h2>公众号发来</h2>{bubbles}"));
    }
    body.push_str(&format!("<h2>菜单</h2>{}", menu_markup(&menu)));
    body.push_str(&format!(
        "<h2>换个人</h2><form method=\"get\" action=\"/account\">{}<label for=\"as\" class=\"soft\">openid</label><input id=\"as\" name=\"as\" value=\"{}\"><button>换</button></form><form method=\"post\" action=\"/account/verify\">{fields}<button>验证服务器地址</button></form>",
        page::hidden("ticket", &ticket),
        escape(&who)
    ));
    let mut answer = Answer::html(page::page("清途", &body));
    answer.headers.push(("set-cookie", format!("{WHO}={who}; Path=/connect; HttpOnly; SameSite=Lax")));
    answer.send()
}

/// The cookie that tells the sign-in page who one was on the account page.
pub const WHO: &str = "sims_who";

fn menu_markup(menu: &Value) -> String {
    let Some(buttons) = menu.get("button").and_then(Value::as_array) else {
        return "<p class=\"soft\">公众号还没有菜单。产品启动时会创建它。</p>".into();
    };
    let link = |leaf: &Value| {
        let name = leaf.get("name").and_then(Value::as_str).unwrap_or_default();
        match leaf.get("url").and_then(Value::as_str) {
            Some(url) => format!("<a class=\"button\" href=\"{}\">{}</a>", escape(url), escape(name)),
            None => format!("<p class=\"button\">{}</p>", escape(name)),
        }
    };
    let column = |button: &Value| {
        let subs = button.get("sub_button").and_then(Value::as_array).cloned().unwrap_or_default();
        if subs.is_empty() {
            return format!("<div>{}</div>", link(button));
        }
        let name = button.get("name").and_then(Value::as_str).unwrap_or_default();
        let links: String = subs.iter().map(link).collect();
        format!("<div><p class=\"soft center\">{}</p>{links}</div>", escape(name))
    };
    format!("<div class=\"menu\">{}</div>", buttons.iter().map(column).collect::<String>())
}

/// `POST /account/follow`: the subscribe event (or SCAN, for one who follows already).
pub async fn follow(State(world): State<Arc<World>>, Form(asked): Form<Asked>) -> Response {
    let who = asked.who().to_owned();
    let (scene, new) = {
        let mut wechat = world.wechat();
        let scene = wechat.scenes.get(&asked.ticket).map(|s| s.scene.clone()).unwrap_or_default();
        (scene, wechat.followers.insert(who.clone()))
    };
    let event_key = match (new, scene.is_empty()) {
        (true, false) => format!("qrscene_{scene}"),
        _ => scene.clone(),
    };
    let event = push::Event {
        openid: who.clone(),
        event: if new || scene.is_empty() { "subscribe".into() } else { "SCAN".into() },
        event_key,
        ticket: asked.ticket.clone(),
        ..push::Event::default()
    };
    let reply = push::send(&world, &event).await;
    let note = if reply.status == 0 {
        "产品没有回答(5 秒内)。".to_owned()
    } else if !reply.fault.is_empty() {
        format!("回复读不懂:{}", reply.fault)
    } else {
        if let Some(markup) = bubble(&reply.message) {
            world.wechat().bubbles.push((who, markup));
        }
        String::new()
    };
    Answer::redirect(&asked.address(&note)).send()
}

/// `POST /account/verify`
pub async fn verify(State(world): State<Arc<World>>, Form(asked): Form<Asked>) -> Response {
    let (status, _, right) = push::verify(&world, false).await;
    let note = if right {
        "服务器验证通过。".to_owned()
    } else {
        format!("服务器验证没有通过(状态 {status})。")
    };
    Answer::redirect(&asked.address(&note)).send()
}

/// A reply as the phone shows it: text with its links, or articles.
#[must_use]
pub fn bubble(message: &str) -> Option<String> {
    let message = xml::parse(message).ok()?;
    match message.value("MsgType") {
        "text" => Some(format!("<div class=\"bubble\">{}</div>", linked(message.value("Content")))),
        "news" => {
            let articles = message.child("Articles")?;
            let article = |item: &Node| {
                format!(
                    "<a class=\"card\" href=\"{}\"><b>{}</b><p>{}</p></a>",
                    escape(item.value("Url")),
                    escape(item.value("Title")),
                    escape(item.value("Description"))
                )
            };
            Some(articles.children.iter().map(article).collect())
        }
        _ => None,
    }
}

/// Text with `<a href="…">…</a>` kept as links and everything else escaped.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("<a ") {
        out.push_str(&escape(&rest[..start]));
        let tag = &rest[start..];
        let (Some(open), Some(close)) = (tag.find('>'), tag.find("</a>")) else { break };
        let href = tag[..open].split('"').nth(1).unwrap_or_default();
        if open < close && href.starts_with("http") {
            out.push_str(&format!("<a href=\"{}\">{}</a>", escape(href), escape(&tag[open + 1..close])));
        }
        rest = &tag[close + 4..];
    }
    out.push_str(&escape(rest));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_keeps_its_link_and_nothing_else() {
        let reply = "<xml><MsgType>text</MsgType><Content><![CDATA[欢迎 <b>x</b> <a href=\"http://h/my\">我的违法</a>]]></Content></xml>";
        let shown = bubble(reply).unwrap();
        assert!(shown.contains("<a href=\"http://h/my\">我的违法</a>"), "{shown}");
        assert!(shown.contains("&lt;b&gt;"));
    }
}
