//! The next moves of a customer if no fact arrives or comes into effect. The core decides them, over a copy of the state.

use segflow_core::advance::{FORECAST, advance};
use segflow_core::event::CustomerId;
use segflow_core::segmentation::Segmentation;
use segflow_core::state::State;
use segflow_core::time::Timestamp;

/// The moves that time alone brings about.
pub(crate) struct Forecast {
    /// The next move of each dimension that moves, at most one of each.
    moves: Vec<NextMove>,
    /// The forecast looked up to this instant and not beyond.
    pub(crate) until: Timestamp,
}

/// A move that lies ahead.
pub(crate) struct NextMove {
    dimension: String,
    /// The segment entered.
    pub(crate) to: String,
    /// When it is entered.
    pub(crate) at: Timestamp,
}

impl Forecast {
    /// Looks ahead from `decided_up_to`, before which everything is decided.
    pub(crate) fn new(
        customer: &CustomerId,
        state: &State,
        segmentation: &Segmentation,
        decided_up_to: Timestamp,
    ) -> Self {
        let mut silent = state.clone();
        silent.pending.iter_mut().for_each(|pending| pending.effective = Timestamp::NEVER);
        let until = segmentation.plus(decided_up_to, FORECAST);
        let mut moves: Vec<NextMove> = Vec::new();
        let mut silent = silent.into();
        for decided in advance(&mut silent, customer, segmentation, until) {
            let core = decided.core;
            if let (Some(to), false) = (core.to, moves.iter().any(|known| known.dimension == core.dimension)) {
                moves.push(NextMove { dimension: core.dimension, to, at: core.effective_at });
            }
        }
        Self { moves, until }
    }

    /// The next move in a dimension; none if the customer stays for as long as the forecast looked.
    pub(crate) fn next(&self, dimension: &str) -> Option<&NextMove> {
        self.moves.iter().find(|next| next.dimension == dimension)
    }
}
