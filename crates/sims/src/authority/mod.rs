//! The police platform ("六合一") over SOAP.

pub mod codec;
mod picture;
mod reads;
pub mod soap;
mod writes;
mod wsdl;

pub use reads::yuan;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value};

use crate::answer::{Answer, Twist};
use crate::clock::real_ms;
use crate::faults::pause;
use crate::live::plate_key;
use crate::state::{Arrived, World};
use crate::xml::Node;
use codec::{AnswerHabit, Reply, SiteStyle, TagCase};
use soap::{Bound, Call, Variant};

/// Interfaces that this platform offers: number, name, and whether it writes. The numbers with a Z are those of this
/// pretend site: no public number exists for them.
const INTERFACES: [(&str, &str, bool); 11] = [
    ("02C06", "driver", false),
    ("01C21", "vehicle", false),
    ("01C49", "vehicle", false),
    ("04C01", "decisions", false),
    ("04C03", "records", false),
    ("04C04", "pictures", false),
    ("04C06", "decisions_of_vehicle", false),
    ("01Z01", "vehicles_of", false),
    ("02Z01", "driver_file", false),
    ("04Z01", "decide", true),
    ("04Z02", "mark_paid", true),
];

/// All interface numbers.
pub fn jkids() -> impl Iterator<Item = &'static str> {
    INTERFACES.iter().map(|(jkid, ..)| *jkid)
}

/// The paths of the platform.
pub fn routes() -> Router<Arc<World>> {
    let service = get(describe).post(call);
    Router::new()
        .route("/trffweb/services/{service}", service.clone())
        .route("/pnweb/services/{service}", service.clone())
        .route("/monweb/services/{service}", service.clone())
        .route("/ProvinceService2/trffweb/services/{service}", service)
}

/// Habits by path: `/monweb` writes camel-case tags and nests the body in the head, `/pnweb` encodes values twice.
fn style_of(path: &str) -> SiteStyle {
    if path.starts_with("/monweb") {
        SiteStyle { tags: TagCase::Camel, body_in_head: true, ..SiteStyle::default() }
    } else if path.starts_with("/pnweb") {
        SiteStyle { answer: AnswerHabit::DocumentAndValues, ..SiteStyle::default() }
    } else {
        SiteStyle::default()
    }
}

async fn describe(
    State(world): State<Arc<World>>,
    OriginalUri(uri): OriginalUri,
    Path(service): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let path = uri.path();
    let address = format!("{}{path}", world.public_url);
    if !query.unwrap_or_default().to_ascii_lowercase().starts_with("wsdl") {
        return Answer::html(format!("<h1>{service}</h1><p>Hi there, this is an AXIS service!</p>")).send();
    }
    match wsdl::describe(&service, &address, path.starts_with("/pnweb")) {
        Some(text) => Answer::new(200, "text/xml; charset=utf-8", text).send(),
        None => Answer::new(404, "text/plain; charset=utf-8", "no such service").send(),
    }
}

async fn call(
    State(world): State<Arc<World>>,
    OriginalUri(uri): OriginalUri,
    Path(service): Path<String>,
    body: Bytes,
) -> Response {
    let read = soap::read(&body).and_then(|call| {
        let variant = Variant::of(&service, &call.operation)
            .ok_or_else(|| format!("No such operation '{}'", call.operation))?;
        let bound = call.bind(variant, &format!("{}{}", world.public_url, uri.path()))?;
        Ok((call, variant, bound))
    });
    let (call, variant, bound) = match read {
        Ok(all) => all,
        Err(text) => {
            let arrived = Arrived {
                side: "authority",
                calls: &["soap_fault"],
                wire: uri.path().to_owned(),
                keys: &[],
                habit: String::new(),
                fields: Value::String(text.clone()),
            };
            let answer = Answer::new(500, "text/xml; charset=utf-8", soap::fault(&text));
            return world.run(arrived, |_| (answer.clone(), "soap fault".into())).await;
        }
    };
    // On a task of its own: a caller who has given up does not call off what the platform is about to do.
    let exchange = tokio::spawn(async move {
        Exchange { world: &world, path: uri.path(), call, variant, bound }.run().await
    });
    exchange.await.unwrap_or_else(|_| Answer::new(500, "text/plain; charset=utf-8", "").send())
}

/// One call on its way through.
struct Exchange<'a> {
    world: &'a World,
    path: &'a str,
    call: Call,
    variant: Variant,
    bound: Bound,
}

impl Exchange<'_> {
    async fn run(self) -> Response {
        let jkid = self.bound.jkid.clone();
        let interface = INTERFACES.iter().find(|(number, ..)| *number == jkid);
        let name = interface.map_or("unknown", |(_, name, _)| *name);
        let asked = codec::read(&self.bound.document);
        let (habit, fields) = match &asked {
            Ok(asked) => (asked.habit, asked.root.children.first().cloned().unwrap_or_default()),
            Err(_) => ("unreadable", Node::default()),
        };
        let keys = keys_of(&fields);
        let key_list: Vec<&str> = keys.iter().map(String::as_str).collect();
        if !self.world.limit.enter(name, real_ms()) {
            // As gateways before such platforms say it: nothing was done.
            return Answer::new(429, "text/plain; charset=utf-8", "too many calls").send();
        }
        if name == "decide" {
            self.world.limit.turn(fields.value("xh"), (real_ms(), self.world.now().as_millisecond()));
        }
        self.slow(name, &keys).await;
        let arrived = Arrived {
            side: "authority",
            calls: &[name, jkid.as_str(), self.call.operation.as_str()],
            wire: jkid.clone(),
            keys: &key_list,
            habit: format!("{:?}/{habit}", self.variant),
            fields: as_json(&fields),
        };
        let bad = asked.err();
        let act = |twist: &Twist| {
            let (answer, outcome) = self.act(twist, interface, &fields, bad.as_deref());
            if name == "decide" && outcome.starts_with("ok") {
                self.world.limit.accepted(fields.value("xh"));
            }
            (answer, outcome)
        };
        self.world.run(arrived, act).await
    }

    /// Some people's files really take long.
    async fn slow(&self, name: &str, keys: &[String]) {
        let wait = {
            let live = self.world.live();
            let driver = keys.iter().find_map(|k| live.driver(k));
            driver.filter(|d| d.slow.iter().any(|call| call == name)).map_or(0, |d| d.slow_ms)
        };
        if wait > 0 {
            pause(wait).await;
        }
    }

    fn act(
        &self,
        twist: &Twist,
        interface: Option<&(&'static str, &'static str, bool)>,
        fields: &Node,
        bad: Option<&str>,
    ) -> (Answer, String) {
        let style = self.world.style().unwrap_or_else(|| style_of(self.path));
        match twist {
            Twist::Dollar => return (self.text("$E"), "trouble marker".into()),
            Twist::Refuse(text) => {
                return (
                    self.text(&codec::write(&Reply::refused(text.as_str()), style, false)),
                    "refused by fault".into(),
                );
            }
            _ => {}
        }
        let reply = match self.admitted(interface, bad) {
            Ok(Some((name, _))) => self.perform(name, fields),
            Ok(None) => return (self.text("$E"), "denied".into()),
            Err(text) => Some(Reply::refused(text)),
        };
        let Some(reply) = reply else { return (self.text("$E"), "unavailable".into()) };
        let outcome = if reply.code == "1" {
            format!("ok, {} rows", reply.records.len())
        } else {
            format!("refused: {}", reply.message)
        };
        let answer = match twist {
            Twist::Empty => self.text(""),
            Twist::DoubleEncoded => {
                let twice = SiteStyle { answer: AnswerHabit::DocumentAndValues, ..style };
                self.text(&codec::write(&reply, twice, false))
            }
            Twist::Entities => self.text(&codec::write(&reply, style, true)),
            _ => self.text(&codec::write(&reply, style, false)),
        };
        (answer, outcome)
    }

    /// Is the caller let in? `Ok(None)` = no, answered with the trouble marker.
    fn admitted<'i>(
        &self,
        interface: Option<&'i (&'static str, &'static str, bool)>,
        bad: Option<&str>,
    ) -> Result<Option<(&'i str, bool)>, String> {
        let Some((jkid, name, writes)) = interface else { return Err("接口标识不存在".into()) };
        if self.bound.jkxlh != self.world.keys.authority_serial(jkid) {
            return Ok(None);
        }
        if self.bound.scene.as_ref().is_some_and(|s| *s != self.world.keys.authority_scene(jkid)) {
            return Ok(None);
        }
        if self.bound.xtlb.as_deref().is_some_and(|class| class != &jkid[..2]) {
            return Err("系统类别与接口标识不符".into());
        }
        let unit_ok = |unit: &String| unit.len() == 12 && unit.bytes().all(|b| b.is_ascii_digit());
        if self.bound.unit.as_ref().is_some_and(|u| !unit_ok(u)) {
            return Err("单位代码不正确".into());
        }
        if self.call.operation.starts_with("write") != *writes {
            return Err("接口类型不符".into());
        }
        if let Some(bad) = bad {
            return Err(format!("XML解析失败：{bad}"));
        }
        Ok(Some((name, *writes)))
    }

    /// `None` = this driver's or vehicle's data cannot be had now.
    fn perform(&self, name: &str, fields: &Node) -> Option<Reply> {
        let now = self.world.now();
        let mut live = self.world.live();
        let keys = keys_of(fields);
        let down = |list: &[String]| list.iter().any(|call| call == name);
        if keys.iter().any(|k| live.driver(k).is_some_and(|d| down(&d.unavailable)))
            || keys.iter().any(|k| live.vehicle(k).is_some_and(|v| down(&v.unavailable)))
        {
            return None;
        }
        Some(match name {
            "driver" => reads::driver(&live, fields),
            "vehicle" => reads::vehicle(&live, fields, self.bound.jkid == "01C49"),
            "vehicles_of" => reads::vehicles_of(&live, fields),
            "records" => reads::records(&live, fields),
            "decisions" => reads::decisions(&live, fields),
            "pictures" => reads::pictures(&live, fields),
            "decisions_of_vehicle" => reads::decisions_of_vehicle(&live, fields),
            "driver_file" => reads::driver_file(&live, fields),
            "decide" => writes::decide(&mut live, fields, now),
            "mark_paid" => writes::mark_paid(&mut live, fields, now),
            _ => Reply::refused("接口标识不存在"),
        })
    }

    fn text(&self, text: &str) -> Answer {
        let namespace = match self.variant {
            Variant::A => "http://endpoint.axis.framework.tmri.com".to_owned(),
            _ => format!("{}{}", self.world.public_url, self.path),
        };
        let envelope = soap::answer(self.variant, &self.call.operation, &namespace, text);
        Answer::new(200, "text/xml; charset=utf-8", envelope)
    }
}

/// What a fault rule may name: identity number, plate (bare and as a key), serial, decision number.
fn keys_of(fields: &Node) -> Vec<String> {
    let mut keys = Vec::new();
    for name in ["sfzmhm", "jszh", "xh", "jdsbh"] {
        let value = fields.value(name);
        if !value.is_empty() {
            keys.push(value.to_owned());
        }
    }
    let plate = fields.value("hphm");
    if !plate.is_empty() {
        let province = fields.value("sf");
        let full = reads::full_plate(plate, if province.is_empty() { "鄂" } else { province });
        keys.push(plate_key(fields.value("hpzl"), &full));
        keys.push(full);
    }
    keys
}

fn as_json(fields: &Node) -> Value {
    let mut map = Map::new();
    map.insert("tag".into(), Value::String(fields.name.clone()));
    for child in &fields.children {
        map.insert(child.name.clone(), Value::String(child.text.trim().to_owned()));
    }
    Value::Object(map)
}
