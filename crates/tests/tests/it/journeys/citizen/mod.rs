//! One file a deed, named as the deed is everywhere else; a journey's test bears its number.

mod confirm;
mod decision;
mod identity;
mod order;
mod order_faults;
mod programmes;
mod quote;
mod reasons;
mod reconsider;
mod settings;
mod share;
mod sign_in;
mod start_case;
mod vehicles;
mod violation;
mod violations;
