//! Stylesheet, scripts and pictures: compressed when the program was built (`build.rs`), served from the program itself under
//! a name that holds the hash of the content, so that a phone and every cache on the way may keep them for good.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// A file in its three encodings.
struct Asset {
    /// As it is called in `assets/`.
    name: &'static str,
    /// As it is called in its address, with the hash.
    served: &'static str,
    href: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static ASSETS: &[Asset] = &include!(concat!(env!("OUT_DIR"), "/assets.in"));

/// Whether a path is that of a file that ships with the program.
pub(crate) fn is_file(path: &str) -> bool {
    ASSETS.iter().any(|asset| asset.href == path)
}

fn named(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The address of a file of `assets/`; a file that does not exist has an address that answers 404, which a test finds.
pub fn href(name: &str) -> &'static str {
    named(name).map_or("/assets/missing", |asset| asset.href)
}

/// Bytes of a file as a browser with brotli receives it.
#[cfg(test)]
pub(crate) fn weight(name: &str) -> usize {
    named(name).map_or(0, |asset| asset.brotli.len())
}

/// All files as `(served name, content)`, for the gallery.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    ASSETS.iter().map(|asset| (asset.served, asset.plain))
}

/// `GET /assets/{name}`
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.served == name) else {
        return Problem::not_found().into_response();
    };
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepts =
        |coding: &str| accepts.split(',').any(|part| part.split(';').next().map(str::trim) == Some(coding));
    let (body, coding) = if accepts("br") {
        (asset.brotli, Some("br"))
    } else if accepts("gzip") {
        (asset.gzip, Some("gzip"))
    } else {
        (asset.plain, None)
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

/// The build script's own, so that it can be tested.
#[cfg(test)]
#[path = "../build/comments.rs"]
mod comments;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::comments::without_comments;
    use super::*;

    #[test]
    fn comments_go_and_code_stays() {
        let text = "/** @param {string} a */\nlet a = 1; /* x */ let b;\n  // note\n  f();\n";
        assert_eq!(without_comments(text), "let a = 1;  let b;\nf();\n");
    }

    #[test]
    fn comments_are_gone_and_code_has_stayed() {
        for asset in ASSETS.iter().filter(|asset| asset.kind.starts_with("text/")) {
            let text = std::str::from_utf8(asset.plain).unwrap();
            for mark in ["/*", "*/", "\n// ", "\n\n", "\n "] {
                assert!(!text.contains(mark), "{} holds {mark:?}", asset.name);
            }
            let source = std::fs::read_to_string(format!("assets/{}", asset.name)).unwrap();
            assert_eq!(text, without_comments(&source), "{}", asset.name);
        }
    }

    #[test]
    fn every_encoding_holds_the_same_bytes() {
        for asset in ASSETS {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(asset.gzip).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, asset.plain, "{} by gzip", asset.name);
            unpacked.clear();
            brotli::BrotliDecompress(&mut &asset.brotli[..], &mut unpacked).unwrap();
            assert_eq!(unpacked, asset.plain, "{} by brotli", asset.name);
        }
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
