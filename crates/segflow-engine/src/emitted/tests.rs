//! A decision that was told, put in the place of one that was decided again.

use std::sync::Arc;

use segflow_core::customer::{Customer, fold};
use segflow_core::event::Event;
use segflow_wire::memberships::Membership as Told;

use super::*;

const FIRST: &str = r#"
name: test
version: 1
currency: EUR
timezone: Europe/Rome
dimensions:
  - name: stage
    segments:
      - {name: late, when: overdue.days >= 30, for: 5d}
      - {name: early, when: overdue.days >= 1}
    otherwise: current
  - name: reached
    segments:
      - {name: "yes", when: contacts.outbound("90d") >= 1}
    otherwise: "no"
"#;

fn load(text: &str) -> Arc<Segmentation> {
    Arc::new(Segmentation::load("test.yaml", text).unwrap().segmentation)
}

/// The same names in another order, another rule, and `size` in the place of `reached`.
fn third() -> String {
    FIRST.replace("version: 1", "version: 3").replace("name: reached", "name: size").replace(">= 1}", ">= 2}")
}

fn second() -> String {
    FIRST.replace("version: 1", "version: 2").replace("days >= 30", "days >= 40")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn customer() -> CustomerId {
    CustomerId::new("c5").unwrap()
}

fn membership(current: u16, seq: u64, since: [Option<Timestamp>; 3]) -> Membership {
    let entered_at = Some(at("2026-03-01T00:00:00Z"));
    Membership { current: Some(current), entered_at, seq, since: since.to_vec() }
}

/// Decided by the first rules up to the middle of March.
fn ours() -> State {
    let since = [Some(at("2026-03-12T00:00:00Z")), None, None];
    let reached = Membership { since: vec![None; 2], ..membership(1, 1, [None; 3]) };
    let decision = Decision {
        as_of: Some(at("2026-03-15T00:00:00Z")),
        next: at("2026-03-17T00:00:00Z"),
        segmentation: NonZeroU32::new(1),
        dimensions: vec![membership(1, 2, since), reached],
        ..Decision::default()
    };
    deciding(decision)
}

fn deciding(decision: Decision) -> State {
    State { decision, ..State::default() }
}

/// As it was told at the beginning of March, when nothing had begun to hold.
fn told(rules: &Segmentation, change: impl FnOnce(&mut Decision)) -> Memberships {
    let mut decision = ours().decision;
    decision.as_of = Some(at("2026-03-10T00:00:00Z"));
    decision.dimensions[0].since = vec![None; 3];
    change(&mut decision);
    Memberships::of(&customer(), &decision, rules)
}

fn cursor(judged: Option<&str>) -> Cursor {
    Cursor { instant: at("2026-03-14T00:00:00Z"), customer: judged.and_then(CustomerId::new) }
}

fn taken(rules: &Rules, state: &State, memberships: &Memberships) -> Option<Decision> {
    let cursor = cursor(None);
    Emitted { rules, cursor: &cursor }.told(&customer(), state, memberships).unwrap()
}

#[test]
fn what_agrees_with_what_was_told_stays_as_it_is() {
    let rules = Rules::new(load(FIRST));
    let memberships = told(&rules.present, |_| {});
    assert_eq!(taken(&rules, &ours(), &memberships), None, "it began to hold after that was told");
}

#[test]
fn segment_entry_and_number_are_as_told_and_the_customer_is_looked_at_again() {
    let rules = Rules::new(load(FIRST));
    let memberships = told(&rules.present, |decision| {
        decision.dimensions[0] = Membership { seq: 1, ..membership(2, 1, [None; 3]) };
    });
    let decision = taken(&rules, &ours(), &memberships).unwrap();
    assert_eq!((decision.dimensions[0].current, decision.dimensions[0].seq), (Some(2), 1));
    assert_eq!(decision.dimensions[0].since, ours().decision.dimensions[0].since, "it holds since then for us");
    assert_eq!(decision.dimensions[1], ours().decision.dimensions[1]);
    assert_eq!((decision.as_of, decision.next), (ours().decision.as_of, at("2026-03-15T00:00:00Z")));
    // Doing it twice changes nothing.
    let again = deciding(decision);
    assert_eq!(taken(&rules, &again, &memberships), None);
}

#[test]
fn since_when_a_segment_holds_is_as_told_unless_it_ended_or_began_later() {
    let (told_until, early, late) =
        (at("2026-03-10T00:00:00Z"), Some(at("2026-03-05T00:00:00Z")), Some(at("2026-03-12T00:00:00Z")));
    let earlier = Some(at("2026-03-04T00:00:00Z"));
    for (told, ours, expected) in [
        (None, None, None),
        (early, None, None),
        (None, late, late),
        (early, late, late),
        (early, earlier, early),
        (None, earlier, Some(told_until)),
    ] {
        let membership = |since| Membership { since: vec![since], ..Membership::default() };
        assert_eq!(since(&membership(told), &membership(ours), told_until), [expected], "{told:?} {ours:?}");
    }
}

#[test]
fn what_was_told_later_than_decided_here_counts_from_then() {
    let rules = Rules::new(load(FIRST));
    let later = at("2026-03-16T00:00:00Z");
    let memberships = told(&rules.present, |decision| {
        decision.as_of = Some(later);
        decision.dimensions[1].seq = 9;
    });
    let decision = taken(&rules, &ours(), &memberships).unwrap();
    assert_eq!((decision.as_of, decision.next), (Some(later), later));
}

/// A timer at the cursor's instant is seen only beyond the customer up to whom the instant was judged.
#[test]
fn who_lies_behind_the_cursor_is_looked_at_an_instant_later() {
    let rules = Rules::new(load(FIRST));
    let untold = |judged: Option<&str>| {
        let cursor = cursor(judged);
        let mut state = ours();
        state.decision.as_of = Some(at("2026-03-01T00:00:00Z"));
        Emitted { rules: &rules, cursor: &cursor }.untold(&customer(), &state).unwrap().next
    };
    assert_eq!(untold(None), cursor(None).instant);
    assert_eq!(untold(Some("c4")), cursor(None).instant);
    assert_eq!(untold(Some("c5")), cursor(None).instant.plus_ms(1));
}

#[test]
fn of_whom_nothing_was_told_nothing_is_decided() {
    let rules = Rules::new(load(FIRST));
    let cursor = cursor(None);
    let emitted = Emitted { rules: &rules, cursor: &cursor };
    let decision = emitted.untold(&customer(), &ours()).unwrap();
    assert_eq!((decision.segmentation, decision.dimensions.len(), decision.as_of), (None, 0, ours().decision.as_of));
    assert_eq!(emitted.untold(&customer(), &deciding(decision)), None, "done already");

    // Of somebody who was erased the topic keeps nothing.
    let mut erased = Customer::from(ours());
    let erasure = at("2026-03-02T00:00:00Z");
    fold(&mut erased, Event::erasure(customer(), erasure), 0, erasure, &rules.present);
    segflow_core::advance::advance(&mut erased, &customer(), &rules.present, at("2026-03-20T00:00:00Z"));
    assert!(erased.state().is_stub());
    assert_eq!(emitted.untold(&customer(), erased.state()), None);
}

#[test]
fn the_rules_that_decided_what_was_told_number_it_if_they_are_later() {
    let (first, third) = (load(FIRST), load(&third()));
    let rules = Rules { present: third.clone(), former: vec![first] };
    let memberships = told(&third, |decision| {
        decision.segmentation = NonZeroU32::new(3);
        decision.dimensions[0].seq = 3;
    });
    let decision = taken(&rules, &ours(), &memberships).unwrap();
    assert_eq!((decision.segmentation, decision.dimensions[0].seq), (NonZeroU32::new(3), 3));
}

/// Who went over without moving has a record of the rules before.
#[test]
fn earlier_rules_of_the_same_names_do_not_take_a_customer_back() {
    let (first, second, third) = (load(FIRST), load(&second()), load(&third()));
    let memberships = told(&first, |decision| decision.dimensions[0].seq = 7);
    let mut state = ours();

    state.decision.segmentation = NonZeroU32::new(2);
    let rules = Rules { present: second.clone(), former: Vec::new() };
    let decision = taken(&rules, &state, &memberships).unwrap();
    assert_eq!((decision.segmentation, decision.dimensions[0].seq), (NonZeroU32::new(2), 7));

    state.decision.segmentation = NonZeroU32::new(3);
    let rules = Rules { present: third, former: vec![first] };
    let decision = taken(&rules, &state, &memberships).unwrap();
    assert_eq!(
        (decision.segmentation, decision.dimensions[0].seq),
        (NonZeroU32::new(1), 7),
        "other names: they have not gone over"
    );
}

#[test]
fn a_dimension_that_was_closed_counts_on() {
    let (first, third) = (load(FIRST), load(&third()));
    let rules = Rules::new(third.clone());
    let mut memberships = told(&third, |decision| decision.closed = [("reached".to_owned(), 4)].into());
    memberships.dimensions.retain(|told: &Told| told.dimension == "stage");
    memberships.closed.insert("size".to_owned(), 2);
    let state = deciding(Decision { segmentation: NonZeroU32::new(3), ..ours().decision });
    let decision = taken(&rules, &state, &memberships).unwrap();
    assert_eq!(decision.closed, [("reached".to_owned(), 4)].into());
    assert_eq!((decision.dimensions[1].current, decision.dimensions[1].seq), (None, 2));

    let unknown = told(&first, |_| {});
    let cursor = cursor(None);
    let error = Emitted { rules: &rules, cursor: &cursor }.told(&customer(), &State::default(), &unknown).unwrap_err();
    assert_eq!(error.to_string(), "dimension \"reached\": not in this segmentation");
}
