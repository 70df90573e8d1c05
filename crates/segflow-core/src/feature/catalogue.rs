//! The features that a rule may name: their parameters, their types, and how each is built.

use crate::event::Direction;
use crate::segmentation::AttributeKind;

use super::{Feature, Window};

/// A feature as rules name it.
#[derive(Debug)]
pub struct Entry {
    /// Dotted, as the catalogue spells it.
    pub name: &'static str,
    /// The type of its value.
    pub kind: AttributeKind,
    /// Its parameters, and what they build.
    pub form: Form,
}

/// The parameters of a feature, and what they build.
#[derive(Debug)]
pub enum Form {
    /// None: `balance`.
    Plain(Feature),
    /// A window: `payments.sum("90d")`.
    Windowed(fn(Window) -> Feature),
    /// A window, perhaps a channel: `contacts.outbound("30d", "CALL")`.
    Contacts(Direction),
    /// An earlier dimension: `segment("guard")`.
    Dimension(fn(usize) -> Feature),
}

impl Entry {
    /// How a rule writes it, with an example of each parameter.
    #[must_use]
    pub fn usage(&self) -> String {
        let name = self.name;
        match self.form {
            Form::Plain(_) => name.to_owned(),
            Form::Windowed(_) => format!("{name}(\"90d\")"),
            Form::Contacts(_) => format!("{name}(\"90d\")` or `{name}(\"90d\", \"CALL\")"),
            Form::Dimension(_) => format!("{name}(\"guard\")"),
        }
    }
}

/// The entry of this name.
#[must_use]
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// Whether the catalogue has a feature of this name that this version does not compute.
#[must_use]
pub fn is_later(name: &str) -> bool {
    LATER.contains(&name)
}

/// Every feature of this version but `profile.NAME`, whose names a segmentation declares.
pub const ENTRIES: &[Entry] = &[
    plain("balance", AttributeKind::Money, Feature::Balance),
    plain("credit", AttributeKind::Money, Feature::Credit),
    plain("overdue.amount", AttributeKind::Money, Feature::OverdueAmount(None)),
    plain("overdue.days", AttributeKind::Int, Feature::OverdueDays(None)),
    plain("overdue.invoices", AttributeKind::Int, Feature::OverdueInvoices),
    plain("invoices.open", AttributeKind::Int, Feature::InvoicesOpen),
    plain("next_due.days", AttributeKind::Int, Feature::NextDueDays),
    plain("next_due.amount", AttributeKind::Money, Feature::NextDueAmount),
    windowed("payments.count", AttributeKind::Int, Feature::PaymentsCount),
    windowed("payments.sum", AttributeKind::Money, Feature::PaymentsSum),
    plain("payments.last_days", AttributeKind::Int, Feature::PaymentsLastDays),
    plain("promises.open", AttributeKind::Int, Feature::PromisesOpen),
    plain("promises.due_days", AttributeKind::Int, Feature::PromisesDueDays),
    windowed("promises.kept", AttributeKind::Int, Feature::PromisesKept),
    windowed("promises.broken", AttributeKind::Int, Feature::PromisesBroken),
    windowed("promises.kept_ratio", AttributeKind::Ratio, Feature::PromisesKeptRatio),
    contacts("contacts.outbound", Direction::Outbound),
    contacts("contacts.inbound", Direction::Inbound),
    plain("silent.days", AttributeKind::Int, Feature::SilentDays),
    plain("customer.days", AttributeKind::Int, Feature::CustomerDays),
    dimension("segment", AttributeKind::Text, Feature::Segment),
    dimension("segment.days", AttributeKind::Int, Feature::SegmentDays),
];

const fn plain(name: &'static str, kind: AttributeKind, feature: Feature) -> Entry {
    Entry { name, kind, form: Form::Plain(feature) }
}

const fn windowed(name: &'static str, kind: AttributeKind, build: fn(Window) -> Feature) -> Entry {
    Entry { name, kind, form: Form::Windowed(build) }
}

const fn contacts(name: &'static str, direction: Direction) -> Entry {
    Entry { name, kind: AttributeKind::Int, form: Form::Contacts(direction) }
}

const fn dimension(name: &'static str, kind: AttributeKind, build: fn(usize) -> Feature) -> Entry {
    Entry { name, kind, form: Form::Dimension(build) }
}

/// What the catalogue defines and this version does not compute.
const LATER: &[&str] = &[
    "disputed.amount",
    "written_off.amount",
    "invoices.count",
    "invoices.sum",
    "episodes",
    "episode.days",
    "cured.days",
    "roll",
    "self_cure_ratio",
    "first_payment_default",
    "payments.last_method",
    "payments.reversed",
    "payments.failed",
    "pay_ratio",
    "days_late.median",
    "days_late.trend",
    "pay_day.of_month",
    "pay_day.confidence",
    "pay_day.next_days",
    "pay_day.missed_days",
    "contacts.right_party_ratio",
    "contacts.reachable",
    "response_ratio",
    "response_hours",
    "call_headroom",
    "disputes.open",
    "dispute_ratio",
    "disputes.rejected",
    "disputes.resolved_days",
    "days_since",
    "days_until",
    "today.month",
    "today.day",
    "today.weekday",
    "bucket",
];
