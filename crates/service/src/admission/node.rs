//! One node's heart: every second it looks how the platform does and sets its own pace; every third it takes its part
//! of the ceiling. State is in tables; a node that dies takes nothing with it.

use std::collections::{BTreeMap, BTreeSet};

use clearway_domain::admission::{Pacer, Window, share};
use clearway_store::node::{self, Node as Row};
use clearway_store::{Tx, queue, turn};

use super::{ceiling, figures};
use crate::{Error, World};

/// Ticks between two heartbeats.
const BEAT_TICKS: u64 = 3;
/// Ticks in which another node's beats stand still before it is dead: five heartbeats.
const DEAD_TICKS: u64 = 15;
/// Ticks without a heartbeat of its own (the database is away) after which a node asks nothing more of the platform:
/// before the others may believe it dead.
const ALONE_TICKS: u64 = 9;
/// Ticks between two counts of the checks that wait: 200,000 of them take a hundredth of that time.
const COUNT_TICKS: u64 = 15;
/// Ticks between two times that seconds are folded away and windows are turned.
const FOLD_TICKS: u64 = 30;

/// What one process knows about itself and the others.
#[derive(Debug)]
pub struct Node {
    name: String,
    instance: String,
    ticks: u64,
    beats: i64,
    beaten: u64,
    share: u32,
    /// Begins with the first part of the ceiling, and outlives a beat at which there is none.
    pacer: Option<Pacer>,
    last: Window,
    /// Others by name: instance, beats, and the tick of ours at which those were seen first.
    others: BTreeMap<String, (String, i64, u64)>,
    /// The process that stood under our name when we came, until it is known what became of it; and the tick of ours since which
    /// it is silent.
    forerunner: Option<(String, u64)>,
    is_over: fn(&str) -> bool,
}

/// What a tick saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// This node's part of the ceiling, thousandths of a call a second.
    pub share: u32,
    /// The pace that was set, thousandths of a call a second.
    pub rate: u32,
    /// How the platform did.
    pub window: Window,
}

impl Node {
    /// A node by a name that is its own and stays over a restart.
    #[must_use]
    pub fn new(world: &World, name: &str) -> Self {
        if let Some(pace) = world.authority.pace() {
            pace.set(0);
        }
        Self {
            name: name.to_owned(),
            instance: world.new_id(),
            ticks: 0,
            beats: 0,
            beaten: 0,
            share: 0,
            pacer: None,
            last: Window::default(),
            others: BTreeMap::new(),
            forerunner: None,
            is_over: |_| false,
        }
    }

    /// The same as the node of a process by that name, after which its workers are called ([`queue::worker_name`]). `is_over`
    /// says of such a name whether that process is known to have ended: then nobody waits for its beats to stand still.
    #[must_use]
    pub fn of_process(mut self, instance: &str, is_over: fn(&str) -> bool) -> Self {
        instance.clone_into(&mut self.instance);
        self.is_over = is_over;
        self
    }

    /// One tick; about once a second of real time.
    ///
    /// # Errors
    /// [`Error::Store`] when the heartbeat could not be stored: the pace goes on for a few seconds and then stops.
    pub fn tick(&mut self, world: &World) -> Result<Tick, Error> {
        let pace = world.authority.pace();
        let window = pace.map(clearway_connect::Pace::window).unwrap_or_default();
        self.last = window;
        if let Some(pacer) = &mut self.pacer {
            pacer.observe(&window);
        }
        let died = self.others.values().any(|(instance, ..)| (self.is_over)(instance));
        let beaten = if died || self.ticks.is_multiple_of(BEAT_TICKS) { self.beat(world) } else { Ok(()) };
        self.ticks += 1;
        let alone = self.ticks.saturating_sub(self.beaten) > ALONE_TICKS;
        let rate = if alone { 0 } else { self.rate() };
        if let Some(pace) = pace {
            pace.set(rate);
        }
        if self.ticks.is_multiple_of(COUNT_TICKS) {
            // What was counted before is good enough for a while.
            if let Err(error) = world.admission.lobby.count_checks(world) {
                tracing::warn!(%error, "the checks that wait cannot be counted");
            }
        }
        if self.ticks.is_multiple_of(FOLD_TICKS) {
            world.admission.steps.turn();
            let seen = world.admission.lobby.look(world)?;
            world.db.write(|tx| turn::fold(tx, &seen.room, seen.at_ms).map_err(Error::from))?;
        }
        beaten.map(|()| Tick { share: self.share, rate, window })
    }

    /// Gives the part of the ceiling back at once: an orderly end.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn leave(&self, world: &World) -> Result<(), Error> {
        world.db.write(|tx| node::leave(tx, &self.name, &self.instance).map_err(Error::from))
    }

    fn beat(&mut self, world: &World) -> Result<(), Error> {
        // Measured also while nobody asks, so that the first who does gets an answer.
        world.admission.lobby.look(world)?;
        let figures = figures::of_node(world, self.last, self.rate())?;
        let mine = Row {
            node: self.name.clone(),
            instance: self.instance.clone(),
            beats: self.beats + 1,
            share: 0,
            at_ms: world.now().as_millisecond(),
            figures: figures.to_string(),
        };
        let known: Vec<Row> = world.db.read(|tx| node::all(tx).map_err(Error::from))?;
        self.meet(&known);
        let over = self.over_among(&known);
        let Taken { share, ceiling, displaced, forerunner, let_go } =
            world.db.write(|tx| self.take(world, tx, &mine, &over))?;
        self.forerunner = forerunner;
        if let_go > 0 {
            tracing::warn!(jobs = let_go, "work of a process that has ended is taken up");
            world.bell.ring();
        }
        if displaced {
            // Two processes of one name would each take one node's part: this one goes on under another.
            tracing::error!(node = self.name, "another process serves under this node's name");
            self.name = format!("{}#{}", self.name, self.instance);
        }
        self.beats += 1;
        self.beaten = self.ticks;
        self.share = share;
        self.set_pace(share, ceiling);
        Ok(())
    }

    /// What this node may ask of the platform now, thousandths of a call a second.
    fn rate(&self) -> u32 {
        self.pacer.map_or(0, |pacer| pacer.rate().min(self.share))
    }

    /// The pace for a part of a ceiling. Where there is no part although there is a ceiling, the others have not made room yet, which
    /// they do with their next beat: that says nothing about the platform, and what was learned of it is kept until then. A ceiling
    /// of nothing is an officer's pause, after which it goes on slowly.
    fn set_pace(&mut self, share: u32, ceiling: u32) {
        match &mut self.pacer {
            Some(pacer) if share > 0 || ceiling == 0 => pacer.set_ceiling(share),
            None if share > 0 => self.pacer = Some(Pacer::new(share)),
            _ => {}
        }
    }

    /// Remembers since which of our ticks each other node's beats stand where they stand. While a beat of our own could not be
    /// stored nobody's could: that silence is the database's, and nobody is dead because of it.
    fn meet(&mut self, known: &[Row]) {
        let ticks = self.ticks;
        if ticks.saturating_sub(self.beaten) > BEAT_TICKS {
            let heard = self.others.values_mut().map(|(.., since)| since);
            heard.chain(self.forerunner.iter_mut().map(|(_, since)| since)).for_each(|since| *since = ticks);
        }
        self.others.retain(|name, _| known.iter().any(|row| row.node == *name));
        for row in known.iter().filter(|row| row.node != self.name) {
            let fresh = (row.instance.clone(), row.beats, ticks);
            let seen = self.others.entry(row.node.clone()).or_insert_with(|| fresh.clone());
            if (&seen.0, seen.1) != (&row.instance, row.beats) {
                *seen = fresh;
            }
        }
    }

    fn is_dead(&self, row: &Row) -> bool {
        self.others.get(&row.node).is_some_and(|(instance, beats, since)| {
            (instance, *beats) == (&row.instance, row.beats) && self.ticks - since >= DEAD_TICKS
        })
    }

    /// Those of the known processes that have ended. Asked outside of the transaction, which asks nobody.
    fn over_among(&self, known: &[Row]) -> BTreeSet<String> {
        let forerunner = self.forerunner.iter().map(|(instance, _)| instance);
        let all = known.iter().map(|row| &row.instance).chain(forerunner);
        all.filter(|instance| (self.is_over)(instance)).cloned().collect()
    }

    /// Takes this node's part while nobody else takes any, and lets go of what the dead have held, among them the processes that
    /// are known to be `over`.
    fn take(&self, world: &World, tx: &mut Tx, mine: &Row, over: &BTreeSet<String>) -> Result<Taken, Error> {
        let set = node::hold(tx)?;
        let known = node::all(tx)?;
        let mut taken = Taken { forerunner: self.forerunner_among(&known), ..Taken::default() };
        let (mut others, mut dead) = (Vec::new(), Vec::new());
        for row in &known {
            if row.node == self.name {
                taken.displaced = self.beats > 0 && row.instance != self.instance;
            } else if self.is_dead(row) || over.contains(&row.instance) {
                if node::bury(tx, row)? {
                    dead.push(row.instance.clone());
                }
            } else {
                others.push(u32::try_from(row.share).unwrap_or(u32::MAX));
            }
        }
        let silent = |(instance, since): &(String, u64)| {
            over.contains(instance) || self.ticks.saturating_sub(*since) >= DEAD_TICKS
        };
        dead.extend(taken.forerunner.take_if(|one| silent(one)).map(|(instance, _)| instance));
        for instance in dead {
            taken.let_go += queue::let_go(tx, &instance, mine.at_ms)?;
        }
        taken.ceiling = ceiling::holds(world, &set);
        if !taken.displaced {
            taken.share = share::take(taken.ceiling, &others);
            node::beat(tx, &Row { share: i64::from(taken.share), ..mine.clone() })?;
        }
        Ok(taken)
    }

    /// The process whose place under our name we took and of which nothing has been heard since: if it lives, it beats under
    /// another name by and by.
    fn forerunner_among(&self, known: &[Row]) -> Option<(String, u64)> {
        if self.beats == 0 {
            let before = known.iter().find(|row| row.node == self.name && row.instance != self.instance);
            return before.map(|row| (row.instance.clone(), self.ticks));
        }
        let lives = |instance: &str| known.iter().any(|row| row.instance == instance);
        self.forerunner.clone().filter(|(instance, _)| !lives(instance))
    }
}

/// What a heartbeat took.
#[derive(Debug, Default)]
struct Taken {
    /// This node's part of the ceiling, thousandths of a call a second.
    share: u32,
    /// The ceiling of all nodes together.
    ceiling: u32,
    /// Another process stands under this node's name.
    displaced: bool,
    /// See [`Node::forerunner`].
    forerunner: Option<(String, u64)>,
    /// Jobs of dead processes that are due again.
    let_go: u64,
}
