//! The platform's layers of encoding: percent-encoding outside, XML inside, and the site's own habits.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::xml::{self, Node};

/// What Java's `URLEncoder` leaves as it is; a space becomes `+`.
const JAVA: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

/// Percent-encodes like Java.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, JAVA).to_string().replace(' ', "+")
}

/// Takes percent-encoding off: `+` and `%20` are spaces.
///
/// # Errors
/// When a `%` is not followed by two hex digits, or the bytes are not UTF-8.
pub fn decode(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    for (i, byte) in bytes.iter().enumerate() {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        if *byte == b'%' && !(digit(i + 1) && digit(i + 2)) {
            return Err("percent-encoding is broken".into());
        }
    }
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8()
        .map(|t| t.into_owned())
        .map_err(|e| e.to_string())
}

/// How the answer string is encoded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerHabit {
    /// Percent-encoded as a whole.
    #[default]
    Document,
    /// The same, and every value a second time.
    DocumentAndValues,
    /// Plain markup with percent-encoded values.
    Values,
    /// Not encoded.
    Plain,
}

/// Case of record tags in answers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TagCase {
    /// As in the interface table: `viosurveil`, `DrvPerson`.
    #[default]
    Usual,
    /// `vioSurveil`, as one client writes it.
    Camel,
    /// All upper case.
    Upper,
}

/// The habits of one site.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteStyle {
    /// How answers are encoded.
    pub answer: AnswerHabit,
    /// Case of record tags.
    pub tags: TagCase,
    /// `body` inside `head`, as one gateway nests it.
    pub body_in_head: bool,
    /// A percent-encoded document holds real GBK bytes (GB 18030), as its prolog says, instead of UTF-8.
    pub gbk: bool,
}

/// The document of a request, decoded, and which habit it came in.
pub struct Asked {
    /// `value` or `document`.
    pub habit: &'static str,
    /// The root element.
    pub root: Node,
}

/// Reads a request document in either habit.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str) -> Result<Asked, String> {
    let text = text.trim();
    if text.starts_with('<') {
        let mut root = xml::parse(text)?;
        decode_values(&mut root)?;
        return Ok(Asked { habit: "value", root });
    }
    let whole = decode(text)?;
    Ok(Asked { habit: "document", root: xml::parse(whole.trim())? })
}

/// Values may themselves be escaped inside their percent-encoding; both layers come off.
fn decode_values(node: &mut Node) -> Result<(), String> {
    if node.children.is_empty() {
        let plain = decode(&node.text)?;
        node.text = quick_xml::escape::unescape(&plain).map(|t| t.into_owned()).unwrap_or(plain);
    }
    node.children.iter_mut().try_for_each(decode_values)
}

/// What a call answers.
#[derive(Clone, Debug)]
pub struct Reply {
    /// `1` or `0`.
    pub code: &'static str,
    /// Message.
    pub message: String,
    /// Records, already under their tag.
    pub records: Vec<Node>,
}

impl Reply {
    /// Success with records.
    #[must_use]
    pub fn found(tag: &str, records: Vec<Node>) -> Self {
        let records = records
            .into_iter()
            .enumerate()
            .map(|(i, mut node)| {
                tag.clone_into(&mut node.name);
                node.attribute("id", i.to_string())
            })
            .collect();
        Self { code: "1", message: "数据下载成功！".into(), records }
    }

    /// Failure with a text.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: "0", message: message.into(), records: Vec::new() }
    }
}

/// Writes an answer string in the site's style.
#[must_use]
pub fn write(reply: &Reply, style: SiteStyle, entities: bool) -> String {
    let mut body = Node::new("body");
    for record in &reply.records {
        let mut record = record.clone();
        record.name = cased(&record.name, style.tags);
        body.children.push(record);
    }
    let mut head = Node::new("head")
        .with(Node::leaf("code", reply.code))
        .with(Node::leaf("message", reply.message.clone()))
        .with(Node::leaf("rownum", reply.records.len().to_string()));
    let mut root = Node::new("root");
    if style.body_in_head {
        head.children.push(body);
        root.children.push(head);
    } else {
        root.children.push(head);
        root.children.push(body);
    }
    let encode_values = matches!(style.answer, AnswerHabit::DocumentAndValues | AnswerHabit::Values);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"GBK\"?>");
    if entities {
        text.push_str("<!DOCTYPE root [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>");
        root.children[0].children.push(Node::leaf("remark", "ENTITY"));
    }
    root.write(&mut text, &|t| if encode_values { encode(t) } else { t.to_owned() });
    if entities {
        text = text.replace("ENTITY<", "&c;&c;&c;&c;<");
    }
    match style.answer {
        AnswerHabit::Document | AnswerHabit::DocumentAndValues if style.gbk => {
            let (bytes, ..) = encoding_rs::GB18030.encode(&text);
            percent_encode(&bytes, JAVA).to_string().replace(' ', "+")
        }
        AnswerHabit::Document | AnswerHabit::DocumentAndValues => encode(&text),
        AnswerHabit::Values | AnswerHabit::Plain => text,
    }
}

fn cased(tag: &str, case: TagCase) -> String {
    match case {
        TagCase::Usual => tag.to_owned(),
        TagCase::Upper => tag.to_uppercase(),
        TagCase::Camel => match tag {
            "viosurveil" => "vioSurveil".into(),
            "DrvPerson" => "drvPerson".into(),
            "viojdczp" => "vioJdczp".into(),
            other => {
                let mut letters = other.chars();
                letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_habits_mean_the_same() {
        let by_value = "<?xml version=\"1.0\" encoding=\"GBK\"?><root><QueryCondition><hphm>%E9%84%82A1+%2B</hphm></QueryCondition></root>";
        let whole = encode("<root><QueryCondition><hphm>鄂A1 +</hphm></QueryCondition></root>");
        let value =
            |text: &str| read(text).unwrap().root.child("QueryCondition").unwrap().value("hphm").to_owned();
        assert_eq!(value(by_value), "鄂A1 +");
        assert_eq!(value(&whole), "鄂A1 +");
        assert!(read("<root><a>%ZZ</a></root>").is_err());
        assert!(read("%E9%").is_err());
    }

    #[test]
    fn styles_change_the_dress_and_not_the_content() {
        let reply = Reply::found("viosurveil", vec![Node::new("x").with(Node::leaf("wfdz", "望鹤 & 大道"))]);
        let plain = write(&reply, SiteStyle { answer: AnswerHabit::Plain, ..SiteStyle::default() }, false);
        let whole = write(&reply, SiteStyle::default(), false);
        assert_eq!(decode(&whole).unwrap(), plain);
        let gbk = write(&reply, SiteStyle { gbk: true, ..SiteStyle::default() }, false);
        assert!(gbk.contains("%CD%FB%BA%D7") && decode(&gbk).is_err(), "GBK bytes are not UTF-8: {gbk}");
        let style = SiteStyle {
            answer: AnswerHabit::DocumentAndValues,
            tags: TagCase::Camel,
            body_in_head: true,
            gbk: false,
        };
        let twice = xml::parse(&decode(&write(&reply, style, false)).unwrap()).unwrap();
        let record = twice.child("head").unwrap().child("body").unwrap().child("vioSurveil").unwrap();
        assert_eq!(decode(record.value("wfdz")).unwrap(), "望鹤 &amp; 大道");
        assert!(xml::parse(&decode(&write(&reply, SiteStyle::default(), true)).unwrap()).is_err());
    }
}
