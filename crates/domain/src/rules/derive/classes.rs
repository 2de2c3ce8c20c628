//! Which licence class covers which vehicle (order 162, article 11). The list of covered classes is general knowledge \[K\].

use crate::rules::value::Truth;

/// Class and the classes it also covers, as in `packs/licence_classes.csv`.
const COVERS: [(&str, &str); 17] = [
    ("A1", "A3 B1 B2 C1 C2 C3 C4 M"),
    ("A2", "B1 B2 C1 C2 C3 C4 C6 M"),
    ("A3", "C1 C2 C3 C4"),
    ("B1", "C1 C2 C3 C4 M"),
    ("B2", "C1 C2 C3 C4 M"),
    ("C1", "C2 C3 C4"),
    ("C2", ""),
    ("C3", "C4"),
    ("C4", ""),
    ("C5", ""),
    ("C6", ""),
    ("D", "E F"),
    ("E", "F"),
    ("F", ""),
    ("M", ""),
    ("N", ""),
    ("P", ""),
];

/// Whether classes such as `A1D` cover a vehicle that needs a class such as `C1`. A class that is not in the table is unknown.
pub(super) fn covers(classes: Option<&str>, needed: Option<&str>) -> Truth {
    let (Some(classes), Some(needed)) = (classes, needed.map(str::trim)) else { return Truth::Unknown };
    if !COVERS.iter().any(|(class, _)| *class == needed) {
        return Truth::Unknown;
    }
    let Some(held) = split(classes) else { return Truth::Unknown };
    held.iter()
        .any(|class| {
            *class == needed
                || COVERS.iter().any(|(name, also)| name == class && also.split(' ').any(|one| one == needed))
        })
        .into()
}

fn split(classes: &str) -> Option<Vec<&'static str>> {
    let mut rest = classes.trim();
    let mut held = Vec::new();
    while !rest.is_empty() {
        let (class, _) = COVERS.iter().find(|(class, _)| rest.starts_with(class))?;
        held.push(*class);
        rest = rest[class.len()..].trim_start_matches([' ', ',', '，', '、']);
    }
    (!held.is_empty()).then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_of_the_packs() {
        let mut reader =
            csv::Reader::from_reader(include_str!("../../../../../packs/licence_classes.csv").as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), COVERS.len());
        for (row, (class, also)) in rows.iter().zip(COVERS) {
            assert_eq!((&row[0], &row[3]), (class, also));
        }
    }

    #[test]
    fn several_classes_on_one_licence() {
        assert_eq!(covers(Some("A1D"), Some("E")), Truth::True);
        assert_eq!(covers(Some("C1"), Some("C1")), Truth::True);
        assert_eq!(covers(Some("C2"), Some("C1")), Truth::False);
        assert_eq!(covers(Some("C1D"), Some("B2")), Truth::False);
        assert_eq!(covers(Some("X9"), Some("C1")), Truth::Unknown);
        assert_eq!(covers(Some(""), Some("C1")), Truth::Unknown);
        assert_eq!(covers(Some("C1"), None), Truth::Unknown);
    }
}
