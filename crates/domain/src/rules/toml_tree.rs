//! A TOML document with the line of every key and value, so that every problem can be placed.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong in a pack, with where it is and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    /// Label of the file, as given to the loader.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Key or place inside the file.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl std::fmt::Display for PackProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {}\n    fix: {}", self.file, self.line, self.field, self.message, self.fix)
    }
}

/// A value with its line.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub line: usize,
    pub value: Tree,
}

#[derive(Debug, Clone)]
pub(super) enum Tree {
    Text(String),
    Int(i64),
    Flag(bool),
    Day(Date),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Something that packs do not have: floats, times, instants.
    Alien(&'static str),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub line: usize,
    pub node: Node,
}

impl Tree {
    pub fn word(&self) -> &'static str {
        match self {
            Tree::Text(_) => "a text",
            Tree::Int(_) => "a whole number",
            Tree::Flag(_) => "true or false",
            Tree::Day(_) => "a date",
            Tree::List(_) => "a list",
            Tree::Table(_) => "a table",
            Tree::Alien(what) => what,
        }
    }
}

/// Collects the problems of one file.
pub(super) struct Problems<'f> {
    file: &'f str,
    pub list: Vec<PackProblem>,
}

impl<'f> Problems<'f> {
    pub fn new(file: &'f str) -> Problems<'f> {
        Problems { file, list: Vec::new() }
    }

    pub fn add(
        &mut self,
        line: usize,
        field: impl Into<String>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.list.push(PackProblem {
            file: self.file.to_owned(),
            line,
            field: field.into(),
            message: message.into(),
            fix: fix.into(),
        });
    }
}

/// Reads a document; a syntax error is reported with its line.
pub(super) fn read(text: &str, problems: &mut Problems<'_>) -> Option<Node> {
    let lines = Lines::new(text);
    match DeTable::parse(text) {
        Ok(table) => Some(Node { line: 1, value: table_of(table.get_ref(), &lines) }),
        Err(error) => {
            let line = error.span().map_or(1, |span| lines.of(span.start));
            problems.add(
                line,
                "TOML",
                error.message().to_owned(),
                "put the syntax right; nothing else was checked",
            );
            None
        }
    }
}

struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Lines {
        Lines(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    fn of(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset) + 1
    }
}

fn table_of(table: &DeTable<'_>, lines: &Lines) -> Tree {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            line: lines.of(key.span().start),
            node: node_of(value, lines),
        })
        .collect();
    entries.sort_by_key(|entry| entry.line);
    Tree::Table(entries)
}

fn node_of(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Node {
    let tree = match value.get_ref() {
        DeValue::String(text) => Tree::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Tree::Alien("a number out of range"), Tree::Int),
        DeValue::Float(_) => Tree::Alien("a fraction"),
        DeValue::Boolean(flag) => Tree::Flag(*flag),
        DeValue::Datetime(moment) => moment.to_string().parse().map_or(Tree::Alien("a moment"), Tree::Day),
        DeValue::Array(items) => Tree::List(items.iter().map(|item| node_of(item, lines)).collect()),
        DeValue::Table(table) => table_of(table, lines),
    };
    Node { line: lines.of(value.span().start), value: tree }
}

/// Takes keys out of a table one by one; what is left at the end is unknown.
pub(super) struct Keys {
    pub line: usize,
    pub place: String,
    entries: Vec<Entry>,
    asked: Vec<&'static str>,
}

impl Keys {
    pub fn of(node: Node, place: impl Into<String>, problems: &mut Problems<'_>) -> Option<Keys> {
        let place = place.into();
        match node.value {
            Tree::Table(entries) => Some(Keys { line: node.line, place, entries, asked: Vec::new() }),
            other => {
                problems.add(
                    node.line,
                    place,
                    format!("this is {}, not a table", other.word()),
                    "write a table",
                );
                None
            }
        }
    }

    pub fn take(&mut self, key: &'static str) -> Option<Node> {
        self.asked.push(key);
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).node)
    }

    pub fn need(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Node> {
        let node = self.take(key);
        if node.is_none() {
            problems.add(self.line, self.field(key), "is missing", format!("add `{key} = …`"));
        }
        node
    }

    pub fn text(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<(String, usize)> {
        let node = self.need(key, problems)?;
        self.as_text(key, node, problems)
    }

    pub fn text_if_any(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<(String, usize)> {
        let node = self.take(key)?;
        self.as_text(key, node, problems)
    }

    pub fn day(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Date> {
        let node = self.need(key, problems)?;
        self.as_day(key, node, problems)
    }

    pub fn day_if_any(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Date> {
        let node = self.take(key)?;
        self.as_day(key, node, problems)
    }

    pub fn list(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Vec<Node> {
        match self.need(key, problems) {
            Some(Node { value: Tree::List(items), .. }) => items,
            Some(node) => {
                let message = format!("this is {}, not a list", node.value.word());
                problems.add(node.line, self.field(key), message, "write a list");
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// Refuses every key that nobody asked for.
    pub fn close(self, problems: &mut Problems<'_>) {
        for entry in &self.entries {
            let fix = match nearest(&entry.key, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? Otherwise take it out"),
                None => format!("take it out; the keys here are {}", self.asked.join(", ")),
            };
            problems.add(entry.line, format!("{}.{}", self.place, entry.key), "unknown key", fix);
        }
    }

    pub fn field(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    fn as_text(&self, key: &str, node: Node, problems: &mut Problems<'_>) -> Option<(String, usize)> {
        match node.value {
            Tree::Text(text) if !text.trim().is_empty() => Some((text, node.line)),
            Tree::Text(_) => {
                problems.add(node.line, self.field(key), "is empty", "write the text");
                None
            }
            other => {
                let message = format!("this is {}, not a text", other.word());
                problems.add(node.line, self.field(key), message, "put it in quotes");
                None
            }
        }
    }

    fn as_day(&self, key: &str, node: Node, problems: &mut Problems<'_>) -> Option<Date> {
        match node.value {
            Tree::Day(day) => Some(day),
            other => {
                let message = format!("this is {}, not a date", other.word());
                problems.add(
                    node.line,
                    self.field(key),
                    message,
                    "write a date without quotes, as 2019-12-01",
                );
                None
            }
        }
    }
}

/// The known word nearest to a mistyped one, if any is near.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let swap = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = swap.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
