//! Conditions as typed trees: all, any, not, eq, ne, lt, le, gt, ge, in, between, plus; nothing else.

use jiff::civil::Date;

use super::catalogue::Fact;
use super::params::Param;
use super::toml_tree::{Entry, Node, Problems, Tree, nearest};
use super::value::{Cmp, Kind};

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// Every one holds.
    All(Vec<Expr>),
    /// At least one holds.
    Any(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// A flag is true.
    Is(Operand),
    /// Two values compare so.
    Compare(Operand, Cmp, Operand),
    /// A value is in a list.
    In(Operand, List),
    /// A value lies between two others, both included.
    Between(Operand, Operand, Operand),
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Fact(Fact),
    Param(Param),
    Int(i64),
    Day(Date),
    Flag(bool),
    Plus(Vec<Operand>),
}

/// A list in a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    Words(Vec<String>),
    Ints(Vec<i64>),
    Codes(Param),
}

/// Deepest nesting of a condition; a deeper one is refused when the pack is read.
pub(super) const MAX_DEPTH: usize = 12;

/// The operators, in the order in which they are named to authors.
const OPERATORS: [&str; 12] =
    ["all", "any", "not", "eq", "ne", "lt", "le", "gt", "ge", "in", "between", "plus"];

impl Expr {
    /// All facts of the tree, in order of appearance.
    pub fn facts(&self) -> Vec<Fact> {
        let mut found = Vec::new();
        self.walk(&mut |operand| {
            if let Operand::Fact(fact) = operand
                && !found.contains(fact)
            {
                found.push(*fact);
            }
        });
        found
    }

    fn walk(&self, visit: &mut impl FnMut(&Operand)) {
        match self {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Expr::Not(part) => part.walk(visit),
            Expr::Is(item) | Expr::In(item, _) => item.walk(visit),
            Expr::Compare(left, _, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Expr::Between(item, low, high) => [item, low, high].into_iter().for_each(|part| part.walk(visit)),
        }
    }
}

impl Operand {
    fn walk(&self, visit: &mut impl FnMut(&Operand)) {
        visit(self);
        if let Operand::Plus(parts) = self {
            parts.iter().for_each(|part| part.walk(visit));
        }
    }
}

/// Reads conditions of one place of a file.
pub(super) struct Reader<'p, 'f> {
    pub place: String,
    pub problems: &'p mut Problems<'f>,
}

impl Reader<'_, '_> {
    /// A condition, or `None` with the problem noted.
    pub fn expr(&mut self, node: &Node, depth: usize) -> Option<Expr> {
        if depth > MAX_DEPTH {
            self.wrong(node.line, "nested too deeply", "split the condition in two");
            return None;
        }
        match &node.value {
            Tree::Text(_) | Tree::Flag(_) => {
                let (operand, kind) = self.operand(node)?;
                if kind != Some(Kind::Flag) {
                    self.wrong(
                        node.line,
                        "a condition alone must be true or false",
                        "compare it with a limit",
                    );
                    return None;
                }
                Some(Expr::Is(operand))
            }
            Tree::Table(entries) => {
                let entry = self.single(node.line, entries)?;
                self.operator(entry, depth)
            }
            other => {
                let message = format!("{} is not a condition", other.word());
                self.wrong(node.line, message, format!("write one of {}", OPERATORS.join(", ")));
                None
            }
        }
    }

    fn single<'n>(&mut self, line: usize, entries: &'n [Entry]) -> Option<&'n Entry> {
        if let [entry] = entries {
            return Some(entry);
        }
        self.wrong(
            line,
            format!("a condition has one operator, here are {}", entries.len()),
            "join them with `all = […]`",
        );
        None
    }

    fn operator(&mut self, entry: &Entry, depth: usize) -> Option<Expr> {
        match entry.key.as_str() {
            "all" => Some(Expr::All(self.parts(entry, depth)?)),
            "any" => Some(Expr::Any(self.parts(entry, depth)?)),
            "not" => Some(Expr::Not(Box::new(self.expr(&entry.node, depth + 1)?))),
            "eq" => self.compare(entry, Cmp::Eq),
            "ne" => self.compare(entry, Cmp::Ne),
            "lt" => self.compare(entry, Cmp::Lt),
            "le" => self.compare(entry, Cmp::Le),
            "gt" => self.compare(entry, Cmp::Gt),
            "ge" => self.compare(entry, Cmp::Ge),
            "in" => self.within(entry),
            "between" => self.between(entry),
            "plus" => {
                self.wrong(
                    entry.line,
                    "`plus` is not an operator of a condition",
                    "compare the sum with a limit",
                );
                None
            }
            other => {
                let fix = nearest(other, OPERATORS).map_or_else(
                    || format!("use one of {}", OPERATORS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.wrong(entry.line, format!("`{other}` is not an operator of a condition"), fix);
                None
            }
        }
    }

    fn parts(&mut self, entry: &Entry, depth: usize) -> Option<Vec<Expr>> {
        let items = self.items(entry, 1..=16)?;
        // Every part is read, so that every problem is reported.
        let parts: Vec<Option<Expr>> = items.iter().map(|item| self.expr(item, depth + 1)).collect();
        parts.into_iter().collect()
    }

    fn items<'n>(&mut self, entry: &'n Entry, count: std::ops::RangeInclusive<usize>) -> Option<&'n [Node]> {
        if let Tree::List(items) = &entry.node.value
            && count.contains(&items.len())
        {
            return Some(items);
        }
        let want =
            if count.start() == count.end() { count.start().to_string() } else { "one or more".to_owned() };
        self.wrong(entry.line, format!("`{}` needs a list of {want} parts", entry.key), "write `[…, …]`");
        None
    }

    fn compare(&mut self, entry: &Entry, cmp: Cmp) -> Option<Expr> {
        let [left, right] = self.items(entry, 2..=2)? else { return None };
        let (left, left_kind) = self.operand(left)?;
        let (right, right_kind) = self.operand(right)?;
        let ordered = !matches!(cmp, Cmp::Eq | Cmp::Ne);
        self.same_kind(entry, left_kind, right_kind)?;
        let kind = left_kind.or(right_kind);
        if ordered && matches!(kind, Some(Kind::Flag | Kind::Text)) {
            self.wrong(entry.line, format!("`{}` needs amounts or dates", entry.key), "use eq or ne");
            return None;
        }
        Some(Expr::Compare(left, cmp, right))
    }

    fn between(&mut self, entry: &Entry) -> Option<Expr> {
        let [item, low, high] = self.items(entry, 3..=3)? else { return None };
        let (item, kind) = self.operand(item)?;
        let (low, low_kind) = self.operand(low)?;
        let (high, high_kind) = self.operand(high)?;
        self.same_kind(entry, kind, low_kind)?;
        self.same_kind(entry, kind, high_kind)?;
        if matches!(kind, Some(Kind::Flag | Kind::Text)) {
            self.wrong(entry.line, "`between` needs amounts or dates", "use in");
            return None;
        }
        Some(Expr::Between(item, low, high))
    }

    fn within(&mut self, entry: &Entry) -> Option<Expr> {
        let [item, list] = self.items(entry, 2..=2)? else { return None };
        let (item, kind) = self.operand(item)?;
        if matches!(item, Operand::Plus(_)) {
            self.wrong(entry.line, "`in` takes one fact, not a sum", "name the fact");
            return None;
        }
        let list_of = match &list.value {
            Tree::Text(name) => self.code_list(list.line, name)?,
            Tree::List(items) => self.literal_list(list.line, items)?,
            other => {
                self.wrong(
                    list.line,
                    format!("{} is not a list", other.word()),
                    "write a list or `$lists.…`",
                );
                return None;
            }
        };
        let fits = match &list_of {
            List::Words(_) | List::Codes(_) => kind == Some(Kind::Text),
            List::Ints(_) => kind.is_some_and(Kind::is_amount),
        };
        if !fits {
            self.wrong(
                entry.line,
                "the list holds another kind of value than the fact",
                "compare like with like",
            );
            return None;
        }
        Some(Expr::In(item, list_of))
    }

    fn code_list(&mut self, line: usize, name: &str) -> Option<List> {
        match name.strip_prefix('$').and_then(Param::by_name) {
            Some(param) if param.kind() == Kind::Codes => Some(List::Codes(param)),
            _ => {
                let known =
                    Param::ALL.iter().filter(|param| param.kind() == Kind::Codes).map(|param| param.name());
                let known: Vec<&str> = known.collect();
                self.wrong(
                    line,
                    format!("`{name}` is not a list of codes"),
                    format!("use one of ${}", known.join(", $")),
                );
                None
            }
        }
    }

    fn literal_list(&mut self, line: usize, items: &[Node]) -> Option<List> {
        let words: Option<Vec<String>> = items
            .iter()
            .map(|item| match &item.value {
                Tree::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect();
        let ints: Option<Vec<i64>> = items
            .iter()
            .map(|item| match &item.value {
                Tree::Int(number) => Some(*number),
                _ => None,
            })
            .collect();
        match (words, ints) {
            (Some(words), _) if !words.is_empty() => Some(List::Words(words)),
            (_, Some(ints)) if !ints.is_empty() => Some(List::Ints(ints)),
            _ => {
                self.wrong(
                    line,
                    "a list holds only texts or only whole numbers, and at least one",
                    "put the list right",
                );
                None
            }
        }
    }

    /// A value with its kind; `None` as kind stands for a whole number, which goes with any amount.
    pub fn operand(&mut self, node: &Node) -> Option<(Operand, Option<Kind>)> {
        match &node.value {
            Tree::Int(number) => Some((Operand::Int(*number), None)),
            Tree::Day(day) => Some((Operand::Day(*day), Some(Kind::Day))),
            Tree::Flag(flag) => Some((Operand::Flag(*flag), Some(Kind::Flag))),
            Tree::Text(name) => self.named(node.line, name),
            Tree::Table(entries) => {
                let entry = self.single(node.line, entries)?;
                if entry.key == "plus" {
                    return self.plus(entry);
                }
                self.wrong(
                    entry.line,
                    format!("`{}` is not a value", entry.key),
                    "only `plus` makes a value of others",
                );
                None
            }
            other => {
                self.wrong(
                    node.line,
                    format!("{} is not a value", other.word()),
                    "name a fact or a `$parameter`",
                );
                None
            }
        }
    }

    fn plus(&mut self, entry: &Entry) -> Option<(Operand, Option<Kind>)> {
        let items = self.items(entry, 1..=16)?;
        let mut parts = Vec::with_capacity(items.len());
        let mut kind = None;
        for item in items {
            let (part, part_kind) = self.operand(item)?;
            self.same_kind(entry, kind, part_kind)?;
            if part_kind.is_some_and(|kind| !kind.is_amount()) {
                self.wrong(item.line, "only amounts can be added", "take it out of `plus`");
                return None;
            }
            kind = kind.or(part_kind);
            parts.push(part);
        }
        Some((Operand::Plus(parts), kind))
    }

    fn named(&mut self, line: usize, name: &str) -> Option<(Operand, Option<Kind>)> {
        if let Some(param_name) = name.strip_prefix('$') {
            if let Some(param) = Param::by_name(param_name) {
                return Some((Operand::Param(param), Some(param.kind())));
            }
            let near = nearest(param_name, Param::ALL.iter().map(|param| param.name()));
            self.wrong(
                line,
                format!("unknown parameter `{name}`"),
                suggest(near, "see docs/guide/add-a-rule.md"),
            );
            return None;
        }
        if let Some(fact) = Fact::by_name(name) {
            return Some((Operand::Fact(fact), Some(fact.kind())));
        }
        let near = nearest(name, Fact::ALL.iter().map(|fact| fact.name()));
        self.wrong(
            line,
            format!("unknown fact `{name}`"),
            suggest(near, "see the catalogue in docs/reference/facts.md"),
        );
        None
    }

    fn same_kind(&mut self, entry: &Entry, left: Option<Kind>, right: Option<Kind>) -> Option<()> {
        let fits = match (left, right) {
            (Some(left), Some(right)) => left == right,
            (Some(kind), None) | (None, Some(kind)) => kind.is_amount(),
            (None, None) => true,
        };
        if fits {
            return Some(());
        }
        let word = |kind: Option<Kind>| kind.map_or("a whole number", Kind::word);
        let message = format!("`{}` puts {} beside {}", entry.key, word(left), word(right));
        self.wrong(entry.line, message, "compare like with like");
        None
    }

    fn wrong(&mut self, line: usize, message: impl Into<String>, fix: impl Into<String>) {
        self.problems.add(line, self.place.clone(), message, fix);
    }
}

fn suggest(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}
