//! The counterparts over real sockets: what arrives is what the reference page promises, faults included.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clearway_sims::city::{self, City, Plan};
use clearway_sims::{Options, Running, start};
use serde_json::{Value, json};

/// One process for the whole file: keys are costly. Tests use different people.
struct Sims {
    running: Running,
    settings: String,
    city: City,
    _folder: TempFolder,
}

struct TempFolder(std::path::PathBuf);

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sims() -> Sims {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("clearway-sims-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Keys are the same for every test of this run: making RSA keys takes seconds.
    static KEYS: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    if let Some(kept) = KEYS.get() {
        std::fs::write(folder.join("sims-keys.json"), kept).unwrap();
    }
    let at = "2020-04-05T10:00:00+08:00".parse().unwrap();
    let city = city::make(Plan { at, seed: 1, drivers: 10, violations: 30 });
    let running = start(Options::new(city.clone(), folder.clone())).unwrap();
    let _ = KEYS.set(std::fs::read(folder.join("sims-keys.json")).unwrap());
    let settings = std::fs::read_to_string(folder.join("counterparts.toml")).unwrap();
    Sims { running, settings, city, _folder: TempFolder(folder) }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test speaks to the counterparts directly, with its own time limit"
)]
fn client() -> reqwest::blocking::Client {
    reqwest::blocking::Client::builder()
        .timeout(Duration::from_secs(3))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

impl Sims {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    /// A value of counterparts.toml.
    fn setting(&self, table: &str, name: &str) -> String {
        let start = self.settings.find(&format!("[{table}]\n")).unwrap();
        let rest = &self.settings[start..];
        let line = rest.lines().skip(1).find(|l| l.trim_start_matches('"').starts_with(name)).unwrap();
        line.split('"').nth_back(1).unwrap().to_owned()
    }

    fn control(&self, path: &str, body: &Value) -> Value {
        let answer =
            client().post(self.url(&format!("/control/{path}"))).body(body.to_string()).send().unwrap();
        let status = answer.status();
        let text = answer.text().unwrap();
        assert!(status.is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    fn fault(&self, call: &str, fault: &str, times: u64) {
        self.control("faults", &json!({"match": {"call": call}, "fault": fault, "times": times}));
    }

    fn person(&self, openid: &str) -> (String, String) {
        let account = self.city.accounts.iter().find(|a| a.openid == openid).unwrap();
        let plate = account.bound.first().map(|b| b.plate.clone()).unwrap_or_default();
        (account.id_number.clone().unwrap(), plate)
    }

    /// One SOAP call in variant A; the raw HTTP body, or the error in words.
    fn soap(&self, operation: &str, jkid: &str, document: &str) -> Result<String, String> {
        let serial = self.setting("authority.jkxlh", jkid);
        let escaped = document.replace('&', "&amp;").replace('<', "&lt;");
        let class = &jkid[..2];
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><n:{operation} xmlns:n=\"http://endpoint.axis.framework.tmri.com\"><xtlb>{class}</xtlb><jkxlh>{serial}</jkxlh><jkid>{jkid}</jkid><UTF8XmlDoc>{escaped}</UTF8XmlDoc></n:{operation}></s:Body></s:Envelope>"
        );
        let sent = client().post(self.url("/trffweb/services/TmriOutAccess")).body(body).send();
        sent.and_then(|answer| answer.text()).map_err(|e| e.to_string())
    }

    /// A query; the answer string with its outer layer off.
    fn query(&self, jkid: &str, fields: &str) -> Result<String, String> {
        let document = format!("<root><QueryCondition>{fields}</QueryCondition></root>");
        Ok(plain(&answer_of(&self.soap("queryObjectOut", jkid, &document)?)))
    }

    fn driver(&self, id: &str) -> Result<String, String> {
        self.query("02C06", &format!("<sfzmhm>{id}</sfzmhm>"))
    }
}

/// The text inside `…Return`.
fn answer_of(envelope: &str) -> String {
    let start = envelope.find("Return xsi:type=\"xsd:string\">").map(|at| at + 29).unwrap_or(0);
    let end = envelope.find("</queryObjectOutReturn>").or_else(|| envelope.find("</writeObjectOutReturn>"));
    envelope[start..end.unwrap_or(envelope.len())].to_owned()
}

fn plain(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next().unwrap_or(0), rest.next().unwrap_or(0)];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap_or("3f"), 16).unwrap_or(b'?'));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test measures how late a late answer really is")]
fn real_now() -> Instant {
    Instant::now()
}

#[test]
fn every_fault_of_the_police_platform_shows_as_promised() {
    let sims = sims();
    let (id, _) = sims.person("demo-clean");
    let good = sims.driver(&id).unwrap();
    assert!(good.contains("<code>1</code>") && good.contains("<xm>郑无违</xm>"), "{good}");
    let with = |fault: &str| {
        sims.fault("02C06", fault, 1);
        sims.driver(&id)
    };
    assert_eq!(with("dollar").unwrap(), "$E");
    assert_eq!(with("empty").unwrap(), "");
    assert!(with("html").unwrap().contains("<h1>"));
    assert_eq!(with("http500").unwrap(), "internal error");
    assert!(with("refuse:系统忙").unwrap().contains("<message>系统忙</message>"));
    let twice = with("double_encoded").unwrap();
    assert!(twice.contains("<xm>%E9%83%91") && plain(&twice).contains("郑无违"), "{twice}");
    assert!(with("entities").unwrap().contains("<!DOCTYPE root [<!ENTITY"));
    assert!(!with("truncated").unwrap().contains("</root>"));
    assert!(with("garbled").map_or(true, |text| !text.contains("</root>")));
    assert!(with("acted_no_reply").is_err());
    let before = real_now();
    assert!(with("late:300").unwrap().contains("郑无违"));
    assert!(before.elapsed() >= Duration::from_millis(300));
    assert_eq!(sims.driver(&id).unwrap(), good, "a fault that is used up is gone");
}

#[test]
fn a_drip_and_a_silence_are_really_slow() {
    let sims = sims();
    let (id, _) = sims.person("demo-clean");
    sims.fault("driver", "drip:1000", 1);
    assert!(sims.driver(&id).is_err(), "1 byte a second does not finish within 3 seconds");
    sims.fault("driver", "never", 1);
    assert!(sims.driver(&id).is_err());
    let calls = client().get(sims.url("/control/calls?call=driver")).send().unwrap().text().unwrap();
    let calls: Value = serde_json::from_str(&calls).unwrap();
    let faults: Vec<&str> =
        calls["calls"].as_array().unwrap().iter().map(|c| c["fault"].as_str().unwrap()).collect();
    assert_eq!(faults, ["Drip(1000)", "Never"]);
    assert_eq!(calls["calls"][1]["outcome"], "", "silence means that nothing was done");
}

#[test]
fn a_lost_reply_leaves_the_decision_written_once() {
    let sims = sims();
    let (id, plate) = sims.person("demo-pay-one");
    let record = sims.city.records.iter().find(|r| r.plate == plate && r.handled == "0").unwrap();
    let driver = sims.city.drivers.iter().find(|d| d.id_number == id).unwrap();
    let at = record.at + jiff::SignedDuration::from_hours(8);
    let at = at.to_string();
    let document = format!(
        "<root><violation><xh>{}</xh><jdsbh></jdsbh><jszh>{id}</jszh><dabh>{}</dabh><fzjg>鄂A</fzjg><zjcx>C1</zjcx><dsr>{}</dsr><hpzl>02</hpzl><hphm>{plate}</hphm><wfsj>{} {}</wfsj><wfdz>{}</wfdz><wfxw>{}</wfxw><cfzl>1</cfzl><fkje>0</fkje><jkbj>9</jkbj><zqmj>010001</zqmj><clsj>2020-04-05 10:00:00</clsj><wfjfs>0</wfjfs></violation></root>",
        record.serial,
        driver.file_number,
        driver.name,
        &at[..10],
        &at[11..16],
        record.place,
        record.code
    );
    sims.fault("decide", "acted_no_reply", 1);
    assert!(sims.soap("writeObjectOut", "04Z01", &document).is_err());
    let again = plain(&answer_of(&sims.soap("writeObjectOut", "04Z01", &document).unwrap()));
    assert!(again.contains("<code>0</code>") && again.contains("重复"), "{again}");
    let state = sims.control("state", &json!({"what": "record", "key": record.serial}));
    let number = state["decision"].as_str().unwrap();
    assert_eq!((number.len(), state["handled"].as_str()), (15, Some("1")));
    let decision = sims.query("04C01", &format!("<jdsbh>{number}</jdsbh>")).unwrap();
    assert!(decision.contains("<xmbh>1</xmbh>") && decision.contains("<cfzl>1</cfzl>"), "{decision}");
    assert!(!decision.contains("<wsjyw></wsjyw>"));
    let marked =
        format!("<root><payment><jdsbh>{number}</jdsbh><fkje>100</fkje><jylsh>4200</jylsh></payment></root>");
    let marked = plain(&answer_of(&sims.soap("writeObjectOut", "04Z02", &marked).unwrap()));
    assert!(marked.contains("无需交款"), "{marked}");
}

#[test]
fn people_whose_data_cannot_be_had_are_never_told_as_nothing() {
    let sims = sims();
    let (id, _) = sims.person("demo-upstream-down");
    assert_eq!(sims.driver(&id).unwrap(), "$E");
    let (id, _) = sims.person("demo-file-down");
    assert!(sims.driver(&id).unwrap().contains("<code>1</code>"));
    assert_eq!(sims.query("02Z01", &format!("<sfzmhm>{id}</sfzmhm>")).unwrap(), "$E");
    let (id, _) = sims.person("demo-unknown-fact");
    assert!(sims.query("02Z01", &format!("<sfzmhm>{id}</sfzmhm>")).unwrap().contains("<zcbj></zcbj>"));
}

#[test]
fn pictures_are_real_and_may_be_missing() {
    let sims = sims();
    let (_, plate) = sims.person("demo-zhang-first");
    let serial = &sims.city.records.iter().find(|r| r.plate == plate).unwrap().serial;
    let answer = sims.query("04C04", &format!("<xh>{serial}</xh>")).unwrap();
    assert!(answer.contains("<zpstr1>iVBORw0KGgo"), "a PNG begins like this in base64");
    let (_, plate) = sims.person("demo-no-evidence");
    let serial = &sims.city.records.iter().find(|r| r.plate == plate).unwrap().serial;
    assert!(sims.query("04C04", &format!("<xh>{serial}</xh>")).unwrap().contains("<rownum>0</rownum>"));
}

#[test]
fn signing_in_gives_each_code_once() {
    let sims = sims();
    let appid = sims.setting("wechat", "appid");
    let secret = sims.setting("wechat", "secret");
    let ask = |persona: &str, redirect: &str| {
        let url = format!(
            "/connect/oauth2/authorize?appid={appid}&redirect_uri={redirect}&response_type=code&scope=snsapi_base&state=abc{persona}"
        );
        client().get(sims.url(&url)).send().unwrap()
    };
    let redirect = "http%3A%2F%2F127.0.0.1%3A8080%2Fsignin%2Fcallback";
    let page = ask("", redirect).text().unwrap();
    assert!(page.contains("张首安") && page.contains("VEH_3_LICENCES"), "the picker shows everybody");
    assert!(ask("", "https%3A%2F%2Fevil.example%2F").text().unwrap().contains("10003"));
    assert!(ask("&q=zhang-first", redirect).text().unwrap().contains("demo-zhang-first"));
    let refused = ask("&persona=-", redirect);
    assert_eq!(refused.headers()["location"], "http://127.0.0.1:8080/signin/callback?state=abc");
    let back = ask("&persona=demo-snapshot", redirect);
    let location = back.headers()["location"].to_str().unwrap().to_owned();
    let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert!(location.ends_with("&state=abc"));
    let exchange = |secret: &str, code: &str| -> Value {
        let url = format!(
            "/sns/oauth2/access_token?appid={appid}&secret={secret}&code={code}&grant_type=authorization_code"
        );
        let answer = client().get(sims.url(&url)).send().unwrap();
        assert_eq!(answer.status(), 200);
        serde_json::from_str(&answer.text().unwrap()).unwrap()
    };
    assert_eq!(exchange("wrong", &code)["errcode"], 40125);
    let first = exchange(&secret, &code);
    assert_eq!(
        (first["openid"].as_str(), first["is_snapshotuser"].as_i64()),
        (Some("demo-snapshot"), Some(1))
    );
    assert_eq!(exchange(&secret, &code)["errcode"], 40163);
    assert_eq!(exchange(&secret, "made-up")["errcode"], 40029);
}

#[test]
fn tokens_overlap_and_can_be_lost() {
    let sims = sims();
    let (appid, secret) = (sims.setting("wechat", "appid"), sims.setting("wechat", "secret"));
    let get = |path: &str| -> Value {
        serde_json::from_str(&client().get(sims.url(path)).send().unwrap().text().unwrap()).unwrap()
    };
    let token =
        |_| get(&format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}"));
    let (old, new) = (token(0)["access_token"].clone(), token(1)["access_token"].clone());
    assert_ne!(old, new);
    let ticket = |token: &Value| {
        get(&format!("/cgi-bin/ticket/getticket?type=jsapi&access_token={}", token.as_str().unwrap()))
    };
    let first = ticket(&old);
    assert_eq!((first["errcode"].as_i64(), &first["ticket"]), (Some(0), &ticket(&new)["ticket"]));
    sims.control("wechat/forget_tokens", &json!({}));
    assert_eq!(ticket(&new)["errcode"], 40001);
}

/// A product that answers every request with one body, and tells what it was sent.
fn product(answer: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let request = read_request(&mut stream);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
                answer.len()
            );
            let _ = stream.write_all(head.as_bytes());
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (url, told)
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let n = stream.read(&mut piece).unwrap_or(0);
        bytes.extend_from_slice(&piece[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length = text.lines().find_map(|l| {
            l.to_ascii_lowercase().strip_prefix("content-length: ").and_then(|v| v.parse::<usize>().ok())
        });
        let body = text.split_once("\r\n\r\n").map_or(0, |(head, _)| bytes.len() - head.len() - 4);
        if n == 0 || (text.contains("\r\n\r\n") && body >= length.unwrap_or(0)) {
            return text;
        }
    }
}

#[test]
fn following_pushes_an_encrypted_event() {
    let sims = sims();
    let (url, told) = product("success");
    sims.control("wechat/callback", &json!({ "url": url }));
    let form = "ticket=&as=demo-fresh";
    let answer = client()
        .post(sims.url("/account/follow"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .unwrap();
    assert_eq!(answer.status(), 303);
    let request = told.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(request.starts_with("POST /?signature=") && request.contains("encrypt_type=aes"), "{request}");
    assert!(request.contains("<Encrypt>") && !request.contains("subscribe"), "{request}");
    let read = sims.control("wechat/read", &json!({}));
    assert!(read["followers"].as_array().unwrap().contains(&json!("demo-fresh")));
    let plain = sims.control(
        "wechat/event",
        &json!({"openid": "demo-fresh", "event": "SCAN", "event_key": "home", "mode": "plain"}),
    );
    assert_eq!(plain["status"], 200);
    let request = told.recv_timeout(Duration::from_secs(5)).unwrap();
    assert!(request.contains("<![CDATA[SCAN]]>") && request.contains("<![CDATA[home]]>"), "{request}");
}

#[test]
fn unsigned_and_forged_requests_are_refused_everywhere() {
    let sims = sims();
    let post = |path: &str, name: &'static str, value: &str| {
        client().post(sims.url(path)).header(name, value).body("{}").send().unwrap()
    };
    let pay = post("/v3/pay/transactions/jsapi", "authorization", "none");
    assert_eq!(pay.status(), 401);
    assert!(pay.headers().contains_key("wechatpay-signature"));
    assert!(pay.text().unwrap().contains("SIGN_ERROR"));
    assert_eq!(post("/sms/send", "x-signature", "00").status(), 401);
    assert_eq!(post("/face/start", "x-signature", "00").status(), 401);
    let menu = post("/cgi-bin/menu/create?access_token=made-up", "x", "y").text().unwrap();
    assert!(menu.contains("40001"), "{menu}");
}

#[test]
fn a_record_can_be_changed_behind_the_products_back() {
    let sims = sims();
    let (_, plate) = sims.person("demo-race");
    let serial = sims.city.records.iter().find(|r| r.plate == plate).unwrap().serial.clone();
    let set = json!({"what": "record", "key": serial, "set": {"handled": "1", "other_channel": "窗口"}});
    assert_eq!(sims.control("state", &set)["handled"], "1");
    let answer = sims.query("04C03", &format!("<hpzl>02</hpzl><hphm>{plate}</hphm>")).unwrap();
    assert!(answer.contains("<clbj>1</clbj>") && answer.contains("<blqd>窗口</blqd>"), "{answer}");
    let wrong = json!({"what": "record", "key": serial, "set": {"no_such_field": 1}});
    let refused = client().post(sims.url("/control/state")).body(wrong.to_string()).send().unwrap();
    assert_eq!(refused.status(), 400);
}
