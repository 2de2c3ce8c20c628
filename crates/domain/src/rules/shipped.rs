//! The packs that ship with the program, and choosing the pack in force.

use jiff::Timestamp;

use super::pack::Pack;
use super::toml_tree::PackProblem;
use crate::offences::OffenceTable;
use crate::world::civil_date;

/// The text of a pack file with its name.
#[derive(Debug, Clone, Copy)]
pub struct PackFile<'t> {
    /// Path as shown in problems.
    pub name: &'t str,
    /// The TOML.
    pub text: &'t str,
}

/// The packs that ship with the program, oldest first.
pub const SHIPPED: [PackFile<'static>; 3] = [
    PackFile {
        name: "packs/wuhan-2016/pack.toml",
        text: include_str!("../../../../packs/wuhan-2016/pack.toml"),
    },
    PackFile {
        name: "packs/wuhan-2019/pack.toml",
        text: include_str!("../../../../packs/wuhan-2019/pack.toml"),
    },
    PackFile {
        name: "packs/national-2022/pack.toml",
        text: include_str!("../../../../packs/national-2022/pack.toml"),
    },
];

/// Packs whose periods do not overlap, oldest first.
#[derive(Debug, Clone)]
pub struct Packs(Vec<Pack>);

impl Packs {
    /// Reads packs. Besides the problems inside each file, two packs for the same day or with the same id are refused.
    pub fn parse(files: &[PackFile<'_>], offences: &OffenceTable) -> Result<Packs, Vec<PackProblem>> {
        let mut packs: Vec<Pack> = Vec::new();
        let mut problems = Vec::new();
        for file in files {
            match Pack::parse(file.name, file.text, offences) {
                Ok(pack) => {
                    problems.extend(packs.iter().filter_map(|other| clash(file.name, other, &pack)));
                    packs.push(pack);
                }
                Err(found) => problems.extend(found),
            }
        }
        packs.sort_by_key(Pack::from);
        if problems.is_empty() { Ok(Packs(packs)) } else { Err(problems) }
    }

    /// The packs that ship with the program.
    ///
    /// # Panics
    /// Never: a test reads every shipped pack.
    pub fn shipped(offences: &OffenceTable) -> Packs {
        Packs::parse(&SHIPPED, offences).expect("the shipped packs are read by a test")
    }

    /// The pack in force at a moment.
    pub fn in_force(&self, at: Timestamp) -> Option<&Pack> {
        let day = civil_date(at);
        self.0.iter().find(|pack| pack.covers(day))
    }

    /// The pack of that id.
    pub fn by_id(&self, id: &str) -> Option<&Pack> {
        self.0.iter().find(|pack| &**pack.id() == id)
    }

    /// All packs, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.0.iter()
    }
}

fn clash(name: &str, one: &Pack, other: &Pack) -> Option<PackProblem> {
    let problem = |field: &str, message: String, fix: &str| PackProblem {
        file: name.to_owned(),
        line: 1,
        field: field.to_owned(),
        message,
        fix: fix.to_owned(),
    };
    if one.id() == other.id() {
        return Some(problem(
            "id",
            format!("`{}` is taken by another pack", one.id()),
            "give the pack its own id",
        ));
    }
    let overlap = one.covers(other.from()) || other.covers(one.from());
    overlap.then(|| {
        let message = format!("is in force on the same days as `{}`", one.id());
        problem("from", message, "end one pack the day before the other begins")
    })
}
