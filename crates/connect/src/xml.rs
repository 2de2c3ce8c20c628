//! Reading XML from strangers: no DOCTYPE, no entities of their own, bounded in depth, size and number of elements.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deepest nesting that is read.
const DEPTH_MAX: usize = 32;
/// Most elements in one document.
const NODES_MAX: usize = 100_000;

/// An element with its local name, its own text and its children in order. Attributes are not kept: none of our
/// counterparts says anything in them that we need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub name: String,
    pub text: String,
    pub children: Vec<Node>,
}

/// Why a text is not acceptable XML. Holds nothing of the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum XmlFault {
    #[error("not well-formed XML")]
    Malformed,
    #[error("XML that ends too early")]
    Truncated,
    #[error("XML with a DOCTYPE or an entity of its own")]
    Entity,
    #[error("XML that is too deep or too large")]
    TooLarge,
}

impl Node {
    /// The first child of that name, whatever its case.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The trimmed text of the first child of that name; `None` when absent or empty.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

/// Parses one document into a tree.
pub(crate) fn parse(text: &str) -> Result<Node, XmlFault> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim());
    let mut open: Vec<Node> = Vec::new();
    let mut root: Option<Node> = None;
    let mut nodes = 0_usize;
    loop {
        match reader.read_event().map_err(|_| XmlFault::Malformed)? {
            Event::Start(tag) => {
                let node = begin(&tag, &mut nodes, root.is_some())?;
                if open.len() >= DEPTH_MAX {
                    return Err(XmlFault::TooLarge);
                }
                open.push(node);
            }
            Event::Empty(tag) => {
                let node = begin(&tag, &mut nodes, root.is_some())?;
                close(node, &mut open, &mut root);
            }
            Event::End(_) => {
                let node = open.pop().ok_or(XmlFault::Malformed)?;
                close(node, &mut open, &mut root);
            }
            Event::Text(part) => add_text(&mut open, &part.xml_content(XmlVersion::Explicit1_0))?,
            Event::CData(part) => add_text(&mut open, &part.xml_content(XmlVersion::Explicit1_0))?,
            Event::GeneralRef(reference) => {
                let letter = resolve(&reference)?;
                add_text(&mut open, letter.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err(XmlFault::Entity),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if open.is_empty() { root.ok_or(XmlFault::Malformed) } else { Err(XmlFault::Truncated) }
}

fn begin(tag: &BytesStart<'_>, nodes: &mut usize, has_root: bool) -> Result<Node, XmlFault> {
    *nodes += 1;
    if *nodes > NODES_MAX {
        return Err(XmlFault::TooLarge);
    }
    if has_root {
        return Err(XmlFault::Malformed);
    }
    Ok(Node { name: tag.local_name().as_ref().to_owned(), ..Node::default() })
}

fn close(node: Node, open: &mut [Node], root: &mut Option<Node>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(node),
        None => *root = Some(node),
    }
}

fn add_text(open: &mut [Node], part: &str) -> Result<(), XmlFault> {
    match open.last_mut() {
        Some(node) => node.text.push_str(part),
        None if part.trim().is_empty() => {}
        None => return Err(XmlFault::Malformed),
    }
    Ok(())
}

/// The five references that XML itself defines, and characters by number; anything else would need a DOCTYPE.
fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlFault> {
    if reference.is_char_ref() {
        let letter =
            reference.resolve_char_ref().map_err(|_| XmlFault::Malformed)?.ok_or(XmlFault::Malformed)?;
        let allowed = !letter.is_control() || matches!(letter, '\t' | '\n' | '\r');
        return if allowed { Ok(letter) } else { Err(XmlFault::Malformed) };
    }
    match reference.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlFault::Entity),
    }
}

/// Text made safe to stand between two tags. Control characters that XML cannot carry are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\t' | '\n' | '\r' => out.push(letter),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_with_text_cdata_and_references() {
        let tree = parse("<?xml version=\"1.0\" encoding=\"GBK\"?>\n<a:root xmlns:a='x'><b id=\"1\">1 &lt; &#x4e2d; <![CDATA[<&>]]></b><c/></a:root>")
            .expect("good XML");
        assert_eq!(tree.name, "root");
        assert_eq!(tree.value("B"), Some("1 < 中 <&>"));
        assert_eq!(tree.value("c"), None);
    }

    #[test]
    fn hostile_documents_are_refused_without_being_built() {
        assert_eq!(
            parse("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
            Err(XmlFault::Entity)
        );
        assert_eq!(parse("<a>&x;</a>"), Err(XmlFault::Entity));
        let deep = format!("{}{}", "<a>".repeat(1_000_000), "</a>".repeat(1_000_000));
        assert_eq!(parse(&deep), Err(XmlFault::TooLarge));
        assert_eq!(parse(&format!("<a>{}</a>", "<b/>".repeat(NODES_MAX))), Err(XmlFault::TooLarge));
    }

    #[test]
    fn broken_documents_are_refused() {
        for (text, fault) in [
            ("<a><b>x</b>", XmlFault::Truncated),
            ("<a><b>x</a>", XmlFault::Malformed),
            ("<a>x</a><b/>", XmlFault::Malformed),
            ("<a>x</a>tail", XmlFault::Malformed),
            ("", XmlFault::Malformed),
            ("no tags", XmlFault::Malformed),
            ("<a>&#0;</a>", XmlFault::Malformed),
            ("<a>&#1;</a>", XmlFault::Malformed),
        ] {
            assert_eq!(parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_is_escaped_reads_back_as_it_was() {
        let name = "张<三>&\"'𠮷]]>\u{1}";
        let tree = parse(&format!("<a>{}</a>", escape(name))).expect("escaped");
        assert_eq!(tree.text, "张<三>&\"'𠮷]]>");
    }
}
