//! Cleans what people paste: full-width forms, invisible characters, spaces and separators.

use std::borrow::Cow;

/// Half-width, upper-case, without anything invisible or used only to space characters out.
/// What was cleaned before, which is almost every text, is handed back as it is.
pub(super) fn compact(raw: &str) -> Cow<'_, str> {
    if is_plain(raw) { Cow::Borrowed(raw) } else { Cow::Owned(cleaned(raw)) }
}

/// The same for a text that is given away: what needs no cleaning is not copied.
pub(super) fn compacted(raw: String) -> String {
    if is_plain(&raw) { raw } else { cleaned(&raw) }
}

fn cleaned(raw: &str) -> String {
    raw.chars().map(half_width).filter(|c| !is_spacing(*c)).flat_map(char::to_uppercase).collect()
}

/// Digits, capitals and Chinese characters alone: nothing that cleaning would touch.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '0'..='9' | 'A'..='Z' | '\u{4E00}'..='\u{9FFF}'))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_plain_character_is_touched_by_cleaning() {
        for c in ('\0'..=char::MAX).filter(|c| is_plain(c.encode_utf8(&mut [0; 4]))) {
            assert_eq!(cleaned(c.encode_utf8(&mut [0; 4])), c.to_string());
        }
    }

    proptest! {
        #[test]
        fn a_text_that_is_not_copied_is_the_one_that_cleaning_makes(raw in "(?:\\PC|[0-9A-Z鄂·－ａ ]){0,12}") {
            let text = compact(&raw);
            prop_assert_eq!(&*text, cleaned(&raw));
            prop_assert_eq!(matches!(text, Cow::Borrowed(_)), is_plain(&raw));
        }
    }
}
