//! The conditions of both programmes for everybody, written from the packs: the one in force and earlier ones by date.

use clearway_domain::rules::Pack;

use crate::{Error, World};

/// The pack in force now, or the one with this id.
///
/// # Errors
/// [`Error::NotFound`] for an unknown id.
pub fn pack<'w>(world: &'w World, id: Option<&str>) -> Result<&'w Pack, Error> {
    match id {
        None => world.pack_at(world.now()),
        Some(id) => world.packs.by_id(id).ok_or(Error::NotFound("pack")),
    }
}

/// All packs, newest first.
#[must_use]
pub fn packs(world: &World) -> Vec<&Pack> {
    let mut packs: Vec<&Pack> = world.packs.iter().collect();
    packs.sort_by_key(|pack| std::cmp::Reverse(pack.from()));
    packs
}
