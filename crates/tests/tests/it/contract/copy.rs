//! A whole database into another one: every table is in it, and nothing that happens meanwhile goes unnoticed.

use clearway_store::{StoreError, copy, meta};

use super::engines::Fresh;

#[test]
fn every_table_is_copied_in_the_order_of_its_key() {
    let db = Fresh::memory().ready();
    let sql = "select m.name as tab, p.name as col from sqlite_master m join pragma_table_info(m.name) p \
        where m.type = 'table' and p.pk > 0 and m.name not like 'sqlite_%' order by m.name, p.pk";
    let rows = db.read(|tx| tx.query(sql, &[])).expect("the schema");
    let mut there: Vec<(String, Vec<String>)> = Vec::new();
    for row in &rows {
        let (table, column): (String, String) =
            (row.get("tab").expect("a name"), row.get("col").expect("a name"));
        match there.last_mut().filter(|(last, _)| *last == table) {
            Some((_, key)) => key.push(column),
            None => there.push((table, vec![column])),
        }
    }
    there.retain(|(table, _)| table != "schema_migration");
    let copied: Vec<(String, Vec<String>)> = copy::TABLES
        .iter()
        .map(|(table, key)| ((*table).to_owned(), key.iter().map(|&column| column.to_owned()).collect()))
        .collect();
    assert_eq!(copied, there);
}

#[test]
fn many_rows_go_over_page_by_page_and_whole() {
    let (old, new) = (Fresh::memory().ready(), Fresh::memory().ready());
    let names = |tx: &mut clearway_store::Tx| {
        (0..1_234).try_for_each(|at| meta::put(tx, &format!("名字 {at}"), &"值".repeat(at % 7)))
    };
    old.write(names).expect("rows");
    let mut told = Vec::new();
    copy::all(&old, &new, |table, rows| told.push((table, rows))).expect("copied");
    assert_eq!(told.iter().find(|(table, _)| *table == "meta"), Some(&("meta", 1_234)));
    assert_eq!(told.len(), copy::TABLES.len());
    for at in [0, 499, 500, 501, 1_233] {
        let there = new.read(|tx| meta::get(tx, &format!("名字 {at}"))).expect("read");
        assert_eq!(there, Some("值".repeat(at % 7)));
    }

    let again = copy::all(&old, &new, |_, _| ());
    let said = format!("{}", again.expect_err("it is not empty any more"));
    assert!(said.contains("not empty") && said.contains("meta"), "{said}");
}

#[test]
fn what_is_written_meanwhile_is_found_out() {
    let (old, new) = (Fresh::memory().ready(), Fresh::memory().ready());
    let refused = copy::all(&old, &new, |table, _| {
        if table == "meta" {
            old.write(|tx| meta::put(tx, "late", "a deed")).expect("somebody writes");
        }
    });
    let Err(StoreError::Broken(said)) = refused else { panic!("{refused:?}") };
    assert!(said.contains("meta is not the same") && said.contains("begin again"), "{said}");
}

#[test]
fn a_database_of_another_build_is_refused() {
    let (old, new) = (Fresh::memory().ready(), Fresh::memory().ready());
    let forget = "delete from schema_migration where number = (select max(number) from schema_migration)";
    old.write(|tx| tx.execute(forget, &[])).expect("an older one");
    let said = format!("{}", copy::all(&old, &new, |_, _| ()).expect_err("it is older"));
    assert!(said.contains("migrate them"), "{said}");
}
