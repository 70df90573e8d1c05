//! Transactions: the producer that commits, and the barriers behind which nothing is undecided.

pub(crate) mod barrier;
pub(crate) mod producer;
