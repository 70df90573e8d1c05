//! Properties of the core, over random customers and random segmentations, against the naive evaluation.
//!
//! Each runs 10,000 cases unless `PROPTEST_CASES` says otherwise, the same ones unless `PROPTEST_RNG_SEED` names a number.
//! A failure prints the smallest case found.

mod calendar;
mod live;
mod money;
mod reasons;
mod until;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use segflow_core::advance::advance;
use segflow_core::customer::{Customer, fold};
use segflow_core::event::{Body, CustomerId, Event};
use segflow_core::fact::Fact;
use segflow_core::state::State;
use segflow_core::time::Timestamp;
use segflow_pure_tests::arbitrary::{Case, case, instants, schedule, versions};
use segflow_pure_tests::naive::{Known, Observer, moves, unreadable};

use calendar::{check_day, check_plus, moments};
use live::Live;
use reasons::check_reasons;
use until::check_until;

proptest! {
    #![proptest_config(config())]

    /// I1: any permutation of a customer's events, with any duplicates, folds to the same bytes.
    #[test]
    fn facts_are_a_set(case in case(), order in any::<[u8; 16]>(), copies in vec(any::<Index>(), 0..20)) {
        let mut shuffled = case.events.clone();
        shuffled.extend(copies.iter().map(|index| index.get(&case.events).clone()));
        shuffle(&mut shuffled, order);
        let (once, again) = (folded(&case, &case.events), folded(&case, &shuffled));
        prop_assert_eq!(bytes(once.state()), bytes(again.state()));
        let pending = |state: &State| -> Vec<_> {
            state.pending.iter().map(|fact| (fact.effective, fact.kind, fact.event_id.clone())).collect()
        };
        prop_assert_eq!(pending(once.state()), pending(again.state()));
    }

    /// I2: in any batching, with every fact read before its time has passed, incremental equals from scratch.
    #[test]
    fn incremental_equals_from_scratch(case in case(), schedule in schedule()) {
        let mut live = Live::new(&case);
        for cycle in schedule.cycles(&case) {
            live.read_what_is_due(&cycle);
            live.advance(cycle.facts);
            live.check_as_of()?;
        }
        prop_assert_eq!(live.late, 0);
        live.check_moves()?;
    }

    /// I2 with late facts: events arrive in any order, and customers are advanced as a task does it: touched ones to
    /// `F`, others only when their timer is due, so that a `wake_at` that is late shows as a change that is missing.
    #[test]
    fn incremental_equals_from_scratch_with_late_facts(case in case(), schedule in schedule()) {
        let mut live = Live::new(&case);
        for cycle in schedule.cycles(&case) {
            live.cycle(&cycle);
            live.check_as_of()?;
        }
        live.check_moves()?;
    }

    /// I2 across activations: whichever cycle activates other rules, and whenever they reach the customer (touched, or by
    /// the pass), the changes are those of the naive evaluation by the old ones up to that instant and the new ones from
    /// it on. Dimensions go and return, and count on.
    #[test]
    fn activation_equals_from_scratch(
        (case, second, third) in versions(),
        schedule in schedule(),
        turns in (any::<Index>(), 0_usize..6, any::<Index>(), 0_usize..6),
    ) {
        let mut live = Live::new(&case);
        let cycles = schedule.cycles(&case);
        let first = turns.0.index(cycles.len());
        let then = first + 1 + turns.2.index(cycles.len());
        for (number, cycle) in cycles.iter().enumerate() {
            if number == first {
                live.activate(&second, turns.1);
            }
            if number == then {
                live.activate(&third, turns.3);
            }
            live.cycle(cycle);
            live.check_as_of()?;
        }
        live.check_moves()?;
    }

    /// Nothing is forgotten that could still change a value. However often a customer is advanced, and
    /// so pruned, the core reads every feature as the oracle, which prunes nothing.
    #[test]
    fn pruning_is_invisible(case in case(), schedule in schedule()) {
        let mut live = Live::new(&case);
        for cycle in schedule.cycles(&case) {
            live.cycle(&cycle);
            live.check_features()?;
        }
    }

    /// A value and a rule hold until just before the `until` that they promise.
    #[test]
    fn until_is_never_too_late(case in case(), instants in instants(1..3)) {
        let mut one = folded(&case, &case.events);
        for at in instants.at(&case) {
            advance(&mut one, &customer(), &case.segmentation, at.plus_ms(1));
            check_until(&case, one.state(), &known(&case), at)?;
        }
    }

    /// The values that the core calls unreadable are those that have no form of their declared type.
    #[test]
    fn unreadable_values_are_told(case in case()) {
        for event in &case.events {
            let told: Vec<String> =
                case.segmentation.unreadable(&event.body).map(|(declared, _)| declared.name.clone()).collect();
            prop_assert_eq!(told, unreadable(&case.segmentation, &event.body), "{:?}", event.body);
        }
    }

    /// No change comes before the instant at which the customer asked to be woken.
    #[test]
    fn wake_is_never_late_and_deciding_twice_changes_nothing(case in case(), instants in instants(0..8)) {
        let all = moves(&case.segmentation, &customer(), &known(&case), case.end());
        let mut instants = instants.at(&case);
        instants.extend(all.iter().map(|moved| moved.effective_at));
        instants.sort_unstable();
        instants.dedup();
        let mut one = folded(&case, &case.events);
        for at in instants {
            let mut upto = one.clone();
            advance(&mut upto, &customer(), &case.segmentation, at);
            let wake = upto.state().wake();
            let next = all.iter().map(|moved| moved.effective_at).find(|moved| *moved >= at);
            prop_assert!(next.is_none_or(|next| wake.fact.min(wake.silence) <= next), "{wake:?} at {at}, moves at {next:?}");
            advance(&mut one, &customer(), &case.segmentation, at.plus_ms(1));
            check_decided_twice(&case, one.state(), at)?;
        }
    }

    /// A change forecasts the move that happens if no fact arrives.
    #[test]
    fn forecast_is_what_silence_brings(case in case(), chosen in any::<Index>()) {
        let mut decided = advance(&mut folded(&case, &case.events), &customer(), &case.segmentation, case.end());
        decided.retain(|decided| decided.core.to.is_some());
        prop_assume!(!decided.is_empty());
        let core = &chosen.get(&decided).core;
        let seen = known(&case).into_iter().filter(|known| known.from <= core.effective_at && core.effective_at < known.until);
        let frozen: Vec<Known> = seen.map(|known| Known { until: Timestamp::NEVER, ..known }).collect();
        let silent = moves(&case.segmentation, &customer(), &frozen, core.forecast_until.plus_ms(1));
        let next = silent.iter().find(|moved| moved.dimension == core.dimension && moved.effective_at > core.effective_at);
        let forecast = core.next_if_silent.as_ref().map(|forecast| (Some(&forecast.to), forecast.at));
        prop_assert_eq!(forecast, next.map(|moved| (moved.to.as_ref(), moved.effective_at)));
    }

    /// The reasons of a change give the values by which it was decided, and those just before.
    #[test]
    fn reasons_give_the_values_that_decided(case in case()) {
        let known = known(&case);
        let moves = moves(&case.segmentation, &customer(), &known, case.end());
        for decided in advance(&mut folded(&case, &case.events), &customer(), &case.segmentation, case.end()) {
            check_reasons(&case, &known, &moves, &decided.core)?;
        }
    }

    /// What was received lies on invoices or free, and no undisputed debt is overdue beside free credit.
    #[test]
    fn money_adds_up_and_credit_protects(
        case in case(), which in any::<Index>(), days in 0_i32..60, never in any::<bool>()
    ) {
        let segmentation = money::segmentation(if never { "never" } else { "last" });
        let facts = money::facts(&case, &case.events);
        let Some(at) = money::instant(&facts, which, days, &segmentation) else { return Ok(()) };
        money::check_sums(&segmentation, &facts, at)?;
        money::check_plans(&segmentation, &facts, at)?;
    }

    /// An invoice that is voided was never issued.
    #[test]
    fn a_void_leaves_no_trace(case in case(), invoice in 0_u8..8, days in 0_i32..60) {
        let segmentation = money::segmentation("last");
        let facts = money::facts(&case, &case.events);
        let Some(last) = facts.last() else { return Ok(()) };
        let at = segmentation.zone.midnight(segmentation.zone.date_of(last.occurred_at).plus_days(1 + days));
        money::check_void(&segmentation, &facts, &format!("I{invoice}"), at)?;
    }

    /// A reversal or a write-off that is taken back never was.
    #[test]
    fn what_is_undone_never_was(
        case in case(), id in 0_u8..8, part in prop::option::of(1_i64..9_000), which in any::<Index>(), days in 0_i32..60
    ) {
        let segmentation = money::segmentation("last");
        let facts = money::facts(&case, &case.events);
        let Some(then) = money::instant(&facts, which, 0, &segmentation) else { return Ok(()) };
        let at = then.plus_ms(i64::from(days) * 86_400_000);
        let (payment_id, invoice_id) = (format!("P{id}"), format!("I{id}"));
        let reversal = [
            Body::Reversed { payment_id: payment_id.clone(), amount_minor: part },
            Body::PaymentReinstated { payment_id, amount_minor: part },
        ];
        money::check_undone(&segmentation, &facts, reversal, (then, at))?;
        if !facts.iter().any(|fact| fact.body == Body::WrittenOff { invoice_id: invoice_id.clone() }) {
            let write_off = [
                Body::WrittenOff { invoice_id: invoice_id.clone() },
                Body::InvoiceReinstated { invoice_id },
            ];
            money::check_undone(&segmentation, &facts, write_off, (then, at))?;
        }
    }

    /// A day is a calendar day, never 24 hours.
    #[test]
    fn days_are_calendar_days((zone, at) in moments(), days in 1..400) {
        check_day(zone, at)?;
        check_plus(zone, at, days)?;
        check_plus(zone, at, days % 4)?;
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().map_or(10_000, |cases| cases.parse().expect("a number of cases"));
    ProptestConfig {
        cases,
        // The same cases in every run, unless `PROPTEST_RNG_SEED` names others.
        rng_seed: RngSeed::Fixed(std::env::var("PROPTEST_RNG_SEED").map_or(1, |seed| seed.parse().expect("a seed"))),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn customer() -> CustomerId {
    CustomerId::new("C-1").expect("an id of three bytes")
}

/// Fisher and Yates, driven by the bytes of a seed over and over.
fn shuffle(events: &mut [Event], seed: [u8; 16]) {
    for last in (1..events.len()).rev() {
        events.swap(last, usize::from(seed[last % seed.len()]) * 7 % (last + 1));
    }
}

fn folded(case: &Case, events: &[Event]) -> Customer {
    let mut folded = Customer::default();
    for (offset, event) in events.iter().enumerate() {
        fold(&mut folded, event.clone(), offset as u64, Timestamp::BEGINNING, &case.segmentation);
    }
    folded
}

fn bytes(state: &State) -> Vec<u8> {
    postcard::to_allocvec(&state.facts).expect("facts encode into memory")
}

/// Every fact of a case, read before anything was decided.
fn known(case: &Case) -> Vec<Known> {
    let mut observer = Observer::default();
    let facts = case.events.iter().cloned().map(Fact::from);
    facts.for_each(|fact| observer.read(fact, Timestamp::BEGINNING, false));
    observer.known()
}

/// Deciding once more the instant that was decided last moves no customer who has a membership.
fn check_decided_twice(case: &Case, state: &State, at: Timestamp) -> Result<(), TestCaseError> {
    let memberships = &state.decision.dimensions;
    if memberships.is_empty() || memberships.iter().any(|membership| membership.current.is_none()) {
        return Ok(());
    }
    let mut again = state.clone();
    again.decision.next = at;
    let mut again = Customer::from(again);
    let decided = advance(&mut again, &customer(), &case.segmentation, at.plus_ms(1));
    prop_assert_eq!(decided, vec![]);
    prop_assert_eq!(&again.state().decision.dimensions, &state.decision.dimensions);
    Ok(())
}
