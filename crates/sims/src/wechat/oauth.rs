//! Web sign-in: the persona picker in place of WeChat's own page, and the exchange of codes.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{OriginalUri, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::WHO;
use super::{Code, is_openid};
use crate::answer::{Answer, Twist};
use crate::city::Account;
use crate::keys::random_text;
use crate::page;
use crate::state::{Arrived, World};
use crate::xml::escape;

/// What a browser asks with.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    appid: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    persona: String,
    q: String,
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Host and port of an address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Loopback addresses are one host in a demo: 127.0.0.1 and localhost.
fn same_host(one: &str, other: &str) -> bool {
    let plain = |url: &str| host(url).replace("localhost", "127.0.0.1");
    !plain(one).is_empty() && plain(one) == plain(other)
}

impl Asked {
    fn fault(&self, world: &World) -> Option<&'static str> {
        if self.appid != world.keys.material.appid {
            return Some("appid 参数错误,错误码:10013");
        }
        if self.response_type != "code" {
            return Some("response_type 参数错误");
        }
        if !matches!(self.scope.as_str(), "snsapi_base" | "snsapi_userinfo") {
            return Some("Scope 参数错误或没有 Scope 权限,错误码:10005");
        }
        if !same_host(&self.redirect_uri, &world.product_url) {
            return Some("redirect_uri 域名与后台配置不一致,错误码:10003");
        }
        let fine = self.state.len() <= 128 && self.state.bytes().all(|b| b.is_ascii_alphanumeric());
        if fine { None } else { Some("state 只能是字母和数字,最多128字节") }
    }

    /// This request again, for another person.
    fn link(&self, persona: &str) -> String {
        format!(
            "/connect/oauth2/authorize?appid={}&redirect_uri={}&response_type=code&scope={}&state={}&persona={}",
            encoded(&self.appid),
            encoded(&self.redirect_uri),
            encoded(&self.scope),
            encoded(&self.state),
            encoded(persona)
        )
    }

    fn back(&self, code: Option<&str>) -> Answer {
        let join = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let code = code.map(|c| format!("code={c}&")).unwrap_or_default();
        Answer::redirect(&format!("{}{join}{code}state={}", self.redirect_uri, encoded(&self.state)))
    }
}

/// `GET /connect/oauth2/authorize`
pub async fn authorize(
    State(world): State<Arc<World>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    if let Some(fault) = asked.fault(&world) {
        return Answer::html(page::page("无法登录", &format!("<p>{fault}</p>"))).send();
    }
    match asked.persona.as_str() {
        "" => Answer::html(picker(&world, &asked, &who_before(&headers))).send(),
        "-" => asked.back(None).send(),
        openid if is_openid(openid) => {
            let code = random_text(32);
            let now = world.now();
            world
                .wechat()
                .codes
                .insert(code.clone(), Code { openid: openid.to_owned(), at: now, used: false });
            asked.back(Some(&code)).send()
        }
        _ => Answer::html(page::page("无法登录", "<p>没有这个人。</p>")).send(),
    }
}

/// Who one was on the account page, if anybody.
fn who_before(headers: &HeaderMap) -> String {
    let cookies = headers.get("cookie").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let value = cookies.split(';').find_map(|c| c.trim().strip_prefix(WHO)?.strip_prefix('='));
    value.filter(|who| is_openid(who)).unwrap_or_default().to_owned()
}

fn picker(world: &World, asked: &Asked, before: &str) -> String {
    let live = world.live();
    let keep = [
        ("appid", &asked.appid),
        ("redirect_uri", &asked.redirect_uri),
        ("response_type", &asked.response_type),
        ("scope", &asked.scope),
        ("state", &asked.state),
    ];
    let kept: String = keep.iter().map(|(name, value)| page::hidden(name, value)).collect();
    let mut body = format!(
        "<p class=\"soft\">代替微信的授权页:选一个人,看他会遇到什么。<span lang=\"en\">In place of WeChat’s own page: pick a person.</span></p><form method=\"get\" action=\"/connect/oauth2/authorize\" role=\"search\">{kept}<label for=\"q\" class=\"soft\">找人:姓名、openid、手机、车牌、原因编号</label><input id=\"q\" name=\"q\" type=\"search\" value=\"{}\"><button>查找</button></form>",
        escape(&asked.q)
    );
    if !before.is_empty() && asked.q.is_empty() {
        body.push_str("<h2>公众号里的这个人</h2>");
        match live.city.accounts.iter().find(|a| a.openid == before) {
            Some(account) => body.push_str(&card(asked, account)),
            None => {
                let link = escape(&asked.link(before));
                body.push_str(&format!("<a class=\"card\" href=\"{link}\"><b>{}</b></a>", escape(before)));
            }
        }
    }
    let wanted = asked.q.trim().to_lowercase();
    let mut group = "";
    let mut shown = 0;
    for account in &live.city.accounts {
        let persona = !account.persona.is_empty();
        if (wanted.is_empty() && !persona) || !matches(account, &wanted) || shown >= 160 {
            continue;
        }
        let heading = if persona { account.group.as_str() } else { "普通市民" };
        if heading != group {
            body.push_str(&format!("<h2>{}</h2>", escape(heading)));
            group = heading;
        }
        shown += 1;
        body.push_str(&card(asked, account));
    }
    if shown == 0 {
        body.push_str("<p>没有找到。</p>");
    }
    let visitor = format!("demo-visitor-{}", random_text(8).to_lowercase());
    body.push_str(&format!(
        "<h2>其他</h2><a class=\"card\" href=\"{}\"><b>新访客</b><p class=\"soft\">一个谁也不认识的微信号。<span lang=\"en\">An account nobody knows.</span></p></a><a class=\"card\" href=\"{}\"><b>拒绝授权</b><p class=\"soft\">不带 code 回去。<span lang=\"en\">Back without a code.</span></p></a>",
        escape(&asked.link(&visitor)),
        escape(&asked.link("-"))
    ));
    page::page("选择身份登录", &body)
}

fn matches(account: &Account, wanted: &str) -> bool {
    wanted.is_empty()
        || account.openid.to_lowercase().contains(wanted)
        || account.persona.contains(wanted)
        || account.phone.contains(wanted)
        || account.story_zh.contains(wanted)
        || account.shows.iter().chain(&account.on_the_way).any(|s| s.to_lowercase().contains(wanted))
        || account.bound.iter().any(|b| b.plate.to_lowercase().contains(wanted))
}

fn card(asked: &Asked, account: &Account) -> String {
    let name = if account.persona.is_empty() { &account.openid } else { &account.persona };
    let tags: String = account
        .shows
        .iter()
        .chain(&account.on_the_way)
        .map(|s| format!("<span class=\"tag\">{}</span>", escape(s)))
        .collect();
    let plates: Vec<&str> = account.bound.iter().map(|b| b.plate.as_str()).collect();
    format!(
        "<a class=\"card\" href=\"{}\"><b>{}</b> <span class=\"soft\">{}</span><p>{}</p><p class=\"soft\" lang=\"en\">{}</p><p class=\"soft\">{}</p><div class=\"tags\">{tags}</div></a>",
        escape(&asked.link(&account.openid)),
        escape(name),
        escape(&account.openid),
        escape(&account.story_zh),
        escape(&account.story_en),
        escape(&format!("{} · {}", account.visit_zh, plates.join(" "))),
    )
}

/// WeChat says 200 and `text/plain`, whatever happened.
pub fn told(value: &Value) -> Answer {
    Answer::new(200, "text/plain; charset=utf-8", value.to_string())
}

/// An error of WeChat.
pub fn errcode(code: i64, text: &str) -> Value {
    json!({"errcode": code, "errmsg": text})
}

/// `GET /sns/oauth2/access_token`
pub async fn access_token(
    State(world): State<Arc<World>>,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let code = query.get("code").cloned().unwrap_or_default();
    let openid = world.wechat().codes.get(&code).map(|c| c.openid.clone()).unwrap_or_default();
    let arrived = Arrived {
        side: "wechat",
        calls: &["sign_in"],
        wire: format!("GET {}", uri.path()),
        keys: &[openid.as_str()],
        habit: String::new(),
        fields: json!({ "code": code }),
    };
    world
        .run(arrived, |twist| {
            let answer = match twist {
                Twist::Refuse(text) => errcode(text.parse().unwrap_or(-1), "refused on demand"),
                _ => exchange(&world, &query),
            };
            let outcome = answer.get("errcode").map_or("ok".to_owned(), |e| format!("errcode {e}"));
            (told(&answer), outcome)
        })
        .await
}

fn exchange(world: &World, query: &HashMap<String, String>) -> Value {
    let get = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    if get("appid") != world.keys.material.appid {
        return errcode(40013, "invalid appid");
    }
    if get("secret") != world.keys.material.secret {
        return errcode(40125, "invalid appsecret");
    }
    if get("grant_type") != "authorization_code" {
        return errcode(40002, "invalid grant_type");
    }
    if get("code").is_empty() {
        return errcode(41008, "missing code");
    }
    let now = world.now();
    let openid = {
        let mut wechat = world.wechat();
        let Some(code) = wechat.codes.get_mut(get("code")) else { return errcode(40029, "invalid code") };
        if code.used {
            return errcode(40163, "code been used");
        }
        if now.duration_since(code.at) > SignedDuration::from_mins(5) {
            return errcode(40029, "invalid code, expired");
        }
        code.used = true;
        code.openid.clone()
    };
    let snapshot = world.live().account(&openid).is_some_and(|account| account.snapshot);
    let mut answer = json!({
        "access_token": random_text(107),
        "expires_in": 7200,
        "refresh_token": random_text(107),
        "openid": openid,
        "scope": "snsapi_base",
    });
    if snapshot {
        answer["is_snapshotuser"] = json!(1);
    }
    answer
}

/// `GET /sns/userinfo`: this account only uses silent sign-in.
pub async fn user_info() -> Response {
    told(&errcode(48001, "api unauthorized")).send()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_host_is_redirected_to() {
        assert!(same_host("http://localhost:8080/a", "http://127.0.0.1:8080"));
        assert!(!same_host("http://127.0.0.1:8080.evil.example/a", "http://127.0.0.1:8080"));
        assert!(!same_host("//127.0.0.1:8080/a", "http://127.0.0.1:8080"));
        assert!(!same_host("http://evil.example/http://127.0.0.1:8080", "http://127.0.0.1:8080"));
    }
}
