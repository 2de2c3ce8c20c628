//! The driver file: one record of the site with plain fields and lists. No public interface has this shape; the fields
//! are listed in `docs/guide/add-a-connector.md` and a site renames its own to these.

use clearway_domain::IdNumber;

use super::answer::{fields_of, nodes};
use super::fields::Fields;
use super::profile::AuthorityProfile;
use super::read::{programme, same_person};
use super::records::{Blacklisting, Crash, DriverFile, ProgrammeUse};
use crate::Fault;
use crate::xml::Node;

/// Reads the file. "Nothing found" leaves everything unknown: no file is not an empty file.
pub(crate) fn driver_file(
    profile: &AuthorityProfile,
    id: &IdNumber,
    tree: &Node,
) -> Result<DriverFile, Fault> {
    let record = match nodes(profile, tree, &profile.tags.driver_file)? {
        [] => return Ok(DriverFile::default()),
        [record] => record,
        _ => return Err(Fault::garbled("several driver files of one person")),
    };
    let mut fields = fields_of(profile, record)?;
    same_person(id, fields.id("sfzmhm").as_ref())?;
    let list = |name: &str, item: &str| items(profile, record, name, item);
    Ok(DriverFile {
        registered_12123: fields.flag("zcbj"),
        crashes: each(list("sglb", "sg")?, |item| crash(profile, item))?,
        full_mark_studies: each(list("mflb", "mf")?, |item| item.date("xxrq"))?,
        study_cheating: each(list("zblb", "zb")?, |item| item.date("rdrq"))?,
        programme_uses: each(list("xmlb", "xm")?, programme_use)?,
        blacklist: each(list("hmdlb", "hmd")?, |item| Some(blacklisting(item)))?,
        oddities: fields.oddities(),
    })
}

/// The items of a list; `None` when the site did not send the list at all.
fn items(
    profile: &AuthorityProfile,
    record: &Node,
    list: &str,
    item: &str,
) -> Result<Option<Vec<Fields>>, Fault> {
    let Some(list) = record.child(list) else { return Ok(None) };
    if list.children.iter().any(|child| !child.name.eq_ignore_ascii_case(item)) {
        return Err(Fault::garbled("a list of the driver file with other items than agreed"));
    }
    list.children
        .iter()
        .map(|child| fields_of(profile, child))
        .collect::<Result<Vec<Fields>, Fault>>()
        .map(Some)
}

/// Reads every item. One that lacks what it is about spoils the file: a list with a hole would hide a crash.
fn each<T>(
    items: Option<Vec<Fields>>,
    mut read: impl FnMut(&mut Fields) -> Option<T>,
) -> Result<Option<Vec<T>>, Fault> {
    let Some(items) = items else { return Ok(None) };
    let read: Option<Vec<T>> = items.into_iter().map(|mut item| read(&mut item)).collect();
    read.map(Some).ok_or_else(|| Fault::garbled("an item of the driver file without its key fields"))
}

fn crash(profile: &AuthorityProfile, item: &mut Fields) -> Option<Crash> {
    Some(Crash {
        occurred: item.instant("sgsj")?,
        plate: item.plate(&profile.province),
        grade: item.text("sgdj"),
    })
}

fn programme_use(item: &mut Fields) -> Option<ProgrammeUse> {
    Some(ProgrammeUse {
        programme: item.read("xmbh", programme)?,
        used: item.instant("sysj")?,
        channel: item.text("syqd"),
        points: item.points("jfs"),
        decision: item.text("jdsbh"),
        annulled: item.flag("cxbj"),
    })
}

fn blacklisting(item: &mut Fields) -> Blacklisting {
    Blacklisting { from: item.date("qsrq"), until: item.date("jzrq"), ground: item.text("yy") }
}
