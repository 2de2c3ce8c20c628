//! The face check: a start, a page with two buttons, and a result that only the server fetches.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, Twist};
use crate::clock::offset_text;
use crate::keys::random_text;
use crate::page;
use crate::signed;
use crate::state::{Arrived, World};
use crate::xml::escape;

#[derive(Clone, Debug)]
struct Check {
    id_number: String,
    name: String,
    return_url: String,
    extra: String,
    outcome: &'static str,
    code: &'static str,
    finished_at: Option<String>,
}

/// All checks by token.
#[derive(Debug, Default)]
pub struct FaceChecks(HashMap<String, Check>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    id_number: String,
    name: String,
    return_url: String,
    #[serde(default)]
    extra: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    token: String,
}

#[derive(Deserialize)]
struct Shown {
    token: String,
    #[serde(default)]
    result: String,
}

/// The paths of the face check.
pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/face/start", post(start))
        .route("/face/result", post(result))
        .route("/face/check", get(show).post(decide))
}

async fn start(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    signed_call(&world, "face_start", &headers, &body, |body| {
        let ask: Start = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        let token = random_text(32);
        let url = format!("{}/face/check?token={token}", world.public_url);
        world.faces().0.insert(
            token.clone(),
            Check {
                id_number: ask.id_number,
                name: ask.name,
                return_url: ask.return_url,
                extra: ask.extra,
                outcome: "pending",
                code: "",
                finished_at: None,
            },
        );
        Ok(json!({"ok": true, "token": token, "url": url}))
    })
    .await
}

async fn result(State(world): State<Arc<World>>, headers: HeaderMap, body: Bytes) -> Response {
    signed_call(&world, "face_result", &headers, &body, |body| {
        let ask: Ask = serde_json::from_slice(body).map_err(|e| e.to_string())?;
        let faces = world.faces();
        let check = faces.0.get(&ask.token).ok_or("没有这次核验")?;
        Ok(json!({
            "ok": true, "outcome": check.outcome, "code": check.code, "id_number": check.id_number,
            "extra": check.extra, "finished_at": check.finished_at,
        }))
    })
    .await
}

async fn signed_call(
    world: &World,
    call: &str,
    headers: &HeaderMap,
    body: &[u8],
    mut act: impl FnMut(&[u8]) -> Result<Value, String>,
) -> Response {
    let fields: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let key = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let keys = [key("id_number"), key("token")];
    let arrived = Arrived {
        side: "face",
        calls: &[call],
        wire: format!("POST /face/{}", call.trim_start_matches("face_")),
        keys: &[keys[0].as_str(), keys[1].as_str()],
        habit: String::new(),
        fields: fields.clone(),
    };
    let refuse = |status: u16, code: &str, text: &str| {
        (
            Answer::json(status, &json!({"ok": false, "code": code, "message": text})),
            format!("refused: {code}"),
        )
    };
    world
        .run(arrived, |twist| {
            if let Twist::Refuse(text) = twist {
                return refuse(200, "REFUSED", text);
            }
            if let Err(text) = signed::check(&world.keys.material.face_key, world.now(), headers, body) {
                return refuse(401, "SIGN_ERROR", text);
            }
            match act(body) {
                Ok(value) => (Answer::json(200, &value), "ok".into()),
                Err(text) => refuse(400, "BAD_REQUEST", &text),
            }
        })
        .await
}

async fn show(State(world): State<Arc<World>>, Query(shown): Query<Shown>) -> Response {
    let Some(check) = world.faces().0.get(&shown.token).cloned() else {
        return Answer::html(page::page("人脸核验", "<p>没有这次核验，或已过期。</p>")).send();
    };
    let first = check.name.chars().next().unwrap_or('某');
    let token = page::hidden("token", &shown.token);
    let body = format!(
        "<div class=\"card\"><p>正在核验：<b>{}**</b></p><p class=\"soft\">真实环境里这里会打开摄像头。演示里由您决定结果。</p></div><form method=\"post\" action=\"/face/check\">{token}<button class=\"go\" name=\"result\" value=\"passed\">通过</button><button name=\"result\" value=\"failed\">不通过</button></form>",
        escape(&first.to_string())
    );
    Answer::html(page::page("人脸核验", &body)).send()
}

async fn decide(State(world): State<Arc<World>>, Form(shown): Form<Shown>) -> Response {
    let now = offset_text(world.now());
    let back = {
        let mut faces = world.faces();
        let Some(check) = faces.0.get_mut(&shown.token) else {
            return Answer::html(page::page("人脸核验", "<p>没有这次核验，或已过期。</p>")).send();
        };
        if check.outcome == "pending" {
            let passed = shown.result == "passed";
            check.outcome = if passed { "passed" } else { "failed" };
            check.code = if passed { "" } else { "FACE_MISMATCH" };
            check.finished_at = Some(now);
        }
        let join = if check.return_url.contains('?') { '&' } else { '?' };
        format!("{}{join}token={}", check.return_url, shown.token)
    };
    Answer::redirect(&back).send()
}
