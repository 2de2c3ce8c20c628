//! Tests only: every trap and every reading of the law is proved, and the page that lists them is the one written from here.

mod coverage;
mod index;
mod switched;
