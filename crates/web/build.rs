//! Compresses stylesheet, scripts and pictures while the program is built, so that neither a start nor a phone waits for it.
//! `assets.rs` serves what is written here; the name of a file in its address holds the hash of its content. The message files
//! are listed for `text.rs`, and the description of the API is set in for `router.rs`.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use self::comments::without_comments;

#[path = "build/comments.rs"]
mod comments;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir("assets")?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    let mut table = "[\n".to_owned();
    for file in &files {
        // A file of another kind is not served.
        if let Some(kind) = kind_of(file) {
            entry(&mut table, file, kind, &out)?;
        }
    }
    table.push_str("]\n");
    std::fs::write(out.join("assets.in"), table)?;
    std::fs::write(out.join("locales.in"), locales(Path::new("../../locales"))?)?;
    std::fs::write(out.join("openapi.json"), document(Path::new("../../docs/reference/openapi.json"))?)?;
    Ok(())
}

/// The description of the API without its indentation. A string in JSON has no line breaks of its own.
fn document(file: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", file.display());
    Ok(std::fs::read_to_string(file)?.lines().map(str::trim_start).collect())
}

/// The message files as `(language/file, text)`, in the order of their names.
fn locales(root: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    for language in std::fs::read_dir(root)? {
        let language = language?.path();
        if language.is_dir() {
            let found = std::fs::read_dir(&language)?.map(|entry| Ok(entry?.path()));
            files.extend(found.collect::<std::io::Result<Vec<PathBuf>>>()?);
        }
    }
    files.sort();
    let mut list = "[\n".to_owned();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "ftl")) {
        let name = file.strip_prefix(root)?.to_str().ok_or("a message file has no plain name")?;
        writeln!(list, "({name:?}, include_str!({:?})),", std::fs::canonicalize(file)?)?;
    }
    list.push_str("]\n");
    Ok(list)
}

/// Writes a file in its three encodings and its line of the table.
fn entry(table: &mut String, file: &Path, kind: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = part(file.file_name())?;
    let (stem, extension) = (part(file.file_stem())?, part(file.extension())?);
    let bytes = std::fs::read(file)?;
    let plain = match extension {
        "css" | "js" => without_comments(&String::from_utf8(bytes)?).into_bytes(),
        _ => bytes,
    };
    let served = format!("{stem}.{}.{extension}", short_hash(&plain)?);
    for (ending, bytes) in [("", &plain), (".br", &brotli(&plain)?), (".gz", &gzip(&plain)?)] {
        std::fs::write(out.join(format!("{name}{ending}")), bytes)?;
    }
    let include = |ending: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{ending}\"))");
    writeln!(
        table,
        "Asset {{ name: {name:?}, served: {served:?}, href: \"/assets/{served}\", kind: {kind:?}, plain: {}, brotli: {}, \
         gzip: {} }},",
        include(""),
        include(".br"),
        include(".gz"),
    )?;
    Ok(())
}

fn kind_of(file: &Path) -> Option<&'static str> {
    match file.extension()?.to_str()? {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        _ => None,
    }
}

fn part(name: Option<&std::ffi::OsStr>) -> Result<&str, String> {
    name.and_then(std::ffi::OsStr::to_str).ok_or_else(|| "a file in assets/ has no plain name".into())
}

fn short_hash(bytes: &[u8]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for byte in Sha256::digest(bytes).iter().take(5) {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut input = bytes;
    brotli::BrotliCompress(&mut input, &mut out, &params)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish())
}
