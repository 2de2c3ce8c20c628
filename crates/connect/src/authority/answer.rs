//! What the platform's answer says: code, message, and the records in it.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::profile::AuthorityProfile;
use crate::Fault;
use crate::xml::Node;

/// The code of a [`Fault::Refused`] for a write that the platform says it already has. Compare the whole decision
/// before taking it for success: see `DecisionRecord::is_result_of`.
pub const DUPLICATE: &str = "DUPLICATE";

/// Head and body of an answer, wherever the site nests them.
struct Parts<'a> {
    head: &'a Node,
    body: Option<&'a Node>,
    code: &'a str,
    message: String,
}

fn parts(tree: &Node) -> Result<Parts<'_>, Fault> {
    let head = tree.child("head").ok_or_else(|| Fault::garbled("an answer without a head"))?;
    let body = tree.child("body").or_else(|| head.child("body"));
    let code = head.value("code").ok_or_else(|| Fault::garbled("an answer without a code"))?;
    let message = ["message", "msg", "msg1"].iter().find_map(|name| head.value(name)).unwrap_or_default();
    Ok(Parts { head, body, code, message: message.to_owned() })
}

/// The records of a reading call. Both shapes of "nothing found" give an empty list.
pub(crate) fn records(profile: &AuthorityProfile, tree: &Node, tag: &str) -> Result<Vec<Fields>, Fault> {
    nodes(profile, tree, tag)?.iter().map(|record| fields_of(profile, record)).collect()
}

/// The same as elements, for records that hold lists.
pub(crate) fn nodes<'a>(profile: &AuthorityProfile, tree: &'a Node, tag: &str) -> Result<&'a [Node], Fault> {
    let parts = parts(tree)?;
    match parts.code {
        "1" => {}
        "0" if mentions(&parts.message, &profile.nothing_found) => return Ok(&[]),
        "0" => return Err(Fault::refused("0", &parts.message)),
        _ => return Err(Fault::garbled("a code that is neither 0 nor 1")),
    }
    let children = parts.body.map_or(&[][..], |body| body.children.as_slice());
    if children.iter().any(|child| !child.name.eq_ignore_ascii_case(tag)) {
        return Err(Fault::garbled(format!("records that are not tagged {tag}")));
    }
    if let Some(rownum) = parts.head.value("rownum") {
        let told: usize = rownum.parse().map_err(|_| Fault::garbled("a rownum that is no number"))?;
        if told != children.len() {
            return Err(Fault::garbled("rownum differs from the number of records"));
        }
    }
    Ok(children)
}

/// The plain fields of a record.
pub(crate) fn fields_of(profile: &AuthorityProfile, record: &Node) -> Result<Fields, Fault> {
    let mut values = BTreeMap::new();
    for field in &record.children {
        let name = field.name.to_ascii_lowercase();
        let name = profile.rename.get(&name).cloned().unwrap_or(name);
        let value = field.text.trim();
        if value.is_empty() || value == "null" {
            continue;
        }
        if values.insert(name, value.to_owned()).is_some_and(|earlier| earlier != value) {
            return Err(Fault::garbled("a field that is told twice, differently"));
        }
    }
    Ok(Fields::new(values))
}

/// What a writing call answers: everything it told, by name, if it succeeded.
pub(crate) fn written(profile: &AuthorityProfile, tree: &Node) -> Result<Fields, Fault> {
    let parts = parts(tree)?;
    match parts.code {
        "1" => {}
        "0" if mentions(&parts.message, &profile.duplicate) => {
            return Err(Fault::refused(DUPLICATE, &parts.message));
        }
        "0" => return Err(Fault::refused("0", &parts.message)),
        _ => return Err(Fault::garbled("a code that is neither 0 nor 1")),
    }
    let mut values = BTreeMap::new();
    let records = parts.body.map_or(&[][..], |body| body.children.as_slice());
    let inner = records.iter().flat_map(|record| record.children.iter());
    for node in parts.head.children.iter().chain(records).chain(inner).filter(|node| node.children.is_empty())
    {
        let name = node.name.to_ascii_lowercase();
        let name = profile.rename.get(&name).cloned().unwrap_or(name);
        if !node.text.trim().is_empty() {
            values.entry(name).or_insert_with(|| node.text.trim().to_owned());
        }
    }
    Ok(Fields::new(values))
}

fn mentions(message: &str, pieces: &[String]) -> bool {
    pieces.iter().any(|piece| message.contains(piece.as_str()))
}
