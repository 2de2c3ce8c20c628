//! A small XML tree: what the platform's documents and WeChat's messages need, no more.

use quick_xml::Reader;
use quick_xml::events::Event;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Name without prefix.
    pub name: String,
    /// Attributes in order, by full name.
    pub attributes: Vec<(String, String)>,
    /// Text directly inside, in one piece.
    pub text: String,
    /// Elements directly inside.
    pub children: Vec<Node>,
}

impl Node {
    /// An empty element.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element with text.
    #[must_use]
    pub fn leaf(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), ..Self::default() }
    }

    /// The same with a child more.
    #[must_use]
    pub fn with(mut self, child: Node) -> Self {
        self.children.push(child);
        self
    }

    /// The same with an attribute more.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// The first child of this name, whatever its case.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// The trimmed text of the first child of this name; empty if there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.child(name).map_or("", |c| c.text.trim())
    }

    /// Writes the element; every text goes through `text` after escaping.
    pub fn write(&self, out: &mut String, text: &dyn Fn(&str) -> String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
        out.push('>');
        if self.children.is_empty() {
            out.push_str(&text(&escape(&self.text)));
        }
        for child in &self.children {
            child.write(out, text);
        }
        out.push_str(&format!("</{}>", self.name));
    }
}

/// The five characters that markup needs.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// Parses a document. DOCTYPE is refused, and so are more than 64 levels.
///
/// # Errors
/// What is wrong with the text.
pub fn parse(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text);
    let mut stack: Vec<Node> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|e| e.to_string())?;
        match event {
            Event::Start(start) => {
                if stack.len() > 64 {
                    return Err("too deep".into());
                }
                stack.push(opened(&start)?);
            }
            Event::Empty(start) => {
                let node = opened(&start)?;
                match stack.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            Event::End(_) => {
                let node = stack.pop().ok_or("an end without a start")?;
                match stack.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            Event::Text(piece) => push_text(&mut stack, &piece.xml10_content()),
            Event::CData(piece) => push_text(&mut stack, &piece.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content().into_owned();
                let text = match reference.resolve_char_ref() {
                    Ok(Some(c)) => c.to_string(),
                    _ => predefined(&name).ok_or_else(|| format!("unknown entity {name}"))?.to_owned(),
                };
                push_text(&mut stack, &text);
            }
            Event::DocType(_) => return Err("DOCTYPE is refused".into()),
            Event::Eof => return Err("the document ends too early".into()),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn opened(start: &quick_xml::events::BytesStart<'_>) -> Result<Node, String> {
    let mut node = Node::new(start.local_name().as_ref().to_owned());
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
            .map_err(|e| e.to_string())?
            .into_owned();
        node.attributes.push((attribute.key.as_ref().to_owned(), value));
    }
    Ok(node)
}

fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

fn push_text(stack: &mut [Node], text: &str) {
    if let Some(node) = stack.last_mut() {
        node.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_back() {
        let node =
            parse("<?xml version=\"1.0\"?><a:root x='1'><B>甲&amp;&#65;</B><c><![CDATA[<d>]]></c></a:root>")
                .unwrap();
        assert_eq!(node.name, "root");
        assert_eq!(node.value("b"), "甲&A");
        assert_eq!(node.value("c"), "<d>");
        let mut out = String::new();
        node.write(&mut out, &|t| t.to_owned());
        assert_eq!(parse(&out).unwrap(), node);
    }

    #[test]
    fn bad_documents_are_refused() {
        for text in ["", "<a>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a>&nope;</a>", "</a>"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"<a>".repeat(200)).is_err());
    }
}
