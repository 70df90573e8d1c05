//! Why a customer differs: the explanation of the dimension by each side, as `segflow fold --explain` gives it.

use segflow_core::event::CustomerId;
use segflow_explain::customer::Portrait;
use segflow_runtime::task::stored::StoredError;

use super::figures::Report;
use crate::partition_replay::ReplayContext;
use crate::run::Replayed;
use segflow_engine::states::States as _;

/// Explains every example of a report.
///
/// # Errors
/// If a state cannot be read.
pub fn explain(report: &mut Report, context: &ReplayContext, replayed: &mut Replayed) -> Result<(), StoredError> {
    let Some(differences) = &mut report.differences else { return Ok(()) };
    for example in &mut differences.examples {
        let customer = CustomerId::new(example.customer.clone()).expect("an example is a customer's");
        example.candidate_why = why(context, replayed, 0, &customer, &example.dimension)?;
        example.baseline_why = why(context, replayed, 1, &customer, &example.dimension)?;
    }
    Ok(())
}

fn why(
    context: &ReplayContext,
    replayed: &mut Replayed,
    side: usize,
    customer: &CustomerId,
    dimension: &str,
) -> Result<String, StoredError> {
    let segmentation = &context.rules[side].present;
    let place = segmentation.dimensions.iter().position(|known| known.name == dimension);
    for partition in replayed.partitions.values_mut() {
        let replay = &mut partition.sides[side].replay;
        let decided_up_to = replay.clock.facts;
        let state = Some(replay.states.peek(customer)?).filter(|state| !state.decision.dimensions.is_empty());
        if let (Some(state), Some(place)) = (state, place) {
            return Ok(Portrait { customer, state, segmentation, decided_up_to }.membership(place));
        }
    }
    Ok(String::new())
}
