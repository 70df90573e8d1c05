//! One fact in the words of the event catalogue.

use std::collections::BTreeMap;

use segflow_core::event::{Attribute, Body, Named};
use segflow_core::feature::row::AttributeIndex;
use segflow_core::money::Currency;
use segflow_core::segmentation::{AttributeDeclaration, Segmentation};
use segflow_core::value_type::ValueType;

/// The content of an event beside its kind: `PR-1: 60.00 GBP, by 2026-05-03`.
pub(super) fn words(body: &Body, segmentation: &Segmentation) -> String {
    let money = |minor: &i64| money(*minor, &segmentation.currency);
    match body {
        Body::Issued { invoice_id, amount_minor, due_date, debt_type, discount } => {
            let debt_type = debt_type.as_ref().map_or(String::new(), |debt_type| format!(", {debt_type}"));
            let discount = discount.as_ref().map_or(String::new(), |discount| {
                format!(", less {} until {}", money(&discount.amount_minor), discount.until)
            });
            format!("{invoice_id}: {}, due {due_date}{debt_type}{discount}", money(amount_minor))
        }
        Body::Adjusted { invoice_id, delta_minor, due_date } => {
            let due = due_date.map_or(String::new(), |due| format!(", now due {due}"));
            let sign = if *delta_minor > 0 { "+" } else { "" };
            format!("{invoice_id}: {sign}{}{due}", money(delta_minor))
        }
        Body::Received { payment_id, amount_minor, names, method } => {
            let named = named(names, money);
            let method = method.as_ref().map_or(String::new(), |method| format!(", by {method}"));
            format!("{payment_id}: {}{named}{method}", money(amount_minor))
        }
        Body::Failed { payment_id, code } => {
            code.map_or(payment_id.clone(), |code| format!("{payment_id}: {}", code.word()))
        }
        Body::Contact { contact_id, channel, outcome, machine, .. } => {
            let machine = if *machine { ", by a machine" } else { "" };
            format!("{contact_id}: {}, {}{machine}", channel.word(), outcome.word())
        }
        Body::Made { promise_id, amount_minor, due_date, plan_id } => {
            let plan = plan_id.as_ref().map_or(String::new(), |plan| format!(", of plan {plan}"));
            format!("{promise_id}: {}, by {due_date}{plan}", money(amount_minor))
        }
        Body::Amended { promise_id, amount_minor, due_date } => {
            format!("{promise_id}: {}, by {due_date}", money(amount_minor))
        }
        Body::Credited { credit_note_id, amount_minor, names } => {
            format!("{credit_note_id}: {}{}", money(amount_minor), named(names, money))
        }
        Body::Held { invoice_id, until } => {
            until.map_or(invoice_id.clone(), |until| format!("{invoice_id}: until {until}"))
        }
        Body::Submitted { payment_id, amount_minor } => format!("{payment_id}: {}", money(amount_minor)),
        Body::Reversed { payment_id, amount_minor } | Body::PaymentReinstated { payment_id, amount_minor } => {
            amount_minor.as_ref().map_or(payment_id.clone(), |part| format!("{payment_id}: {} of it", money(part)))
        }
        Body::Opened { dispute_id, invoice_id, amount_minor } => {
            let disputed = invoice_id.as_deref().unwrap_or("every invoice open then");
            let amount = amount_minor.as_ref().map_or("all".to_owned(), money);
            format!("{dispute_id}: {amount} of {disputed}")
        }
        Body::Resolved { dispute_id, upheld } => {
            let how = upheld.map_or("", |upheld| if upheld { ": upheld" } else { ": rejected" });
            format!("{dispute_id}{how}")
        }
        Body::WrittenOff { invoice_id: id }
        | Body::Voided { invoice_id: id }
        | Body::InvoiceReinstated { invoice_id: id }
        | Body::Released { invoice_id: id }
        | Body::Cancelled { promise_id: id } => id.clone(),
        Body::Updated { attributes } => update(attributes, segmentation),
        Body::Erased => "all that was recorded until then".to_owned(),
    }
}

/// The invoices for which money is.
fn named(names: &[Named], money: impl Fn(&i64) -> String) -> String {
    let invoice = |named: &Named| match &named.amount_minor {
        Some(part) => format!("{} for {}", money(part), named.invoice_id),
        None => format!("for {}", named.invoice_id),
    };
    names.iter().map(invoice).fold(String::new(), |words, invoice| format!("{words}, {invoice}"))
}

fn money(minor: i64, currency: &Currency) -> String {
    format!("{} {}", currency.format(minor), currency.code)
}

fn update(attributes: &BTreeMap<String, Attribute>, segmentation: &Segmentation) -> String {
    let parts: Vec<String> = attributes.iter().map(|(name, value)| attribute(name, value, segmentation)).collect();
    parts.join(", ")
}

/// Shows the value of an attribute only if some rule reads it and it is not sensitive: nobody has said of any other
/// attribute that its value may be seen.
fn attribute(name: &str, value: &Attribute, segmentation: &Segmentation) -> String {
    let Some(place) = segmentation.attributes.iter().position(|attribute| attribute.name == name) else {
        return format!("{name} (not declared)");
    };
    let declared = &segmentation.attributes[place];
    let fault = if declared.can_read(value, &segmentation.currency) { String::new() } else { fault(declared) };
    let read = Some(AttributeIndex(place));
    let mut reads = segmentation.features.iter().filter(|slot| slot.feature.references().attribute == read);
    match (reads.next(), fault.as_str()) {
        (Some(slot), "") if slot.sensitive => format!("{name} (sensitive)"),
        (Some(slot), fault) if slot.sensitive => format!("{name} (sensitive; {fault})"),
        (Some(_), "") => shown(name, value, declared.kind, &segmentation.currency),
        (Some(_), fault) => format!("{} ({fault})", shown(name, value, declared.kind, &segmentation.currency)),
        (None, "") => format!("{name} (not read)"),
        (None, fault) => format!("{name} (not read; {fault})"),
    }
}

/// The words for a value that cannot be read as the declared type.
fn fault(declared: &AttributeDeclaration) -> String {
    let counts = if declared.unreadable_is_true { ", counts as true" } else { "" };
    format!("cannot be read as {}{counts}", declared.kind.word())
}

fn shown(name: &str, value: &Attribute, kind: ValueType, currency: &Currency) -> String {
    match value {
        Attribute::Null => format!("{name} taken away"),
        Attribute::Text(text) => format!("{name} = {text:?}"),
        Attribute::Long(minor) if kind == ValueType::Money => format!("{name} = {}", money(*minor, currency)),
        Attribute::Long(long) => format!("{name} = {long}"),
        Attribute::Double(decimal) => format!("{name} = {decimal}"),
        Attribute::Bool(value) => format!("{name} = {value}"),
    }
}
