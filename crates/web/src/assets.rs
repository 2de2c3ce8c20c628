//! Stylesheet, scripts and pictures: read once, compressed once, served from memory under a name that holds the hash of
//! the content, so that a phone and every cache on the way may keep them for good.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// A file in its three encodings.
struct Asset {
    kind: &'static str,
    plain: Vec<u8>,
    brotli: Vec<u8>,
    gzip: Vec<u8>,
}

struct Assets {
    /// By the name in the address, with the hash.
    served: HashMap<String, Asset>,
    /// From the file's name to its address.
    hrefs: HashMap<String, String>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(load);

fn load() -> Assets {
    let mut assets = Assets { served: HashMap::new(), hrefs: HashMap::new() };
    for name in Files::iter() {
        let Some((stem, extension)) = name.rsplit_once('.') else { continue };
        let Some(kind) = kind_of(extension) else { continue };
        let file = Files::get(&name).expect("listed a moment ago");
        let plain = match extension {
            "css" | "js" => without_comments(&String::from_utf8_lossy(&file.data)).into_bytes(),
            _ => file.data.into_owned(),
        };
        let served = format!("{stem}.{}.{extension}", short_hash(&plain));
        assets.hrefs.insert(name.to_string(), format!("/assets/{served}"));
        let asset = Asset { kind, brotli: brotli(&plain), gzip: gzip(&plain), plain };
        assets.served.insert(served, asset);
    }
    assets
}

fn kind_of(extension: &str) -> Option<&'static str> {
    match extension {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(5).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Takes out `/* … */` and the white space at line starts. Our own files hold no such mark inside a text.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    out.push_str(rest);
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("// "));
    lines.fold(String::with_capacity(out.len()), |kept, line| kept + line + "\n")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut input = bytes;
    brotli::BrotliCompress(&mut input, &mut out, &params).expect("memory does not fail");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory does not fail")
}

/// The address of a file of `assets/`; a file that does not exist has an address that answers 404, which a test finds.
pub fn href(name: &str) -> &'static str {
    ASSETS.hrefs.get(name).map_or("/assets/missing", String::as_str)
}

/// Bytes of a file as a browser with brotli receives it, for the page-weight test.
pub fn weight(name: &str) -> usize {
    let served = href(name).trim_start_matches("/assets/");
    ASSETS.served.get(served).map_or(0, |asset| asset.brotli.len())
}

/// Makes the assets ready, so that the first request does not wait for the compression.
pub fn warm() {
    LazyLock::force(&ASSETS);
}

/// All files as `(served name, content)`, for the gallery.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS.served.iter().map(|(name, asset)| (name.as_str(), asset.plain.as_slice()))
}

/// `GET /assets/{name}`
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.served.get(&name) else {
        return Problem::not_found().into_response();
    };
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts =
        |coding: &str| accepts.split(',').any(|part| part.split(';').next().map(str::trim) == Some(coding));
    let (body, coding) = if accepts("br") {
        (asset.brotli.as_slice(), Some("br"))
    } else if accepts("gzip") {
        (asset.gzip.as_slice(), Some("gzip"))
    } else {
        (asset.plain.as_slice(), None)
    };
    let mut response = body.into_response();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    out.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(coding) = coding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_code_stays() {
        let text = "/** @param {string} a */\nlet a = 1; /* x */ let b;\n  // note\n  f();\n";
        assert_eq!(without_comments(text), "let a = 1;  let b;\nf();\n");
    }

    #[tokio::test]
    async fn a_file_is_served_compressed_and_for_good() {
        let name = href("app.css").trim_start_matches("/assets/").to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        let response = serve(Path(name), headers).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
        assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
}
