//! The SOAP 1.1 envelope around one call.

use super::profile::{AuthorityProfile, Direction, Variant};
use crate::Fault;
use crate::xml::{self, Node, escape};

/// The envelope of a call: rpc/encoded with typed strings for the platform itself, document/literal for .NET re-hosts.
pub(crate) fn envelope(
    profile: &AuthorityProfile,
    direction: Direction,
    jkid: &str,
    document: &str,
) -> String {
    let (operation, namespace) = (profile.operation(direction), escape(profile.namespace()));
    let literal = profile.variant == Variant::E;
    let mut body = String::new();
    for (name, value) in profile.arguments(direction, jkid, document) {
        let value = escape(value);
        if literal {
            body.push_str(&format!("<{name}>{value}</{name}>"));
        } else {
            body.push_str(&format!("<{name} xsi:type=\"xsd:string\">{value}</{name}>"));
        }
    }
    let call = if literal {
        format!("<{operation} xmlns=\"{namespace}\">{body}</{operation}>")
    } else {
        format!(
            "<ns1:{operation} xmlns:ns1=\"{namespace}\" \
             soapenv:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">{body}</ns1:{operation}>"
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{call}</soapenv:Body></soapenv:Envelope>"
    )
}

/// The SOAPAction header: empty for the platform, the operation's address for .NET.
pub(crate) fn action(profile: &AuthorityProfile, direction: Direction) -> String {
    let action = profile.soap_action.clone().unwrap_or_else(|| match profile.variant {
        Variant::E => format!("{}{}", profile.namespace(), profile.operation(direction)),
        _ => String::new(),
    });
    format!("\"{action}\"")
}

/// The one string in the answer's envelope.
pub(crate) fn result(status: u16, body: &[u8]) -> Result<String, Fault> {
    // A gateway gave up waiting for the platform, which may still be at it: as if nobody had answered.
    if status == 504 {
        return Err(Fault::TimedOut);
    }
    let text = std::str::from_utf8(body).map_err(|_| Fault::garbled("an envelope that is not UTF-8"))?;
    let tree = match xml::parse(text) {
        Ok(tree) if tree.name == "Envelope" => tree,
        _ if status != 200 => return Err(Fault::garbled(format!("HTTP status {status}"))),
        Ok(_) => return Err(Fault::garbled("a page that is no SOAP envelope")),
        Err(fault) => return Err(Fault::garbled(format!("no SOAP envelope: {fault}"))),
    };
    let body = tree.child("Body").ok_or_else(|| Fault::garbled("an envelope without a body"))?;
    let answer = body.children.first().ok_or_else(|| Fault::garbled("an envelope with an empty body"))?;
    if answer.name == "Fault" {
        return Err(soap_fault(answer));
    }
    if status != 200 {
        return Err(Fault::garbled(format!("HTTP status {status}")));
    }
    match answer.children.as_slice() {
        [result] if result.children.is_empty() => Ok(result.text.clone()),
        [] => Ok(String::new()),
        _ => Err(Fault::garbled("an answer with more than one part")),
    }
}

/// `Client` says that our call was wrong and nothing was done; any other fault leaves that open.
fn soap_fault(fault: &Node) -> Fault {
    let code = fault.value("faultcode").unwrap_or_default();
    let code = code.rsplit(':').next().unwrap_or_default();
    if code == "Client" || code.starts_with("Client.") {
        return Fault::refused("soap.Client", fault.value("faultstring").unwrap_or_default());
    }
    Fault::garbled("a SOAP fault of the server")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enveloped(inner: &str) -> String {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{inner}</s:Body></s:Envelope>"
        )
    }

    #[test]
    fn the_string_is_found_whatever_its_names() {
        for inner in [
            "<n:queryObjectOutResponse xmlns:n='u'><queryObjectOutReturn>a&lt;b</queryObjectOutReturn></n:queryObjectOutResponse>",
            "<queryObjectOutResponse xmlns='http://tempuri.org/'><queryObjectOutResult>a&lt;b</queryObjectOutResult></queryObjectOutResponse>",
        ] {
            assert_eq!(result(200, enveloped(inner).as_bytes()), Ok("a<b".to_owned()));
        }
        assert_eq!(result(200, enveloped("<r/>").as_bytes()), Ok(String::new()));
    }

    #[test]
    fn faults_and_pages_are_faults() {
        let fault = |code: &str| {
            enveloped(&format!(
                "<s:Fault><faultcode>{code}</faultcode><faultstring>no</faultstring></s:Fault>"
            ))
        };
        assert!(!result(500, fault("soapenv:Client").as_bytes()).expect_err("refused").may_have_acted());
        assert!(
            result(500, fault("soapenv:Server.userException").as_bytes()).expect_err("open").may_have_acted()
        );
        assert!(result(200, fault("soapenv:Server").as_bytes()).is_err());
        for (status, body) in [
            (200, "<html><body>error</body></html>".as_bytes()),
            (502, b"Bad Gateway"),
            (200, b""),
            (200, b"\xff\xfe"),
            (200, b"<!DOCTYPE x [<!ENTITY e 'x'>]><Envelope/>"),
            (404, enveloped("<r><x>y</x></r>").as_bytes()),
            (200, enveloped("").as_bytes()),
        ] {
            assert!(matches!(result(status, body), Err(Fault::Garbled(_))));
        }
        assert_eq!(result(504, b"Gateway Timeout"), Err(Fault::TimedOut), "the platform has not answered");
    }
}
