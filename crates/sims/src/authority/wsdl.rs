//! The service descriptions at `?wsdl`.

use super::soap::Variant;

/// One operation of a description.
struct Operation {
    name: &'static str,
    variant: Variant,
    last: &'static str,
}

/// The description of a service at an address; `prime` names the last part as A′ does. `None` = no such service.
#[must_use]
pub fn describe(service: &str, address: &str, prime: bool) -> Option<String> {
    let op = |name, variant, last| Operation { name, variant, last };
    let (query, write) = if prime { ("QueryXmlDoc", "WriteXmlDoc") } else { ("UTF8XmlDoc", "UTF8XmlDoc") };
    match service {
        "TmriOutAccess" => Some(encoded(
            address,
            "http://endpoint.axis.framework.tmri.com",
            [
                "TmriJaxRpcOutAccess",
                "TmriOutAccessSoapBinding",
                "TmriJaxRpcOutAccessService",
                "TmriOutAccess",
            ],
            &[op("queryObjectOut", Variant::A, query), op("writeObjectOut", Variant::A, write)],
        )),
        "TmriOutNewAccess" => Some(encoded(
            address,
            address,
            [
                "TmriJaxRpcOutNewAccess",
                "TmriOutNewAccessSoapBinding",
                "TmriJaxRpcOutNewAccessService",
                "TmriOutNewAccess",
            ],
            &[
                op("queryObjectOut", Variant::B, "UTF8XmlDoc"),
                op("writeObjectOut", Variant::B, "UTF8XmlDoc"),
                op("queryObjectOutNew", Variant::C, "UTF8XmlDoc"),
                op("writeObjectOutNew", Variant::C, "UTF8XmlDoc"),
            ],
        )),
        "TmriTpAccess" => Some(encoded(
            address,
            address,
            ["TmriJaxRpcTpAccess", "TmriTpAccessSoapBinding", "TmriJaxRpcTpAccessService", "TmriTpAccess"],
            &[op("queryTpobject", Variant::D, "UTF8XmlDoc"), op("writeTpobject", Variant::D, "UTF8XmlDoc")],
        )),
        "TmriOutAccess.asmx" => Some(literal(address)),
        _ => None,
    }
}

/// rpc/encoded, as Axis 1.4 writes it. `names`: port type, binding, service, port.
fn encoded(address: &str, target: &str, names: [&str; 4], operations: &[Operation]) -> String {
    let [port_type, binding, service, port] = names;
    let mut messages = String::new();
    let mut ports = String::new();
    let mut bound = String::new();
    for op in operations {
        let name = op.name;
        let parts: Vec<&str> = op.variant.arguments().iter().copied().chain([op.last]).collect();
        let list: String =
            parts.iter().map(|p| format!("<wsdl:part name=\"{p}\" type=\"xsd:string\"/>")).collect();
        messages.push_str(&format!(
            "<wsdl:message name=\"{name}Request\">{list}</wsdl:message><wsdl:message name=\"{name}Response\"><wsdl:part name=\"{name}Return\" type=\"xsd:string\"/></wsdl:message>"
        ));
        ports.push_str(&format!(
            "<wsdl:operation name=\"{name}\" parameterOrder=\"{}\"><wsdl:input name=\"{name}Request\" message=\"impl:{name}Request\"/><wsdl:output name=\"{name}Response\" message=\"impl:{name}Response\"/></wsdl:operation>",
            parts.join(" ")
        ));
        let body = |space: &str| {
            format!(
                "<wsdlsoap:body use=\"encoded\" encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\" namespace=\"{space}\"/>"
            )
        };
        bound.push_str(&format!(
            "<wsdl:operation name=\"{name}\"><wsdlsoap:operation soapAction=\"\"/><wsdl:input name=\"{name}Request\">{}</wsdl:input><wsdl:output name=\"{name}Response\">{}</wsdl:output></wsdl:operation>",
            body("http://endpoint.axis.framework.tmri.com"),
            body(target)
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><wsdl:definitions targetNamespace=\"{target}\" xmlns:impl=\"{target}\" xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:wsdlsoap=\"http://schemas.xmlsoap.org/wsdl/soap/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">{messages}<wsdl:portType name=\"{port_type}\">{ports}</wsdl:portType><wsdl:binding name=\"{binding}\" type=\"impl:{port_type}\"><wsdlsoap:binding style=\"rpc\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>{bound}</wsdl:binding><wsdl:service name=\"{service}\"><wsdl:port name=\"{port}\" binding=\"impl:{binding}\"><wsdlsoap:address location=\"{address}\"/></wsdl:port></wsdl:service></wsdl:definitions>"
    )
}

/// document/literal wrapped, as .NET writes it.
fn literal(address: &str) -> String {
    let mut types = String::new();
    let mut messages = String::new();
    let mut ports = String::new();
    let mut bound = String::new();
    for name in ["queryObjectOut", "writeObjectOut"] {
        let parts: String = Variant::E
            .arguments()
            .iter()
            .chain([&"UTF8XmlDoc"])
            .map(|p| format!("<s:element minOccurs=\"0\" maxOccurs=\"1\" name=\"{p}\" type=\"s:string\"/>"))
            .collect();
        types.push_str(&format!(
            "<s:element name=\"{name}\"><s:complexType><s:sequence>{parts}</s:sequence></s:complexType></s:element><s:element name=\"{name}Response\"><s:complexType><s:sequence><s:element minOccurs=\"0\" maxOccurs=\"1\" name=\"{name}Result\" type=\"s:string\"/></s:sequence></s:complexType></s:element>"
        ));
        messages.push_str(&format!(
            "<wsdl:message name=\"{name}SoapIn\"><wsdl:part name=\"parameters\" element=\"tns:{name}\"/></wsdl:message><wsdl:message name=\"{name}SoapOut\"><wsdl:part name=\"parameters\" element=\"tns:{name}Response\"/></wsdl:message>"
        ));
        ports.push_str(&format!(
            "<wsdl:operation name=\"{name}\"><wsdl:input message=\"tns:{name}SoapIn\"/><wsdl:output message=\"tns:{name}SoapOut\"/></wsdl:operation>"
        ));
        bound.push_str(&format!(
            "<wsdl:operation name=\"{name}\"><soap:operation soapAction=\"http://tempuri.org/{name}\" style=\"document\"/><wsdl:input><soap:body use=\"literal\"/></wsdl:input><wsdl:output><soap:body use=\"literal\"/></wsdl:output></wsdl:operation>"
        ));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><wsdl:definitions xmlns:tns=\"http://tempuri.org/\" xmlns:s=\"http://www.w3.org/2001/XMLSchema\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" targetNamespace=\"http://tempuri.org/\"><wsdl:types><s:schema elementFormDefault=\"qualified\" targetNamespace=\"http://tempuri.org/\">{types}</s:schema></wsdl:types>{messages}<wsdl:portType name=\"TmriOutAccessSoap\">{ports}</wsdl:portType><wsdl:binding name=\"TmriOutAccessSoap\" type=\"tns:TmriOutAccessSoap\"><soap:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>{bound}</wsdl:binding><wsdl:service name=\"TmriOutAccess\"><wsdl:port name=\"TmriOutAccessSoap\" binding=\"tns:TmriOutAccessSoap\"><soap:address location=\"{address}\"/></wsdl:port></wsdl:service></wsdl:definitions>"
    )
}
