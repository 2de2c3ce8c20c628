//! One file a deed, named as the deed is everywhere else; a journey's test bears its number.

mod confirm;
mod order;
