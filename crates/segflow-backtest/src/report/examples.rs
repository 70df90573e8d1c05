//! Why a customer differs: what each side says of the dimension, by the code that explains customers elsewhere.

use segflow_core::event::CustomerId;
use segflow_runtime::task::stored::StoredError;

use super::figures::Report;
use crate::engine::Replayed;
use crate::partition_replay::ReplayContext;
use segflow_engine::states::States as _;
use segflow_explain::customer::Portrait;

/// Explains every example of a report.
///
/// # Errors
/// If a state cannot be read.
pub fn explain(report: &mut Report, context: &ReplayContext, replayed: &mut Replayed) -> Result<(), StoredError> {
    let Some(differences) = &mut report.differences else { return Ok(()) };
    for example in &mut differences.examples {
        let customer = CustomerId::new(example.customer.clone()).expect("an example is a customer's");
        example.candidate_why = of_side(context, replayed, 0, &customer, &example.dimension)?;
        example.baseline_why = of_side(context, replayed, 1, &customer, &example.dimension)?;
    }
    Ok(())
}

fn of_side(
    context: &ReplayContext,
    replayed: &mut Replayed,
    side: usize,
    customer: &CustomerId,
    dimension: &str,
) -> Result<String, StoredError> {
    let segmentation = &context.rules[side].present;
    let place = segmentation.dimensions.iter().position(|known| known.name == dimension);
    for lane in replayed.lanes.values_mut() {
        let replay = &mut lane.sides[side].replay;
        let decided_up_to = replay.clock.facts;
        let state = Some(replay.states.peek(customer)?).filter(|state| !state.decision.dimensions.is_empty());
        if let (Some(state), Some(place)) = (state, place) {
            return Ok(Portrait { customer, state, segmentation, decided_up_to }.membership(place));
        }
    }
    Ok(String::new())
}
