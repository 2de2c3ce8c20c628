//! The vehicles of a driver: what one walk over the bindings tells is what each question by itself would.

use clearway_store::binding::{self, Binding};
use clearway_store::readmodel;

use super::engines::{Fresh, on_every_engine};

on_every_engine![
    nobody_has_an_empty_garage,
    the_vehicles_are_in_order_and_counted,
    an_ended_binding_counts_only_among_those_ever_bound
];

fn bound(plate: &str, own: bool, at_ms: i64) -> Binding {
    Binding { plate: plate.to_owned(), own, owner_phone_at_ms: own.then_some(at_ms), bound_at_ms: at_ms }
}

fn nobody_has_an_empty_garage(fresh: Fresh) {
    let db = fresh.ready();
    let garage = db.read(|tx| readmodel::garage(tx, "nobody")).expect("read");
    assert!(garage.bound.is_empty());
    assert_eq!((garage.others, garage.claims, garage.users), (0, 0, 0));
}

fn the_vehicles_are_in_order_and_counted(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| {
        for (plate, own, at_ms) in
            [("02:鄂A3", false, 3), ("02:鄂A2", false, 2), ("52:鄂A1", true, 9), ("02:鄂A1", true, 9)]
        {
            binding::insert(tx, "d", &bound(plate, own, at_ms))?;
        }
        binding::insert(tx, "e", &bound("02:鄂A1", false, 5))?;
        readmodel::put_vehicle(tx, "02:鄂A2", "{}", 7)
    })
    .expect("written");
    let (garage, standing, seen) = db
        .read(|tx| {
            Ok::<_, clearway_store::StoreError>((
                readmodel::garage(tx, "d")?,
                binding::standing(tx, "d")?,
                binding::users_seen(tx, "d")?,
            ))
        })
        .expect("read");
    let plates: Vec<&str> = garage.bound.iter().map(|(one, _)| one.plate.as_str()).collect();
    assert_eq!(plates, ["02:鄂A1", "52:鄂A1", "02:鄂A2", "02:鄂A3"]);
    assert_eq!(garage.bound.iter().map(|(one, _)| one.clone()).collect::<Vec<_>>(), standing);
    let told: Vec<_> = garage
        .bound
        .iter()
        .filter_map(|(_, told)| told.as_ref())
        .map(|row| (&*row.plate, &*row.record))
        .collect();
    assert_eq!(told, [("02:鄂A2", "{}")]);
    // Two use somebody else's vehicle here, and one uses the driver's own.
    assert_eq!((garage.others, garage.claims, garage.users), (2, 0, 3));
    assert_eq!(seen.iter().map(|(_, count)| count).sum::<i64>(), garage.users);
}

fn an_ended_binding_counts_only_among_those_ever_bound(fresh: Fresh) {
    let db = fresh.ready();
    db.write(|tx| {
        for at_ms in [1, 5] {
            binding::insert(tx, "d", &bound("02:鄂A2", false, at_ms))?;
            binding::unbind(tx, "d", "02:鄂A2", at_ms + 1)?;
        }
        binding::insert(tx, "d", &bound("02:鄂A3", true, 9))?;
        binding::insert(tx, "e", &bound("02:鄂A2", false, 9))?;
        readmodel::put_vehicle(tx, "02:鄂A2", "{}", 7)
    })
    .expect("written");
    let garage = db.read(|tx| readmodel::garage(tx, "d")).expect("read");
    assert_eq!(garage.bound.len(), 1);
    assert_eq!((garage.others, garage.users), (1, 0), "one vehicle, though it was bound twice");
    assert_eq!(db.read(|tx| binding::ever_others(tx, "d")), Ok(garage.others));
}
