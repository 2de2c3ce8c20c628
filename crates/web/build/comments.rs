//! What of our scripts and of the stylesheet no browser needs.

/// Takes out `/* … */`, lines of `// …` and the white space at line starts. Our own files hold no such mark inside a text; tests of
/// `assets.rs` hold it to that.
pub fn without_comments(text: &str) -> String {
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
