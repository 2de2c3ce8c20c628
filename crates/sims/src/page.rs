//! The look of the pretend pages: one shell, no scripts, phone size first.

use crate::xml::escape;

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#f4f5f3;--card:#fff;--ink:#1d2320;--soft:#5d6661;--line:#dfe3df;--go:#0a7d43;--go-ink:#fff;--tag:#e7f2ec}\
@media(prefers-color-scheme:dark){:root{--bg:#131614;--card:#1d211f;--ink:#eef1ef;--soft:#a9b2ad;--line:#343a36;--go:#39b377;--go-ink:#08130d;--tag:#20342a}}\
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.6 system-ui,'Noto Sans CJK SC','PingFang SC',sans-serif}\
main{max-width:560px;margin:0 auto;padding:16px 16px 56px}header{padding:20px 0 8px}h1{font-size:22px;line-height:1.35;margin:0}\
h2{font-size:15px;color:var(--soft);font-weight:600;margin:28px 0 8px}p{margin:6px 0}.soft{color:var(--soft);font-size:14px}\
.card{display:block;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:14px 16px;margin:10px 0;color:inherit;text-decoration:none}\
a.card:hover,a.card:focus-visible{border-color:var(--go)}.card b{font-size:17px}.tags{display:flex;flex-wrap:wrap;gap:6px;margin-top:8px}\
.tag{background:var(--tag);border-radius:6px;padding:1px 7px;font-size:12px;font-family:ui-monospace,monospace;overflow-wrap:anywhere}\
form{margin:12px 0}input,select{font:inherit;width:100%;min-height:48px;padding:8px 14px;border-radius:12px;border:1px solid var(--line);background:var(--card);color:inherit}\
button,.button{font:inherit;font-weight:600;display:block;width:100%;min-height:50px;border-radius:12px;border:1px solid var(--line);background:var(--card);color:var(--ink);margin:10px 0;cursor:pointer;text-align:center;text-decoration:none;padding:11px}\
.go{background:var(--go);border-color:var(--go);color:var(--go-ink)}.sum{font-size:40px;font-weight:700;text-align:center;margin:8px 0 18px;font-variant-numeric:tabular-nums}\
.center{text-align:center}.bubble{background:var(--card);border:1px solid var(--line);border-radius:4px 14px 14px 14px;padding:10px 14px;margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere}\
.qr{width:220px;height:220px;background:#fff;border-radius:14px;padding:12px;margin:8px auto;display:block}.menu{display:grid;grid-auto-flow:column;grid-auto-columns:1fr;gap:8px}\
footer{color:var(--soft);font-size:13px;margin-top:36px;border-top:1px solid var(--line);padding-top:12px}a{color:var(--go)}:focus-visible{outline:3px solid var(--go);outline-offset:2px}";

/// A whole page. `title` is escaped, `body` is markup.
#[must_use]
pub fn page(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1,viewport-fit=cover\"><meta name=\"referrer\" content=\"no-referrer\"><title>{title}</title><style>{STYLE}</style></head><body><main><header><h1>{title}</h1></header>{body}<footer>演示环境:这里的人、车、钱都是假的。<span lang=\"en\">Pretend counterpart: nobody and nothing here is real.</span></footer></main></body></html>"
    )
}

/// A hidden field.
#[must_use]
pub fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}
