//! The network between the service and its counterparts: what becomes of one call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clearway_connect::Fault;
use clearway_sims::city::numbers::Dice;

use super::chance::Life;

/// The kinds of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// A driver by identity number.
    Driver,
    /// A vehicle by plate.
    Vehicle,
    /// Vehicles of a person.
    VehiclesOf,
    /// Camera records of a vehicle.
    Records,
    /// Decisions against a driver.
    Decisions,
    /// Decisions on a vehicle.
    DecisionsOfVehicle,
    /// One decision.
    Decision,
    /// Pictures of a record.
    Pictures,
    /// What other systems know.
    DriverFile,
    /// The write of a decision.
    Decide,
    /// The mark that a decision is paid.
    MarkPaid,
    /// Placing an order.
    Prepay,
    /// Asking about an order.
    Query,
    /// Closing an order.
    Close,
    /// Sending money back.
    Refund,
    /// Asking about money that goes back.
    QueryRefund,
}

impl Call {
    /// Whether the call goes to the police platform; the others go to the rail.
    pub fn is_police(self) -> bool {
        !matches!(self, Call::Prepay | Call::Query | Call::Close | Call::Refund | Call::QueryRefund)
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Sent, carried out, answered.
    Answered,
    /// No connection: nothing was sent.
    Unreachable,
    /// Sent and lost on the way there; we see silence.
    LostBefore,
    /// Carried out; the answer was lost.
    ActedNoReply,
    /// Not carried out; an error page came back.
    GarbledBefore,
    /// Carried out; an error page came back.
    GarbledAfter,
    /// Too many calls.
    Throttled,
    /// Carried out and answered, after this many milliseconds.
    Slow(i64),
    /// We see silence and give up; so many milliseconds after that it is carried out all the same. Decisions only.
    ActsLate(i64),
    /// The process dies before anything was sent.
    DiesBefore,
    /// The process dies when the counterpart has acted, before the answer came.
    DiesAfter,
}

impl Fate {
    /// The word under which it is counted.
    pub fn slug(self) -> &'static str {
        match self {
            Fate::Answered => "answered",
            Fate::Unreachable => "unreachable",
            Fate::LostBefore => "lost before acting",
            Fate::ActedNoReply => "acted, reply lost",
            Fate::GarbledBefore => "garbled, not acted",
            Fate::GarbledAfter => "garbled, acted",
            Fate::Throttled => "throttled",
            Fate::Slow(_) => "slow",
            Fate::ActsLate(_) => "acted after we gave up",
            Fate::DiesBefore => "died before the call",
            Fate::DiesAfter => "died after the call",
        }
    }
}

/// How often calls go wrong, in thousandths, per side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Calls to the police platform that meet any fault.
    pub police: usize,
    /// Calls to the rail that meet any fault.
    pub rail: usize,
    /// The police platform is down.
    pub police_down: bool,
    /// The rail is down.
    pub rail_down: bool,
}

/// Something that happens elsewhere while a call is on its way.
pub type Meanwhile = Arc<dyn Fn(Call) + Send + Sync>;

struct State {
    dice: Dice,
    weather: Weather,
    planned: BTreeMap<Call, VecDeque<Fate>>,
    counts: BTreeMap<(&'static str, &'static str), u64>,
    depth: u32,
    meanwhile: Option<Meanwhile>,
}

/// The network.
pub struct Network {
    life: Arc<Life>,
    state: Mutex<State>,
}

/// How deep a call may lie within what happens during another call.
const DEPTH: u32 = 2;

impl Network {
    /// A network in fair weather.
    pub fn new(life: &Arc<Life>, seed: u64) -> Arc<Network> {
        let state = State {
            dice: Dice::new(seed ^ 0x0E70_0F11_FE00_0002),
            weather: Weather::default(),
            planned: BTreeMap::new(),
            counts: BTreeMap::new(),
            depth: 0,
            meanwhile: None,
        };
        Arc::new(Network { life: Arc::clone(life), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often calls go wrong from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// Whether the police platform is down as a whole.
    pub fn police_is_down(&self) -> bool {
        self.state().weather.police_down
    }

    /// The next call of this kind, or the one after those planned before, meets this fate.
    pub fn plan(&self, call: Call, fate: Fate) {
        self.state().planned.entry(call).or_default().push_back(fate);
    }

    /// Forgets what was planned.
    pub fn unplan(&self) {
        self.state().planned.clear();
    }

    /// What happens elsewhere during a call; never within more than one other call.
    pub fn set_meanwhile(&self, meanwhile: Option<Meanwhile>) {
        self.state().meanwhile = meanwhile;
    }

    /// Calls that met each fate, by side.
    pub fn counts(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.state().counts.clone()
    }

    /// How many calls are on their way at this moment, one within what happens during another.
    pub fn depth(&self) -> u32 {
        self.state().depth
    }

    /// A call has died with its process: nothing is on its way any more.
    pub fn reset_depth(&self) {
        self.state().depth = 0;
    }

    /// Carries one call: draws its fate, lets the counterpart act or not, and answers as the network would.
    ///
    /// # Errors
    /// The fault of the counterpart or of the way.
    pub fn carry<T>(&self, call: Call, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        self.carry_or_later(call, act, |_| ())
    }

    /// The same for a call that may be carried out after the caller has given up: `later` is told the instant, ms.
    ///
    /// # Errors
    /// As [`Network::carry`].
    pub fn carry_or_later<T>(
        &self,
        call: Call,
        act: impl FnOnce() -> Result<T, Fault>,
        later: impl FnOnce(i64),
    ) -> Result<T, Fault> {
        self.life.seam();
        let (fate, way_ms) = self.draw(call);
        self.life.pass(way_ms);
        match fate {
            Fate::Unreachable => Err(Fault::Unreachable),
            Fate::Throttled => Err(Fault::Throttled),
            Fate::LostBefore => {
                self.happen(call);
                Err(Fault::TimedOut)
            }
            Fate::ActsLate(ms) => {
                later(self.life.ms() + ms);
                self.happen(call);
                Err(Fault::TimedOut)
            }
            Fate::GarbledBefore => Err(Fault::garbled("an error page")),
            Fate::DiesBefore => self.life.die(),
            Fate::Answered | Fate::Slow(_) => {
                let answer = act();
                self.happen(call);
                self.life.seam();
                answer
            }
            Fate::ActedNoReply => {
                let acted = act();
                self.happen(call);
                acted.and(Err(Fault::TimedOut))
            }
            Fate::GarbledAfter => {
                let acted = act();
                self.happen(call);
                acted.and(Err(Fault::garbled("an error page")))
            }
            Fate::DiesAfter => {
                let _ = act();
                self.life.die()
            }
        }
    }

    fn draw(&self, call: Call) -> (Fate, i64) {
        let mut state = self.state();
        let planned = state.planned.get_mut(&call).and_then(VecDeque::pop_front);
        let weather = state.weather;
        let (down, often) = match call.is_police() {
            true => (weather.police_down, weather.police),
            false => (weather.rail_down, weather.rail),
        };
        let fate = match planned {
            Some(fate) => fate,
            None if down => Fate::Unreachable,
            None if state.dice.below(1000) < often => match (foul(&mut state.dice), call) {
                // Half of the decisions that seem lost are only late.
                (Fate::LostBefore, Call::Decide) if state.dice.chance(50) => {
                    Fate::ActsLate(i64::try_from(state.dice.below(50_000)).unwrap_or(0))
                }
                (fate, _) => fate,
            },
            None => Fate::Answered,
        };
        let way_ms = match fate {
            Fate::Slow(ms) => ms,
            Fate::LostBefore | Fate::ActedNoReply | Fate::ActsLate(_) => 10_000,
            _ => i64::try_from(state.dice.below(400)).unwrap_or(0) + 5,
        };
        let side = if call.is_police() { "police" } else { "rail" };
        *state.counts.entry((side, fate.slug())).or_insert(0) += 1;
        (fate, way_ms)
    }

    /// Lets others act while the call is on its way.
    fn happen(&self, call: Call) {
        let meanwhile = {
            let mut state = self.state();
            if state.depth >= DEPTH {
                return;
            }
            state.depth += 1;
            state.meanwhile.clone()
        };
        if let Some(meanwhile) = meanwhile {
            meanwhile(call);
        }
        let mut state = self.state();
        state.depth = state.depth.saturating_sub(1);
    }
}

/// One of the ways in which a call goes wrong.
fn foul(dice: &mut Dice) -> Fate {
    match dice.below(16) {
        0..=2 => Fate::Unreachable,
        3 | 4 => Fate::LostBefore,
        5..=8 => Fate::ActedNoReply,
        9 => Fate::GarbledBefore,
        10 | 11 => Fate::GarbledAfter,
        12 | 13 => Fate::Throttled,
        _ => Fate::Slow(i64::try_from(dice.below(30_000)).unwrap_or(0)),
    }
}
