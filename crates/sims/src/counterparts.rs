//! `counterparts.toml`: what the product needs to know of the pretend counterparts. Written at every start.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::authority;
use crate::pay::nontax::{DEPARTMENT, DEPARTMENT_NAME, ITEM, REGION};
use crate::state::World;

/// The rails by which the product can have fines paid here: a merchant's account, one payment for several payees, the treasury's own
/// page.
pub const RAILS: [&str; 3] = ["wechat", "wechat-combined", "wechat-nontax"];

/// Writes the file.
///
/// `per_second`: calls a second that are agreed with the police platform; `None` = the product's own idea of it. `rail`: one of
/// [`RAILS`].
///
/// # Errors
/// For another rail; when the file cannot be written.
pub fn write(world: &World, folder: &Path, per_second: Option<u32>, rail: &str) -> anyhow::Result<()> {
    anyhow::ensure!(RAILS.contains(&rail), "there is no rail “{rail}”: {}", RAILS.join(", "));
    let path = folder.join("counterparts.toml");
    let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    fs::write(&path, text(world, &folder, per_second, rail)).with_context(|| path.display().to_string())
}

fn text(world: &World, folder: &Path, per_second: Option<u32>, rail: &str) -> String {
    let head = "# Written by clearway-sims at its start: addresses and key material of the pretend counterparts.\n\
        # Nothing here opens anything real. See docs/reference/pretend-city.md.\n";
    [
        head.to_owned(),
        authority_text(world, per_second),
        wechat_text(world),
        pay_text(world, folder, rail),
        gateways_text(world),
    ]
    .join("\n")
}

fn authority_text(world: &World, per_second: Option<u32>) -> String {
    let agreed = per_second.map(|calls| format!("per_second_max = {calls}\n")).unwrap_or_default();
    let url = &world.public_url;
    let table = |derive: &dyn Fn(&str) -> String| -> String {
        authority::jkids().map(|jkid| format!("\"{jkid}\" = \"{}\"\n", derive(jkid))).collect()
    };
    let serials = table(&|jkid| world.keys.authority_serial(jkid));
    let scenes = table(&|jkid| world.keys.authority_scene(jkid));
    format!(
        r#"[authority]
endpoints = ["{url}/trffweb/services/TmriOutAccess"]
endpoint_new = "{url}/trffweb/services/TmriOutNewAccess"
endpoint_tp = "{url}/trffweb/services/TmriTpAccess"
endpoint_net = "{url}/ProvinceService2/trffweb/services/TmriOutAccess.asmx"
variant = "A"
province = "鄂"
unit_code = "420100000400"
unit_name = "武汉市公安局交通管理局"
user_id = "420100199001010011"
user_name = "清途平台"
terminal = "127.0.0.1"
{agreed}
[authority.jkid]
vehicles_of = "01Z01"
driver_file = "02Z01"
decide = "04Z01"
mark_paid = "04Z02"

[authority.jkxlh]
{serials}
[authority.cjsqbh]
{scenes}
[authority.office]
travel_mode = "K33"
division = "420100"
place_code = "10001"
road_section = "0001"
officer = "010001"
found_by = "420100000400"
"#
    )
}

fn wechat_text(world: &World) -> String {
    let (url, m) = (&world.public_url, &world.keys.material);
    let (appid, secret, token, aes, original) = (&m.appid, &m.secret, &m.token, &m.aes_key, &m.original_id);
    format!(
        r#"[wechat]
api = "{url}"
authorize = "{url}/connect/oauth2/authorize"
show_qr = "{url}/cgi-bin/showqrcode"
appid = "{appid}"
secret = "{secret}"
token = "{token}"
encoding_aes_key = "{aes}"
original_id = "{original}"
"#
    )
}

fn pay_text(world: &World, folder: &Path, rail: &str) -> String {
    let (url, m) = (&world.public_url, &world.keys.material);
    // The treasury's rail has a page of its own for each order, and no other cashier.
    let cashier = match rail {
        "wechat-nontax" => String::new(),
        _ => format!("cashier = \"{url}/cashier\"\n"),
    };
    let file = |name: &str| folder.join(name).display().to_string();
    format!(
        r#"[pay]
rail = "{rail}"
{cashier}
[pay.wechat]
base = "{url}"
appid = "{}"
mchid = "{}"
merchant_serial = "{}"
merchant_key_file = "{}"
api_v3_key = "{}"
platform_serial = "{}"
platform_certificate_file = "{}"
public_key_id = "{}"
public_key_file = "{}"

[pay.combined]
orders_max = 10

[pay.nontax]
region_code = "{REGION}"
department_code = "{DEPARTMENT}"
department_name = "{DEPARTMENT_NAME}"
item_id = "{ITEM}"
bank_id = "demo-bank"
"#,
        m.appid,
        m.mchid,
        m.merchant_serial,
        file("merchant_key.pem"),
        m.api_v3_key,
        m.platform_serial,
        file("platform_certificate.pem"),
        m.public_key_id,
        file("pay_public_key.pem"),
    )
}

fn gateways_text(world: &World) -> String {
    let (url, m) = (&world.public_url, &world.keys.material);
    format!(
        r#"[sms]
url = "{url}/sms/send"
key = "{}"

[face]
base = "{url}/face"
key = "{}"
"#,
        m.message_key, m.face_key,
    )
}
