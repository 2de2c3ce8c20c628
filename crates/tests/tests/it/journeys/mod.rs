//! Ring: journeys. The driver's deeds over real HTTP against the pretend counterparts.

mod bad_input;
mod books;
mod citizen;
mod copy;
mod cut_off;
mod deeds;
mod driver;
mod hours;
mod idle_case;
mod limits;
mod officer;
mod rails;
mod reachable;
mod reconcile;
mod stack;
mod statement;
mod verify;
mod waiting_room;
