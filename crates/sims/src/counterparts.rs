//! `counterparts.toml`: what the product needs to know of the pretend counterparts. Written at every start.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::authority;
use crate::state::World;

/// Writes the file.
pub fn write(world: &World, folder: &Path) -> anyhow::Result<()> {
    let path = folder.join("counterparts.toml");
    let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    fs::write(&path, text(world, &folder)).with_context(|| path.display().to_string())
}

fn text(world: &World, folder: &Path) -> String {
    let m = &world.keys.material;
    let url = &world.public_url;
    let file = |name: &str| folder.join(name).display().to_string();
    let table = |derive: &dyn Fn(&str) -> String| -> String {
        authority::jkids().map(|jkid| format!("\"{jkid}\" = \"{}\"\n", derive(jkid))).collect()
    };
    let serials = table(&|jkid| world.keys.authority_serial(jkid));
    let scenes = table(&|jkid| world.keys.authority_scene(jkid));
    format!(
        r#"# Written by clearway-sims at its start: addresses and key material of the pretend counterparts.
# Nothing here opens anything real. See docs/reference/pretend-city.md.

[authority]
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

[wechat]
api = "{url}"
authorize = "{url}/connect/oauth2/authorize"
show_qr = "{url}/cgi-bin/showqrcode"
appid = "{appid}"
secret = "{secret}"
token = "{token}"
encoding_aes_key = "{aes}"
original_id = "{original}"

[pay]
base = "{url}"
cashier = "{url}/cashier"
appid = "{appid}"
mchid = "{mchid}"
merchant_serial = "{merchant_serial}"
merchant_key_file = "{merchant_key}"
api_v3_key = "{v3}"
platform_serial = "{platform_serial}"
platform_certificate_file = "{platform_cert}"
public_key_id = "{pub_id}"
public_key_file = "{pub_key}"

[sms]
url = "{url}/sms/send"
key = "{sms}"

[face]
base = "{url}/face"
key = "{face}"
"#,
        appid = m.appid,
        secret = m.secret,
        token = m.token,
        aes = m.aes_key,
        original = m.original_id,
        mchid = m.mchid,
        merchant_serial = m.merchant_serial,
        merchant_key = file("merchant_key.pem"),
        v3 = m.api_v3_key,
        platform_serial = m.platform_serial,
        platform_cert = file("platform_certificate.pem"),
        pub_id = m.public_key_id,
        pub_key = file("pay_public_key.pem"),
        sms = m.message_key,
        face = m.face_key,
    )
}
