//! Cleans what people paste: full-width forms, invisible characters, spaces and separators.

/// Half-width, upper-case, without anything invisible or used only to space characters out.
pub(super) fn compact(raw: &str) -> String {
    raw.chars().map(half_width).filter(|c| !is_spacing(*c)).flat_map(char::to_uppercase).collect()
}

/// Full-width ASCII variants (U+FF01..U+FF5E) become ASCII; everything else stays.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Zero-width characters, soft hyphens, joiners and direction marks: never seen, often pasted.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Also spaces and the dots and dashes that people write between groups (`鄂A·12345`, `138-0000-0000`).
fn is_spacing(c: char) -> bool {
    is_invisible(c)
        || c.is_whitespace()
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '·' | '•' | '‧' | '・' | '･' | '∙' | '．' | '.')
}
