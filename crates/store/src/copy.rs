//! A whole database into an empty one, of whichever engine: a city that began with the embedded one grows.
//!
//! The texts are the same for every table and made of its key and its columns, so they stand here and in no noun's file.

use sha2::{Digest as _, Sha256};

use crate::dialect::VALUES_MAX;
use crate::{Db, Row, StoreError, Tx, Val, migrate};

/// Every table of the schema, with its key. What the migrations themselves remember is the new database's own.
pub const TABLES: &[(&str, &[&str])] = &[
    ("account", &["driver"]),
    ("admission", &["name"]),
    ("approval", &["approval_id"]),
    ("audit", &["driver", "seq"]),
    ("bill_line", &["line_key", "rail"]),
    ("binding", &["driver", "plate", "bound_at_ms"]),
    ("case_basis", &["driver", "case_id"]),
    ("case_file", &["driver", "case_id"]),
    ("case_step", &["driver", "case_id", "seq"]),
    ("confirmation", &["driver", "case_id", "act"]),
    ("finding", &["finding_id"]),
    ("inbox", &["dedupe_key", "source"]),
    ("job", &["driver", "kind", "job_key"]),
    ("knowledge", &["driver", "topic"]),
    ("ledger_transfer", &["driver", "transfer_id"]),
    ("licence_claim", &["licence"]),
    ("meta", &["name"]),
    ("node", &["node"]),
    ("nudge", &["driver", "plate", "violation"]),
    ("order_leg", &["driver", "order_id", "case_id"]),
    ("pay_order", &["driver", "order_id"]),
    ("phone_code", &["driver", "purpose"]),
    ("programme_use", &["driver", "programme", "case_id"]),
    ("quote", &["driver", "quote_id"]),
    ("reconciliation", &["day", "rail"]),
    ("reconciliation_exception", &["day", "rail", "finding_id"]),
    ("refund", &["driver", "refund_no"]),
    ("request", &["driver", "request_id"]),
    ("session", &["driver", "token_hash"]),
    ("sign_in_state", &["state_hash"]),
    ("trade", &["out_trade_no"]),
    ("turn", &["driver"]),
    ("turn_bucket", &["second", "lane"]),
    ("turn_tally", &["day", "lane"]),
    ("vehicle", &["plate"]),
    ("vehicle_user", &["plate", "driver"]),
    ("violation", &["plate", "violation"]),
    ("violation_claim", &["plate", "violation", "case_id"]),
];

/// Rows that are read, and written in one transaction.
const PAGE: usize = 500;

/// Copies every row of `from` into `to`, and then holds both against each other, row by row. `told` hears of every table with its
/// rows. What is written to `from` meanwhile is found out at the end.
///
/// # Errors
/// [`StoreError::Broken`] in a sentence when one of them is not of this build's schema, when `to` holds rows, or when both are not the
/// same at the end: then `to` is worth nothing, and `from` as it was. Any other of either database.
pub fn all(from: &Db, to: &Db, mut told: impl FnMut(&'static str, u64)) -> Result<(), StoreError> {
    for db in [from, to] {
        if !migrate::is_current(db)? {
            return Err(StoreError::Broken(
                "both databases have to be of this build's schema: migrate them".into(),
            ));
        }
    }
    let tables: Vec<Table> = TABLES.iter().map(|(name, key)| Table::new(name, key)).collect();
    for table in &tables {
        if !to.read(|tx| table.page(tx, None))?.is_empty() {
            let name = table.name;
            return Err(StoreError::Broken(format!(
                "the new database is not empty: there are rows in {name}"
            )));
        }
    }
    for table in &tables {
        told(table.name, table.copy(from, to)?);
    }
    for table in &tables {
        if table.digest(from)? != table.digest(to)? {
            let name = table.name;
            let why =
                "somebody has written meanwhile; stop every process, and begin again with an empty database";
            return Err(StoreError::Broken(format!("{name} is not the same in both databases: {why}")));
        }
    }
    Ok(())
}

/// A table with its texts.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    first: &'static str,
    next: &'static str,
}

impl Table {
    fn new(name: &'static str, key: &'static [&'static str]) -> Table {
        let columns = key.join(", ");
        let begun = format!("select * from {name}");
        let end = format!("order by {columns} limit {PAGE}");
        let after = places(1, key.len());
        // Texts live as long as the program: this is a command that ends.
        let first = format!("{begun} {end}").leak();
        let next = format!("{begun} where ({columns}) > {after} {end}").leak();
        Table { name, key, first, next }
    }

    /// The rows behind one, in the order of the key.
    fn page(&self, tx: &mut Tx, after: Option<&Row>) -> Result<Vec<Row>, StoreError> {
        let Some(row) = after else { return tx.query(self.first, &[]) };
        let at = |column: &&str| row.columns.iter().position(|name| name == column);
        let vals: Vec<Val<'_>> =
            self.key.iter().filter_map(at).filter_map(|at| row.vals.get(at)).cloned().collect();
        tx.query(self.next, &vals)
    }

    /// Shows all rows, page by page.
    fn pages(
        &self,
        db: &Db,
        mut see: impl FnMut(&[Row]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut last: Option<Row> = None;
        loop {
            let page = db.read(|tx| self.page(tx, last.as_ref()))?;
            see(&page)?;
            if page.len() < PAGE {
                return Ok(());
            }
            last = page.last().cloned();
        }
    }

    /// How many rows were copied.
    fn copy(&self, from: &Db, to: &Db) -> Result<u64, StoreError> {
        let (mut rows, mut texts) = (0, None);
        self.pages(from, |page| {
            let Some(row) = page.first() else { return Ok(()) };
            let (one, many, together) = texts.get_or_insert_with(|| self.inserts(&row.columns));
            rows += u64::try_from(page.len()).unwrap_or(0);
            to.write(|tx| {
                for rows in page.chunks(*together) {
                    let vals: Vec<Val<'_>> = rows.iter().flat_map(|row| row.vals.iter().cloned()).collect();
                    if rows.len() == *together {
                        tx.execute(many, &vals)?;
                    } else {
                        rows.iter().try_for_each(|row| tx.execute(one, &row.vals).map(drop))?;
                    }
                }
                Ok(())
            })
        })?;
        Ok(rows)
    }

    /// The texts that store one row, and as many as one statement takes; and how many that is.
    fn inserts(&self, columns: &[String]) -> (&'static str, &'static str, usize) {
        let together = (VALUES_MAX / columns.len().max(1)).max(1);
        let begun = format!("insert into {} ({}) values", self.name, columns.join(", "));
        let rows: Vec<String> =
            (0..together).map(|row| places(1 + row * columns.len(), columns.len())).collect();
        let one = format!("{begun} {}", places(1, columns.len())).leak();
        (one, format!("{begun} {}", rows.join(", ")).leak(), together)
    }

    /// What all rows are, in the order of the key, with the names of their columns.
    fn digest(&self, db: &Db) -> Result<[u8; 32], StoreError> {
        let mut digest = Sha256::new();
        self.pages(db, |page| {
            for row in page {
                for (column, val) in row.columns.iter().zip(&row.vals) {
                    let told = match val {
                        Val::Null => format!("{column} null;"),
                        Val::Int(value) => format!("{column} {value};"),
                        Val::Text(text) => format!("{column} {}:{text};", text.len()),
                    };
                    digest.update(told);
                }
            }
            Ok(())
        })?;
        Ok(digest.finalize().into())
    }
}

/// So many placeholders in brackets, from a number on.
fn places(from: usize, count: usize) -> String {
    let all: Vec<String> = (from..from + count).map(|at| format!("${at}")).collect();
    format!("({})", all.join(", "))
}
