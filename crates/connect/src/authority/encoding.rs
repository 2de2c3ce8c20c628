//! The platform's two layers of dress: percent-encoding over XML, and what answers really are when they come.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::profile::{AnswerHabit, Habit};
use crate::xml::escape;
use crate::{Fault, xml};

/// Java's form encoding leaves these four as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

pub(crate) fn percent(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The document of a call: fields in their order under `<root><tag>`. Values are escaped, then percent-encoded, so
/// that a name with `<` or `&` is a name on the other side whichever layer is taken off first.
pub(crate) fn document(habit: Habit, declared: &str, tag: &str, fields: &[(&str, String)]) -> String {
    let mut out = format!("<?xml version=\"1.0\" encoding=\"{declared}\"?><root><{tag}>");
    for (name, value) in fields {
        let value = escape(value);
        let value = if habit == Habit::Value { percent(&value) } else { value };
        out.push_str(&format!("<{name}>{value}</{name}>"));
    }
    out.push_str(&format!("</{tag}></root>"));
    if habit == Habit::Document { percent(&out) } else { out }
}

/// Takes percent-encoding off: `+` and `%20` are spaces, `%2B` is a plus.
pub(crate) fn unpercent(text: &str) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                    return Err(Fault::garbled("percent-encoding with a wrong or missing digit"));
                };
                bytes.push((high * 16 + low) as u8);
            }
            _ => bytes.push(byte),
        }
    }
    Ok(bytes)
}

/// Bytes to text: UTF-8, and where the prolog claims a GB encoding and the bytes are not UTF-8, GB 18030.
pub(crate) fn text_of(bytes: Vec<u8>) -> Result<String, Fault> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(fault) => fault.into_bytes(),
    };
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).to_ascii_lowercase();
    if head.contains("gbk") || head.contains("gb2312") || head.contains("gb18030") {
        let (text, _, faulty) = encoding_rs::GB18030.decode(&bytes);
        if !faulty {
            return Ok(text.into_owned());
        }
    }
    Err(Fault::garbled("bytes that are neither UTF-8 nor the encoding of the prolog"))
}

/// Makes the answer string an XML tree, taking off the layers that the site puts on.
pub(crate) fn answer_tree(habit: AnswerHabit, answer: &str) -> Result<xml::Node, Fault> {
    let answer = answer.trim();
    if answer.is_empty() {
        return Err(Fault::garbled("empty answer: the outcome is not known"));
    }
    if let Some(marker) = answer.strip_prefix('$') {
        let letter: String = marker.chars().take_while(char::is_ascii_alphanumeric).take(4).collect();
        return Err(Fault::garbled(format!("trouble inside the platform, marker ${letter}")));
    }
    let plain = matches!(habit, AnswerHabit::Plain | AnswerHabit::Values) || answer.starts_with('<');
    let text = if plain { answer.to_owned() } else { text_of(unpercent(answer)?)? };
    if text.trim_start().starts_with('$') {
        return Err(Fault::garbled("trouble inside the platform"));
    }
    let mut tree = xml::parse(&text).map_err(|fault| Fault::garbled(fault.to_string()))?;
    if tree.name.eq_ignore_ascii_case("html") {
        return Err(Fault::garbled("an HTML page instead of an answer"));
    }
    let encoded_values = matches!(habit, AnswerHabit::DocumentAndValues | AnswerHabit::Values);
    each_value(&mut tree, &mut |value| {
        if encoded_values {
            *value = text_of(unpercent(value.trim())?)?;
        } else if looks_encoded(value.trim()) {
            return Err(Fault::garbled("values are encoded a second time, which the profile does not say"));
        }
        Ok(())
    })?;
    Ok(tree)
}

fn each_value(
    node: &mut xml::Node,
    change: &mut impl FnMut(&mut String) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if node.children.is_empty() && !node.text.trim().is_empty() {
        change(&mut node.text)?;
    }
    node.children.iter_mut().try_for_each(|child| each_value(child, change))
}

/// Whether a value can only be the percent-encoding of non-ASCII text: whole UTF-8 bytes above 127, nothing else that
/// percent-encoding would have encoded.
fn looks_encoded(value: &str) -> bool {
    let only_encoded = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'+' | b'-' | b'_' | b'.' | b'*'));
    let bytes = value.as_bytes();
    let high = bytes.windows(3).any(|three| {
        three[0] == b'%'
            && matches!(three[1], b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')
            && three[2].is_ascii_hexdigit()
    });
    only_encoded && high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_habits_decode_to_the_same_document() {
        let fields = [("xm", "张<&>𠮷 三+1".to_owned()), ("dabh", String::new())];
        let by_value = document(Habit::Value, "GBK", "QueryCondition", &fields);
        let whole = document(Habit::Document, "GBK", "QueryCondition", &fields);
        assert!(by_value.starts_with("<?xml") && !whole.contains('<'), "{whole}");
        let by_value = text_of(unpercent(&by_value).expect("decodes")).expect("UTF-8");
        assert_eq!(by_value, text_of(unpercent(&whole).expect("decodes")).expect("UTF-8"));
        let tree = xml::parse(&by_value).expect("XML");
        let condition = tree.child("QueryCondition").expect("condition");
        assert_eq!(condition.value("xm"), Some("张<&>𠮷 三+1"));
        assert!(condition.child("dabh").is_some(), "an empty condition is still sent");
    }

    #[test]
    fn plus_and_percent_20_are_spaces_and_percent_2b_is_a_plus() {
        assert_eq!(unpercent("a+b%20c%2Bd").expect("decodes"), b"a b c+d");
    }

    #[test]
    fn broken_percent_encoding_is_a_fault() {
        for text in ["%ZZ", "%E", "%", "a%4"] {
            assert!(matches!(unpercent(text), Err(Fault::Garbled(_))), "{text}");
        }
        let cut = unpercent("%E5%BC").and_then(text_of);
        assert!(matches!(cut, Err(Fault::Garbled(_))), "a cut character is a fault");
    }

    #[test]
    fn real_gbk_bytes_are_read_when_the_prolog_says_so() {
        let (gbk, _, _) = encoding_rs::GBK.encode("<?xml version=\"1.0\" encoding=\"GBK\"?><r>张三</r>");
        assert!(text_of(gbk.into_owned()).expect("GBK").contains("张三"));
        let (bare, _, _) = encoding_rs::GBK.encode("<r>张三</r>");
        assert!(text_of(bare.into_owned()).is_err());
    }

    #[test]
    fn answers_of_every_odd_shape_are_faults() {
        let fault = |habit, text: &str| match answer_tree(habit, text) {
            Err(Fault::Garbled(why)) => why,
            other => panic!("{text}: {other:?}"),
        };
        for text in
            ["", "  ", "$E", "$", "$E系统异常", "%24E", "<html><body>504</body></html>", "<a>", "garbage"]
        {
            fault(AnswerHabit::Document, text);
        }
        let twice = percent("<root><xm>%E5%BC%A0</xm></root>");
        assert!(fault(AnswerHabit::Document, &twice).contains("second time"));
        let tree = answer_tree(AnswerHabit::DocumentAndValues, &twice).expect("agreed");
        assert_eq!(tree.value("xm"), Some("张"));
        assert!(fault(AnswerHabit::DocumentAndValues, &percent("<r><xm>%ZZ</xm></r>")).contains("digit"));
    }
}
