//! The stage of one run: the simulated world, the people in it, what happened so far, and what went wrong.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clearway_service::citizen::Who;
use clearway_service::{Error, World};
use clearway_sims::city::numbers::Dice;
use clearway_store::StoreError;

use super::world::{Options, SimWorld};

/// Steps that are told when something breaks.
const TRAIL: usize = 30;

/// How a step of the ending begins.
pub const ENDING: &str = "ending:";

/// A payment sheet on somebody's phone: it stays there whatever the service does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The order that it pays.
    pub order: String,
    /// The rail's number of it.
    pub prepay: String,
}

/// What a driver remembers.
#[derive(Debug, Clone)]
pub struct Mind {
    /// The driver.
    pub who: Who,
    /// Quotes that were made.
    pub quotes: Vec<String>,
    /// Orders that were opened.
    pub orders: Vec<String>,
    /// Sheets on all of the driver's phones.
    pub sheets: Vec<Sheet>,
    /// Cases that were begun.
    pub cases: Vec<String>,
    /// What the driver means to do next.
    pub next: Option<Deed>,
}

/// Something that the `n`-th driver does; the answer is what the trail says of it.
pub type Deed = fn(&Stage, usize) -> String;

/// Everything that changes while the run goes on.
#[derive(Debug)]
pub struct Scene {
    /// Who does what next.
    pub dice: Dice,
    /// The drivers.
    pub minds: Vec<Mind>,
    /// Orders whose sheet a payer has, and for which the rail has not said "not paid" since.
    pub handed: BTreeSet<String>,
    /// Orders that a driver was told are open, and cases whose confirmation was taken.
    pub promised: BTreeSet<String>,
    /// Steps so far.
    pub step: u64,
    /// The last steps, oldest first.
    pub trail: VecDeque<String>,
    /// How often each deed was done, and how it was answered.
    pub tally: BTreeMap<String, u64>,
    /// What went wrong, the first first.
    pub breaks: Vec<String>,
}

/// One run.
pub struct Stage {
    /// The world.
    pub sim: SimWorld,
    scene: Mutex<Scene>,
}

impl Stage {
    /// An empty stage.
    pub fn new(sim: SimWorld) -> Stage {
        let Options { seed, .. } = sim.options;
        let mind = |n| Mind {
            who: sim.who(n),
            quotes: Vec::new(),
            orders: Vec::new(),
            sheets: Vec::new(),
            cases: Vec::new(),
            next: None,
        };
        let scene = Scene {
            dice: Dice::new(seed ^ 0x57A6_0F11_FE00_0006),
            minds: (0..sim.town.accounts.len()).map(mind).collect(),
            handed: BTreeSet::new(),
            promised: BTreeSet::new(),
            step: 0,
            trail: VecDeque::new(),
            tally: BTreeMap::new(),
            breaks: Vec::new(),
        };
        Stage { sim, scene: Mutex::new(scene) }
    }

    /// What changes. Never held while the service is called.
    pub fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number from 0 to `n` − 1.
    pub fn below(&self, n: usize) -> usize {
        self.scene().dice.below(n)
    }

    /// True `percent` times in a hundred.
    pub fn chance(&self, percent: usize) -> bool {
        self.scene().dice.chance(percent)
    }

    /// One of the items, if there is any.
    pub fn one_of<T: Clone>(&self, items: &[T]) -> Option<T> {
        if items.is_empty() { None } else { Some(items[self.below(items.len())].clone()) }
    }

    /// The `n`-th driver.
    pub fn who(&self, n: usize) -> Who {
        self.scene().minds[n].who.clone()
    }

    /// The `n`-th driver means to do this next.
    pub fn then(&self, n: usize, deed: Deed) {
        self.scene().minds[n].next = Some(deed);
    }

    /// What the `n`-th driver meant to do, unless something came between.
    pub fn take_next(&self, n: usize) -> Option<Deed> {
        let mut scene = self.scene();
        let next = scene.minds[n].next.take();
        next.filter(|_| scene.dice.chance(85))
    }

    /// Something is wrong.
    pub fn broken(&self, what: impl Into<String>) {
        self.scene().breaks.push(what.into());
    }

    /// Counts something.
    pub fn count(&self, what: &str) {
        *self.scene().tally.entry(what.to_owned()).or_insert(0) += 1;
    }

    /// A step is over: it goes on the trail with its time.
    pub fn note(&self, said: &str) {
        let at = clearway_domain::civil(self.sim.life.at());
        let mut scene = self.scene();
        scene.step += 1;
        let line = format!("{:>4}  {}  {said}", scene.step, at.strftime("%m-%d %H:%M:%S"));
        // The ending's steps are many and alike: only the last one is told.
        if said.starts_with(ENDING) && scene.trail.back().is_some_and(|last| last.contains(ENDING)) {
            scene.trail.pop_back();
        }
        if scene.trail.len() == TRAIL {
            scene.trail.pop_front();
        }
        scene.trail.push_back(line);
    }

    /// Does something in the product, counts how it was answered, and gives the answer back with the word for it.
    /// Anything but a view, a refusal, a conflict or a counterpart's silence is a break.
    pub fn deed<T>(&self, name: &str, deed: impl FnOnce(&World) -> Result<T, Error>) -> (Option<T>, String) {
        let Some(answer) = self.sim.attempt(deed) else {
            self.count(&format!("{name}: died"));
            return (None, format!("{name}: the process died"));
        };
        let word = match &answer {
            Ok(_) => "done".to_owned(),
            Err(Error::Conflict(conflict)) => format!("conflict {conflict}"),
            Err(Error::Refused(reasons)) => {
                format!("refused {}", reasons.first().map_or("", |r| r.refusal.code()))
            }
            Err(error) => word_of(error).to_owned(),
        };
        self.count(&format!("{name}: {word}"));
        if let Err(error) = &answer
            && is_accident(error)
        {
            self.broken(format!("{name} ended in an accident: {error}"));
        }
        (answer.ok(), format!("{name}: {word}"))
    }
}

fn word_of(error: &Error) -> &'static str {
    match error {
        Error::Refused(_) => "refused",
        Error::BadInput { .. } => "bad input",
        Error::NotFound(_) => "not found",
        Error::Conflict(_) => "conflict",
        Error::NotSignedIn => "not signed in",
        Error::NotVerified => "not verified",
        Error::LockedUntil(_) => "locked",
        Error::Unavailable { .. } => "unavailable",
        Error::Store(StoreError::Busy(_)) => "busy",
        Error::Broken(_) | Error::Store(_) => "ACCIDENT",
    }
}

/// Whether an answer should never be given.
pub fn is_accident(error: &Error) -> bool {
    matches!(word_of(error), "ACCIDENT" | "not signed in" | "not verified" | "locked")
}
