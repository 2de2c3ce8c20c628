//! The list of every SQL text, so that one test can prepare all of them on both engines.
//!
//! A noun's file declares its texts in one `statements! { … }` block and gets its line in [`all`]. The contract suite
//! refuses SQL outside such a block and a block without its line.

/// One SQL text and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// The constant's name.
    pub name: &'static str,
    /// The text, with `$1`, `$2`, … for values.
    pub sql: &'static str,
}

/// Declares the SQL texts of a file as constants, and their list as `STATEMENTS`.
///
/// ```text
/// statements! {
///     BY_ID = "select … where driver = $1 and order_id = $2";
/// }
/// tx.opt(BY_ID, vals![driver, order_id])
/// ```
#[macro_export]
macro_rules! statements {
    ($($(#[$note:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$note])* pub(crate) const $name: &str = $sql;)*
        /// Every SQL text of this file.
        pub(crate) const STATEMENTS: &[$crate::Statement] =
            &[$($crate::Statement { name: stringify!($name), sql: $name }),*];
    };
}

/// Every SQL text of the store, file by file.
pub fn all() -> Vec<(&'static str, &'static [Statement])> {
    vec![
        ("migrate", crate::migrate::STATEMENTS),
        ("meta", crate::meta::STATEMENTS),
        ("queue", crate::queue::STATEMENTS),
        ("count", crate::queue::COUNT_STATEMENTS),
        ("audit", crate::audit::STATEMENTS),
        ("inbox", crate::inbox::STATEMENTS),
        ("ledger", crate::ledger::STATEMENTS),
        ("account", crate::account::STATEMENTS),
        ("approval", crate::approval::STATEMENTS),
        ("binding", crate::binding::STATEMENTS),
        ("case_file", crate::case_file::STATEMENTS),
        ("finding", crate::finding::STATEMENTS),
        ("licence", crate::licence::STATEMENTS),
        ("node", crate::node::STATEMENTS),
        ("payment", crate::payment::STATEMENTS),
        ("phone_code", crate::phone_code::STATEMENTS),
        ("programme", crate::programme::STATEMENTS),
        ("readmodel", crate::readmodel::STATEMENTS),
        ("reconcile", crate::reconcile::STATEMENTS),
        ("refund", crate::refund::STATEMENTS),
        ("session", crate::session::STATEMENTS),
        ("turn", crate::turn::STATEMENTS),
    ]
}
