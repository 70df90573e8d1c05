//! One change, told to a person: as a sentence, in local time with its reasons, or in one line for an audit.

use segflow_core::change::{Cause, Core, Forecast, Reason};
use segflow_core::segmentation::Segmentation;
use segflow_core::time::{Timestamp, Zone};

use crate::local_time::LocalTime;
use crate::printable::printable;
use crate::why::is_sensitive;

/// A change as one sentence, with the days of `zone`:
/// `C-000217 stage early -> mid: 30 days past due; next: late on 3 May if nothing happens`
#[must_use]
pub fn sentence(core: &Core, zone: &Zone) -> String {
    let from = core.from.as_deref().unwrap_or("(new)");
    let to = core.to.as_deref().unwrap_or("(erased)");
    let mut text = format!("{} {} {from} -> {to}", core.customer_id, core.dimension);
    let mut reasons: Vec<String> = Vec::new();
    for reason in core.reasons.iter().map(colloquial) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if !reasons.is_empty() {
        text.push_str(": ");
        text.push_str(&reasons.join(", "));
    }
    if let Some(Forecast { to, at }) = &core.next_if_silent {
        text.push_str(&format!("; next: {to} on {} if nothing happens", day(*at, zone)));
    }
    printable(&text).into_owned()
}

/// A comparison as people say it: `30 days past due`
fn colloquial(reason: &Reason) -> String {
    let value = reason.value.as_deref();
    match (reason.feature.as_str(), value) {
        ("overdue.days", Some("0")) => "nothing past due".to_owned(),
        ("overdue.days", Some("1")) => "1 day past due".to_owned(),
        ("overdue.days", Some(days)) => format!("{days} days past due"),
        ("next_due.days", Some("0")) => "due today".to_owned(),
        ("next_due.days", Some(days)) => format!("due in {days} days"),
        ("next_due.days", None) => "nothing falls due".to_owned(),
        ("silent.days", Some(days)) => format!("silent for {days} days"),
        (feature, Some(value)) => format!("{feature} is {value}"),
        (feature, None) if reason.operator == "is" => {
            format!("{feature} is {}", reason.bound.as_deref().unwrap_or("decisive"))
        }
        (feature, None) => format!("{feature} is not known"),
    }
}

/// `3 May`
fn day(at: Timestamp, zone: &Zone) -> String {
    zone.date_of(at).civil().strftime("%-d %B").to_string()
}

/// A change in lines: the first says when, from where to where and by what, each further one is a comparison that decided.
#[must_use]
pub fn in_local_time(core: &Core, segmentation: &Segmentation, local: &LocalTime) -> Vec<String> {
    let from = core.from.as_ref().map_or(String::new(), |from| format!("{from} -> "));
    let to = core.to.as_deref().unwrap_or("none");
    let by = match (&core.cause, &core.event_id) {
        (Cause::Fact, Some(event)) => format!("by {event}"),
        (Cause::Time, _) => "by time alone".to_owned(),
        (cause, _) => format!("by {}", cause.word().to_lowercase()),
    };
    let moved = format!("{}  {}: {from}{to}, {by}", local.time(core.effective_at), core.dimension);
    let reasons = core.reasons.iter().map(|reason| format!("  {}", before_and_now(reason, segmentation)));
    std::iter::once(moved).chain(reasons).map(|line| printable(&line).into_owned()).collect()
}

/// `overdue.days >= 1: 0, before 3`
fn before_and_now(reason: &Reason, segmentation: &Segmentation) -> String {
    let Reason { feature, operator, bound, value, value_before } = reason;
    let bound = bound.as_deref().unwrap_or("...");
    if is_sensitive(feature, segmentation) {
        return format!("{feature} {operator} {bound}: sensitive");
    }
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    format!("{feature} {operator} {bound}: {}, before {}", known(value), known(value_before))
}

/// A change without its customer, in one line:
/// `arrears: early -> mid from 2026-05-02T00:00:00.000Z on, by FACT e-17, change 3, version 1`
#[must_use]
pub fn summary(core: &Core) -> String {
    let event = core.event_id.as_ref().map_or_else(String::new, |event| format!(" {event}"));
    let moved = match (&core.from, &core.to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => format!("{to}, as the first,"),
        (Some(from), None) => format!("{from} -> no segment any more"),
        (None, None) => "no segment".to_owned(),
    };
    let text = format!(
        "{}: {moved} from {} on, by {}{event}, change {}, version {}",
        core.dimension,
        core.effective_at,
        core.cause.word(),
        core.seq,
        core.segmentation_version
    );
    printable(&text).into_owned()
}

/// The comparisons that decided, in one line: `overdue.days >= 30 (30, before 29); ..`
#[must_use]
pub fn because(core: &Core) -> String {
    let words = |reason: &Reason| {
        let Reason { feature, operator, bound, value, value_before } = reason;
        // A change carries no value of a sensitive attribute; here that cannot be told from an unknown one.
        let told = [bound, value, value_before].map(|text| text.as_deref().unwrap_or("unknown or sensitive"));
        let [bound, value, before] = told;
        format!("{feature} {operator} {bound} ({value}, before {before})")
    };
    printable(&core.reasons.iter().map(words).collect::<Vec<_>>().join("; ")).into_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::{Known, invoice, london};

    /// Each change of a customer with one invoice, one text per line.
    fn check(tell: impl Fn(&Core, &Known) -> String, expected: Expect) {
        let known = Known::new(&[invoice("I-1", 12_000, "2026-03-04")], "2026-04-10T00:00:00Z");
        let texts: Vec<String> = known.changes.iter().map(|change| tell(&change.core, &known)).collect();
        expected.assert_eq(&(texts.join("\n") + "\n"));
    }

    #[test]
    fn a_change_reads_as_a_sentence() {
        check(
            |core, known| sentence(core, &known.segmentation.zone),
            expect![[r#"
                C-000217 stage (new) -> current; next: mid on 3 April if nothing happens
                C-000217 stage current -> mid: 30 days past due; next: late on 3 May if nothing happens
            "#]],
        );
    }

    #[test]
    fn a_change_in_local_time_names_its_cause_and_each_comparison() {
        check(
            |core, known| in_local_time(core, &known.segmentation, &london()).join("\n"),
            expect![[r#"
                2026-02-01 09:00:00 GMT  stage: current, by I-1
                2026-04-03 00:00:00 BST  stage: current -> mid, by time alone
                  overdue.days >= 30: 30, before 29
            "#]],
        );
    }

    #[test]
    fn a_summary_and_its_reasons_take_one_line_each() {
        check(
            |core, _| format!("{}\n{}", summary(core), because(core)),
            expect![[r#"
                stage: current, as the first, from 2026-02-01T09:00:00.000Z on, by FACT I-1, change 1, version 1

                stage: current -> mid from 2026-04-02T23:00:00.000Z on, by TIME, change 2, version 1
                overdue.days >= 30 (30, before 29)
            "#]],
        );
    }

    #[test]
    fn people_say_days_past_due_and_not_a_feature_name() {
        let reason = |feature: &str, operator: &str, value: Option<&str>, bound: Option<&str>| {
            let [bound, value] = [bound, value].map(|text| text.map(str::to_owned));
            let (feature, operator) = (feature.to_owned(), operator.to_owned());
            colloquial(&Reason { feature, operator, bound, value, value_before: None })
        };
        assert_eq!(reason("overdue.days", "==", Some("0"), None), "nothing past due");
        assert_eq!(reason("overdue.days", ">=", Some("1"), None), "1 day past due");
        assert_eq!(reason("next_due.days", "<=", Some("0"), None), "due today");
        assert_eq!(reason("next_due.days", "<=", None, None), "nothing falls due");
        assert_eq!(reason("silent.days", ">=", Some("14"), None), "silent for 14 days");
        assert_eq!(reason("stage", "is", None, Some("late")), "stage is late");
        assert_eq!(reason("profile.score", ">=", None, Some("3")), "profile.score is not known");
    }
}
