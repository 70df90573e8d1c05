//! A change in a sentence, for people.

use segflow_core::change::{Core, Forecast, Reason};
use segflow_core::time::{Timestamp, Zone};

/// `C-000217 stage early -> mid: 30 days past due; next: late on 3 May if nothing happens`
pub fn sentence(core: &Core, zone: &Zone) -> String {
    let from = core.from.as_deref().unwrap_or("(new)");
    let to = core.to.as_deref().unwrap_or("(erased)");
    let mut text = format!("{} {} {from} -> {to}", core.customer_id, core.dimension);
    let mut reasons: Vec<String> = Vec::new();
    for reason in core.reasons.iter().map(reason) {
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
    text
}

fn reason(reason: &Reason) -> String {
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

#[cfg(test)]
mod tests {
    use segflow_core::customer::{Customer, fold};
    use segflow_core::event::{Body, CustomerId, Event};
    use segflow_core::segmentation::Segmentation;

    use super::*;

    #[test]
    fn a_change_reads_as_a_sentence() {
        let text = "name: s\nversion: 1\ncurrency: GBP\ntimezone: Europe/London\ndimensions:\n  - name: stage\n    \
                    segments:\n      - {name: late, when: overdue.days >= 60}\n      \
                    - {name: mid, when: overdue.days >= 30}\n    otherwise: current\n";
        let segmentation = Segmentation::load("s.yaml", text).unwrap().segmentation;
        let customer_id = CustomerId::new("C-000217").unwrap();
        let body = Body::Issued {
            invoice_id: "I".to_owned(),
            amount_minor: 100,
            due_date: "2026-03-04".parse().unwrap(),
            debt_type: None,
        };
        let occurred_at = "2026-02-01T09:00:00Z".parse().unwrap();
        let event = Event {
            event_id: "I".to_owned(),
            customer_id: customer_id.clone(),
            occurred_at,
            recorded_at: occurred_at,
            body,
        };
        let mut customer = Customer::default();
        fold(&mut customer, event, 0, Timestamp::BEGINNING, &segmentation);
        let to = "2026-04-10T00:00:00Z".parse().unwrap();
        let decided = segflow_core::advance::advance(&mut customer, &customer_id, &segmentation, to);
        let sentences: Vec<_> = decided.iter().map(|change| sentence(&change.core, &segmentation.zone)).collect();
        assert_eq!(
            sentences,
            [
                "C-000217 stage (new) -> current; next: mid on 3 April if nothing happens",
                "C-000217 stage current -> mid: 30 days past due; next: late on 3 May if nothing happens",
            ]
        );
    }
}
