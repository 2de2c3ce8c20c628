//! Single readings of the law that a case file shows less well.
