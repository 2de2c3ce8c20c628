//! The control page of tests and demos: faults, journal, state, hostile messages.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authority::codec::SiteStyle;
use crate::clock::offset_text;
use crate::faults::RuleText;
use crate::limit;
use crate::live::plate_key;
use crate::pay::bills::Plan;
use crate::pay::control;
use crate::pay::hostile::{self, Twisted};
use crate::state::World;
use crate::wechat::push;

/// The paths of the control page.
pub fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/control/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/control/limit", get(show_limit).post(set_limit))
        .route("/control/turns", get(turns))
        .route("/control/takings", get(takings))
        .route("/control/calls", get(calls).delete(clear_calls))
        .route("/control/state", post(state))
        .route("/control/site", post(site))
        .route("/control/pay", post(pay))
        .route("/control/bill", post(bill))
        .route("/control/notify", post(notify))
        .route("/control/wechat/{what}", post(wechat))
        .route("/control/clock", get(clock))
        .route("/control/personas", get(personas))
}

fn bad(text: impl ToString) -> Response {
    Answer::json(400, &json!({"error": text.to_string()})).send()
}

fn good(value: &Value) -> Response {
    Answer::json(200, value).send()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|e| e.to_string())
}

async fn list_faults(State(world): State<Arc<World>>) -> Response {
    good(&json!({ "faults": world.faults.list() }))
}

async fn add_fault(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read::<RuleText>(&body).and_then(|rule| world.faults.add(rule)) {
        Ok(()) => good(&json!({ "faults": world.faults.list() })),
        Err(text) => bad(text),
    }
}

async fn clear_faults(State(world): State<Arc<World>>) -> Response {
    world.faults.clear();
    good(&json!({"faults": []}))
}

/// What the police platform takes in a second.
async fn set_limit(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read::<limit::Ask>(&body) {
        Ok(ask) => {
            world.limit.set(ask);
            good(&world.limit.told())
        }
        Err(text) => bad(text),
    }
}

async fn show_limit(State(world): State<Arc<World>>) -> Response {
    good(&world.limit.told())
}

/// When each record was first tried to be decided, and how often it was.
async fn turns(State(world): State<Arc<World>>) -> Response {
    good(&world.limit.turns())
}

/// What was paid at the rail in all.
async fn takings(State(world): State<Arc<World>>) -> Response {
    let (orders, fen) = world.pay().takings();
    good(&json!({ "orders": orders, "fen": fen }))
}

#[derive(Deserialize)]
struct Which {
    call: Option<String>,
    key: Option<String>,
    #[serde(default)]
    after: u64,
}

async fn calls(State(world): State<Arc<World>>, Query(which): Query<Which>) -> Response {
    let list = world.journal.list(which.call.as_deref(), which.key.as_deref(), which.after);
    good(&json!({ "calls": list }))
}

async fn clear_calls(State(world): State<Arc<World>>) -> Response {
    world.journal.clear();
    good(&json!({"calls": []}))
}

/// Reads or changes one thing of the city: `set` is merged over its plain fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateAsk {
    /// `record`, `vehicle`, `driver`, `driver_file`, `decision` or `new_record`.
    what: String,
    /// Serial, plate key (`02:鄂A…`), identity number or decision number.
    #[serde(default)]
    key: String,
    /// New values by plain field name.
    #[serde(default)]
    set: serde_json::Map<String, Value>,
}

async fn state(State(world): State<Arc<World>>, body: Bytes) -> Response {
    let ask: StateAsk = match read(&body) {
        Ok(ask) => ask,
        Err(text) => return bad(text),
    };
    let mut live = world.live();
    let done = match ask.what.as_str() {
        "record" => merged(live.record_mut(&ask.key), &ask.set),
        "vehicle" => merged(live.vehicle_mut(&ask.key), &ask.set),
        "driver" => merged(live.driver_mut(&ask.key), &ask.set),
        "driver_file" => merged(live.file_mut(&ask.key), &ask.set),
        "decision" => merged(live.decision_mut(&ask.key), &ask.set),
        "new_record" => match live.record(&ask.key).cloned() {
            None => Err("no such record to copy".into()),
            Some(mut record) => merged(Some(&mut record), &ask.set).and_then(|value| {
                if live.record(&record.serial).is_some() {
                    return Err("the serial exists: set another one".into());
                }
                if live.vehicle(&plate_key(&record.plate_kind, &record.plate)).is_none() {
                    return Err("no such vehicle".into());
                }
                live.add_record(record);
                Ok(value)
            }),
        },
        other => Err(format!("unknown kind {other}")),
    };
    match done {
        Ok(value) => good(&value),
        Err(text) => bad(text),
    }
}

/// Puts values over an item and gives it back as it is then.
fn merged<T: serde::Serialize + DeserializeOwned>(
    item: Option<&mut T>,
    set: &serde_json::Map<String, Value>,
) -> Result<Value, String> {
    let item = item.ok_or("not found")?;
    let mut value = serde_json::to_value(&*item).map_err(|e| e.to_string())?;
    let fields = value.as_object_mut().ok_or("not an object")?;
    for (name, new) in set {
        match fields.get_mut(name) {
            Some(place) => *place = new.clone(),
            None => return Err(format!("no field {name}")),
        }
    }
    *item = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    Ok(value)
}

/// Habits of the police platform, or `null` for those of the path.
async fn site(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read::<Option<SiteStyle>>(&body) {
        Ok(style) => {
            *world.style() = style;
            good(&json!({ "style": style }))
        }
        Err(text) => bad(text),
    }
}

async fn pay(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read(&body).and_then(|ask| control::pay(&world, ask)) {
        Ok(told) => good(&told),
        Err(text) => bad(text),
    }
}

/// The bill of a day: when it is there, what is planted in it, how its file is spoilt.
async fn bill(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read::<Plan>(&body) {
        Ok(plan) if world.pay().bills.plan(plan.clone()) => good(&json!({"planned": plan.day})),
        Ok(_) => bad("which day?"),
        Err(text) => bad(text),
    }
}

async fn notify(State(world): State<Arc<World>>, body: Bytes) -> Response {
    match read::<Twisted>(&body) {
        Ok(twisted) => good(&hostile::send_all(&world, &twisted).await),
        Err(text) => bad(text),
    }
}

async fn wechat(State(world): State<Arc<World>>, Path(what): Path<String>, body: Bytes) -> Response {
    match what.as_str() {
        "event" => match read::<push::Event>(&body) {
            Ok(event) => good(&push::send(&world, &event).await.as_json()),
            Err(text) => bad(text),
        },
        "verify" => {
            let forged = read::<Value>(&body).ok().and_then(|v| v.get("forged").and_then(Value::as_bool));
            let (status, body, right) = push::verify(&world, forged.unwrap_or(false)).await;
            good(&json!({"status": status, "body": body, "right": right}))
        }
        "callback" => {
            match read::<Value>(&body).ok().and_then(|v| Some(v.get("url")?.as_str()?.to_owned())) {
                Some(url) => {
                    world.wechat().callback = url;
                    good(&json!({"ok": true}))
                }
                None => bad("url is needed"),
            }
        }
        "forget_tokens" => {
            world.wechat().forget_tokens();
            good(&json!({"ok": true}))
        }
        "read" => {
            let wechat = world.wechat();
            good(&json!({"menu": wechat.menu, "followers": wechat.followers, "sent": wechat.sent}))
        }
        other => bad(format!("unknown {other}")),
    }
}

async fn clock(State(world): State<Arc<World>>) -> Response {
    good(&json!({"now": offset_text(world.now())}))
}

/// The personas, for the table "sign in as … to see …".
async fn personas(State(world): State<Arc<World>>) -> Json<Value> {
    let live = world.live();
    let list: Vec<Value> = live
        .city
        .accounts
        .iter()
        .filter(|a| !a.persona.is_empty())
        .map(|a| {
            json!({"openid": a.openid, "name": a.persona, "group": a.group, "story_zh": a.story_zh,
                "story_en": a.story_en, "visit_zh": a.visit_zh, "visit_en": a.visit_en, "shows": a.shows,
                "on_the_way": a.on_the_way})
        })
        .collect();
    Json(json!({ "personas": list }))
}
