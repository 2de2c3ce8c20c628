//! Reads `packs/offences.csv` and refuses a table that contradicts itself.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Confidence, Offence, OffenceTable, TypicalFine};
use crate::facts::RoadClass;
use crate::money::Fen;
use crate::points::Points;

/// What is wrong in an offence table, with its line (the header is line 1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("offence table line {line}: {message}")]
pub struct OffenceProblem {
    /// Line of the file.
    pub line: u64,
    /// What is wrong and what is expected.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    code: String,
    status: Status,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    conf_validity: String,
    replaced_by: String,
    short_desc_zh: String,
    short_desc_en: String,
    category: String,
    road: String,
    points_before_2022_04: Option<Points>,
    conf_before: String,
    points_after_2022_04: Option<Points>,
    conf_after: String,
    fine_yuan_typical: String,
    #[serde(rename = "fine_basis")]
    _fine_basis: String,
    warning_option_seen: String,
    first_warning_candidate: String,
    online_selfservice_default: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "confidence")]
    _confidence: String,
    #[serde(rename = "note")]
    _note: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
    Retired,
}

impl OffenceTable {
    /// Reads a table of the form of `packs/offences.csv`.
    ///
    /// # Errors
    /// [`OffenceProblem`] for the first line that cannot be right.
    pub fn parse(text: &str) -> Result<OffenceTable, OffenceProblem> {
        let problem = |line, message: String| OffenceProblem { line, message };
        let broken = |fault: &csv::Error| fault.position().map_or(1, csv::Position::line);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|fault| problem(broken(&fault), fault.to_string()))?.clone();
        let mut rows = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|fault| problem(broken(&fault), fault.to_string()))?;
            let line = record.position().map_or(1, csv::Position::line);
            let row: Row =
                record.deserialize(Some(&headers)).map_err(|fault| problem(line, fault.to_string()))?;
            let offence = offence(row).map_err(|message| problem(line, message))?;
            lines.insert(offence.code.clone(), line);
            if let Some(twice) = rows.insert(offence.code.clone(), offence) {
                return Err(problem(line, format!("code {} stands twice", twice.code)));
            }
        }
        for offence in rows.values() {
            if let Some(missing) = offence.replaced_by.iter().find(|code| !rows.contains_key(*code)) {
                let message = format!("{} is replaced by {missing}, which is not in the table", offence.code);
                return Err(problem(lines[&offence.code], message));
            }
        }
        Ok(OffenceTable { rows })
    }
}

fn offence(row: Row) -> Result<Offence, String> {
    if super::split(&row.code).is_none() {
        return Err(format!("`{}` is not four digits with an optional local fifth", row.code));
    }
    let replaced_by: Vec<String> =
        row.replaced_by.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect();
    let retired = row.status == Status::Retired;
    if retired != row.valid_to.is_some() || retired == replaced_by.is_empty() {
        return Err("a retired code has its last day and its successor, an active one has neither".to_owned());
    }
    if row.valid_from.zip(row.valid_to).is_some_and(|(from, to)| to < from) {
        return Err("the last day of use lies before the first".to_owned());
    }
    for points in [row.points_before_2022_04, row.points_after_2022_04].into_iter().flatten() {
        if ![0, 1, 2, 3, 6, 9, 12].contains(&points) {
            return Err(format!("{points} points: no scale has that"));
        }
    }
    Ok(Offence {
        code: row.code,
        zh: row.short_desc_zh,
        en: row.short_desc_en,
        category: row.category,
        road: road(&row.road)?,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        replaced_by,
        points_before: row.points_before_2022_04,
        points_since: row.points_after_2022_04,
        fine: fine(&row.fine_yuan_typical),
        warning_seen: row.warning_option_seen == "1",
        first_warning_candidate: yes_or_no(&row.first_warning_candidate)?,
        online_default: yes_or_no(&row.online_selfservice_default)?,
        confidence: Confidence {
            before: row.conf_before,
            since: row.conf_after,
            validity: row.conf_validity,
        },
    })
}

fn road(text: &str) -> Result<Option<RoadClass>, String> {
    match text {
        "any" => Ok(None),
        "ordinary" => Ok(Some(RoadClass::Ordinary)),
        "urban-expressway" => Ok(Some(RoadClass::UrbanExpressway)),
        "expressway" => Ok(Some(RoadClass::Expressway)),
        other => Err(format!("road `{other}`: any, ordinary, urban-expressway or expressway")),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("`{other}`: yes or no")),
    }
}

/// `200`, `100-200`, `500以上1000以下`, or a rule in words.
fn fine(text: &str) -> TypicalFine {
    if let Ok(fen) = Fen::parse_yuan(text) {
        return TypicalFine::Exact(fen);
    }
    let ends =
        text.split_once('-').or_else(|| text.strip_suffix("以下").and_then(|rest| rest.split_once("以上")));
    match ends.map(|(from, to)| (Fen::parse_yuan(from), Fen::parse_yuan(to))) {
        Some((Ok(from), Ok(to))) => TypicalFine::Range(from, to),
        _ => TypicalFine::ByRule(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let head =
            include_str!("../../../../packs/offences.csv").lines().next().expect("a header").to_owned();
        let good = "1039,active,,,,,停车,parking,parking,any,0,S,0,S,200,BJ,1,yes,yes,x,S,";
        for (row, says) in [
            (good.replace("1039", "103"), "four digits"),
            (good.to_owned(), "stands twice"),
            (good.replace("1039,active,,,,", "1040,retired,,2022-03-31,K,9999"), "9999"),
            (good.replace("1039,active,,", "1040,active,,2022-03-31"), "retired"),
            (good.replace("1039,active,,,", "1040,retired,2023-01-01,2022-03-31,"), "retired"),
            (good.replace("1039", "1040").replace(",any,0,", ",any,5,"), "no scale"),
            (good.replace("1039", "1040").replace(",any,", ",motorway,"), "motorway"),
            (good.replace("1039", "1040").replace(",yes,yes,", ",maybe,yes,"), "maybe"),
            (good.replace("1039,active", "1040,old"), "unknown variant"),
            (good.replace("1039", "1040").replace(",any,0,", ",any,x,"), "invalid digit"),
            ("1040,active".to_owned(), "fields"),
        ] {
            let problem = OffenceTable::parse(&format!("{head}\n{good}\n{row}\n")).expect_err(&row);
            assert_eq!(problem.line, 3, "{row}: {problem}");
            assert!(problem.message.contains(says), "{row}: {problem}");
        }
        assert!(OffenceTable::parse(&format!("{head}\n{good}\n")).is_ok());
    }
}
