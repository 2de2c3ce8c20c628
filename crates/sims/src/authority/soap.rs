//! SOAP 1.1 envelopes: rpc/encoded as Axis speaks it, document/literal as the .NET re-hosts do.

use crate::xml::{self, Node, escape};

/// Names of the last argument that clients use for the document.
const DOCUMENT: [&str; 3] = ["UTF8XmlDoc", "QueryXmlDoc", "WriteXmlDoc"];

/// Argument variants (see the reference page).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variant {
    /// `TmriOutAccess`: four strings. A′ only names the last one otherwise.
    A,
    /// `TmriOutNewAccess`, old operation names: nine strings.
    B,
    /// `TmriOutNewAccess`, new operation names: ten strings in another order.
    C,
    /// `TmriTpAccess`: three strings.
    D,
    /// .NET re-host of A.
    E,
}

impl Variant {
    /// Which variant a service and an operation make.
    #[must_use]
    pub fn of(service: &str, operation: &str) -> Option<Self> {
        match (service, operation) {
            ("TmriOutAccess", "queryObjectOut" | "writeObjectOut") => Some(Self::A),
            ("TmriOutNewAccess", "queryObjectOut" | "writeObjectOut") => Some(Self::B),
            ("TmriOutNewAccess", "queryObjectOutNew" | "writeObjectOutNew") => Some(Self::C),
            ("TmriTpAccess", "queryTpobject" | "writeTpobject") => Some(Self::D),
            ("TmriOutAccess.asmx", "queryObjectOut" | "writeObjectOut") => Some(Self::E),
            _ => None,
        }
    }

    /// The arguments before the document, in their order.
    #[must_use]
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::A | Self::E => &["xtlb", "jkxlh", "jkid"],
            Self::B => &["xtlb", "jkxlh", "jkid", "yhbz", "dwmc", "dwjgdm", "yhxm", "zdbs"],
            Self::C => &["xtlb", "jkxlh", "jkid", "cjsqbh", "dwjgdm", "dwmc", "yhbz", "yhxm", "zdbs"],
            Self::D => &["jkxlh", "jkid"],
        }
    }

    /// The namespace that the body element must be in.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        match self {
            Self::E => "http://tempuri.org/",
            _ => "http://endpoint.axis.framework.tmri.com",
        }
    }
}

/// A call as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// Operation.
    pub operation: String,
    /// Namespace of the operation's element.
    pub namespace: String,
    /// Arguments in the order received.
    pub arguments: Vec<(String, String)>,
}

/// Reads an envelope.
///
/// # Errors
/// What is wrong with it.
pub fn read(body: &[u8]) -> Result<Call, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the envelope is not UTF-8")?;
    let envelope = xml::parse(text)?;
    if envelope.name != "Envelope" {
        return Err("no SOAP envelope".into());
    }
    let soap_body = envelope.child("Body").ok_or("no SOAP body")?;
    let element = soap_body.children.first().ok_or("an empty SOAP body")?;
    let namespaces = [&envelope, soap_body, element].into_iter().flat_map(|n| &n.attributes);
    let prefix = prefix_of(text, &element.name);
    let wanted = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    let namespace =
        namespaces.filter(|(name, _)| *name == wanted).map(|(_, value)| value.clone()).next_back();
    Ok(Call {
        operation: element.name.clone(),
        namespace: namespace.unwrap_or_default(),
        arguments: element.children.iter().map(|c| (c.name.clone(), c.text.clone())).collect(),
    })
}

/// The prefix of the operation's start tag: the tree keeps local names only.
fn prefix_of(text: &str, local: &str) -> String {
    let after_body = text.find("Body").map_or(text, |at| &text[at..]);
    let end = after_body.find(local).unwrap_or(0);
    let tag = &after_body[..end];
    let start = tag.rfind('<').map_or(0, |at| at + 1);
    tag[start..].trim_end_matches(':').to_owned()
}

impl Call {
    /// Puts the arguments under the variant's names: by name when they carry those names in the right order, by
    /// position when they carry none of them.
    ///
    /// # Errors
    /// When the count, the order or the namespace is not the variant's.
    pub fn bind(&self, variant: Variant, endpoint: &str) -> Result<Bound, String> {
        // Clients that read the description of these two services take its target namespace, which is the endpoint.
        let own = matches!(variant, Variant::B | Variant::C | Variant::D) && self.namespace == endpoint;
        if !own && self.namespace.trim_end_matches('/') != variant.namespace().trim_end_matches('/') {
            return Err(format!("命名空间不正确: {}", self.namespace));
        }
        let names = variant.arguments();
        if self.arguments.len() != names.len() + 1 {
            return Err(format!("参数个数不正确: {}", self.arguments.len()));
        }
        let known = |name: &str| names.contains(&name) || DOCUMENT.contains(&name);
        let by_name = self.arguments.iter().any(|(name, _)| known(name));
        let in_order = self.arguments.iter().zip(names).all(|((have, _), want)| have == want)
            && self.arguments.last().is_some_and(|(name, _)| DOCUMENT.contains(&name.as_str()));
        if by_name && !in_order {
            return Err("参数顺序不正确".into());
        }
        let value = |name: &str| {
            let at = names.iter().position(|n| *n == name)?;
            self.arguments.get(at).map(|(_, value)| value.trim().to_owned())
        };
        Ok(Bound {
            xtlb: value("xtlb"),
            jkxlh: value("jkxlh").unwrap_or_default(),
            jkid: value("jkid").unwrap_or_default(),
            scene: value("cjsqbh"),
            unit: value("dwjgdm"),
            document: self.arguments.last().map(|(_, v)| v.clone()).unwrap_or_default(),
        })
    }
}

/// Arguments by meaning.
#[derive(Clone, Debug)]
pub struct Bound {
    /// System class, two digits.
    pub xtlb: Option<String>,
    /// Interface serial.
    pub jkxlh: String,
    /// Interface number.
    pub jkid: String,
    /// Scene authorisation number, in variant C.
    pub scene: Option<String>,
    /// Unit code, in variants B and C.
    pub unit: Option<String>,
    /// The document.
    pub document: String,
}

/// The envelope of an answer. `response_namespace` is the endpoint's own for `TmriOutNewAccess`.
#[must_use]
pub fn answer(variant: Variant, operation: &str, response_namespace: &str, text: &str) -> String {
    let text = escape(text);
    let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>";
    let tail = "</soapenv:Body></soapenv:Envelope>";
    if variant == Variant::E {
        return format!(
            "{head}<{operation}Response xmlns=\"http://tempuri.org/\"><{operation}Result>{text}</{operation}Result></{operation}Response>{tail}"
        );
    }
    format!(
        "{head}<ns1:{operation}Response soapenv:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:ns1=\"{response_namespace}\"><{operation}Return xsi:type=\"xsd:string\">{text}</{operation}Return></ns1:{operation}Response>{tail}"
    )
}

/// A SOAP fault.
#[must_use]
pub fn fault(text: &str) -> String {
    let fault = Node::new("soapenv:Fault")
        .with(Node::leaf("faultcode", "soapenv:Server.userException"))
        .with(Node::leaf("faultstring", text))
        .with(Node::new("detail"));
    let envelope = Node::new("soapenv:Envelope")
        .attribute("xmlns:soapenv", "http://schemas.xmlsoap.org/soap/envelope/")
        .with(Node::new("soapenv:Body").with(fault));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    envelope.write(&mut out, &|t| t.to_owned());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(order: &[&str]) -> Vec<u8> {
        let parts: String = order.iter().map(|n| format!("<{n}>{n}-value</{n}>")).collect();
        format!("<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><t:queryObjectOutNew xmlns:t=\"http://endpoint.axis.framework.tmri.com\">{parts}</t:queryObjectOutNew></s:Body></s:Envelope>").into_bytes()
    }

    #[test]
    fn the_order_of_arguments_matters() {
        let mut order = Variant::C.arguments().to_vec();
        order.push("UTF8XmlDoc");
        let call = read(&envelope(&order)).unwrap();
        assert_eq!(call.namespace, "http://endpoint.axis.framework.tmri.com");
        let bound = call.bind(Variant::C, "http://h/s").unwrap();
        assert_eq!((bound.jkid.as_str(), bound.scene.as_deref()), ("jkid-value", Some("cjsqbh-value")));
        order.swap(4, 5);
        assert!(read(&envelope(&order)).unwrap().bind(Variant::C, "http://h/s").is_err());
        let call = read(&envelope(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])).unwrap();
        assert_eq!(call.bind(Variant::C, "http://h/s").unwrap().jkid, "c-value");
        assert!(call.bind(Variant::B, "http://h/s").is_err());
    }
}
