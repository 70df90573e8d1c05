//! The features that a rule may name: their parameters, their types, and how each is built.

use crate::event::{Channel, Direction, FailureCode};
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
    /// None, or a debt type: `overdue.amount("LOAN")`.
    Debt(fn(Option<String>) -> Feature),
    /// A window: `payments.sum("90d")`.
    Windowed(fn(Window) -> Feature),
    /// A window, perhaps a channel: `contacts.outbound("90d", "CALL")`.
    Channelled(fn(Window, Option<Channel>) -> Feature),
    /// A window, perhaps a failure code: `payments.failed("90d", "DECLINED")`.
    Failed(fn(Window, Option<FailureCode>) -> Feature),
    /// A window and a channel: `response_ratio("90d", "CALL")`.
    Answered(fn(Window, Channel) -> Feature),
    /// A channel: `contacts.reachable("CALL")`.
    Channel(fn(Channel) -> Feature),
    /// How many invoices, 1 to [`MAX_INVOICES`]: `days_late.median(6)`.
    Invoices(fn(usize) -> Feature),
    /// A declared attribute of type date: `days_since(profile.NAME)`.
    Date(fn(usize) -> Feature),
    /// An earlier dimension: `segment("guard")`.
    Dimension(fn(usize) -> Feature),
    /// The name of an experiment: `bucket("arm")`.
    Experiment(fn(String) -> Feature),
}

/// The most invoices that `days_late.*` looks back on.
pub const MAX_INVOICES: usize = 12;

/// The attribute, of type date, that says since when somebody is a customer.
pub const CUSTOMER_SINCE: &str = "customer_since";

impl Form {
    /// What stands between the parentheses.
    #[must_use]
    pub const fn takes(&self) -> &'static str {
        match self {
            Self::Plain(_) => "no arguments",
            Self::Debt(_) => "nothing, or a debt type",
            Self::Windowed(_) => "a window",
            Self::Channelled(_) => "a window, and perhaps a channel",
            Self::Failed(_) => "a window, and perhaps a failure code",
            Self::Answered(_) => "a window and a channel",
            Self::Channel(_) => "a channel",
            Self::Invoices(_) => "a number of invoices from 1 to 12",
            Self::Date(_) => "a declared attribute of type date",
            Self::Dimension(_) => "an earlier dimension",
            Self::Experiment(_) => "the name of an experiment",
        }
    }

    /// An example of each number of arguments; none is empty.
    #[must_use]
    pub const fn examples(&self) -> &'static [&'static str] {
        match self {
            Self::Plain(_) => &[""],
            Self::Debt(_) => &["", "(\"LOAN\")"],
            Self::Windowed(_) => &["(\"90d\")"],
            Self::Channelled(_) => &["(\"90d\")", "(\"90d\", \"CALL\")"],
            Self::Failed(_) => &["(\"90d\")", "(\"90d\", \"DECLINED\")"],
            Self::Answered(_) => &["(\"90d\", \"CALL\")"],
            Self::Channel(_) => &["(\"CALL\")"],
            Self::Invoices(_) => &["(6)"],
            Self::Date(_) => &["(profile.NAME)"],
            Self::Dimension(_) => &["(\"guard\")"],
            Self::Experiment(_) => &["(\"arm\")"],
        }
    }
}

impl Entry {
    /// How a rule writes it, with an example of each parameter.
    #[must_use]
    pub fn usage(&self) -> String {
        let written = |example: &&str| format!("`{}{example}`", self.name);
        self.form.examples().iter().map(written).collect::<Vec<_>>().join(" or ")
    }
}

/// The entry of this name.
#[must_use]
pub fn entry(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

const BOOL: AttributeKind = AttributeKind::Bool;
const INT: AttributeKind = AttributeKind::Int;
const MONEY: AttributeKind = AttributeKind::Money;
const RATIO: AttributeKind = AttributeKind::Ratio;
const TEXT: AttributeKind = AttributeKind::Text;

/// Every feature but `profile.NAME`, whose names a segmentation declares.
pub const ENTRIES: &[Entry] = &[
    plain("balance", MONEY, Feature::Balance),
    plain("credit", MONEY, Feature::Credit),
    plain("disputed.amount", MONEY, Feature::DisputedAmount),
    plain("written_off.amount", MONEY, Feature::WrittenOffAmount),
    plain("invoices.open", INT, Feature::InvoicesOpen),
    of("overdue.amount", MONEY, Form::Debt(Feature::OverdueAmount)),
    of("overdue.days", INT, Form::Debt(Feature::OverdueDays)),
    plain("overdue.invoices", INT, Feature::OverdueInvoices),
    plain("next_due.days", INT, Feature::NextDueDays),
    plain("next_due.amount", MONEY, Feature::NextDueAmount),
    windowed("invoices.count", INT, Feature::InvoicesCount),
    windowed("invoices.sum", MONEY, Feature::InvoicesSum),
    windowed("episodes", INT, Feature::Episodes),
    plain("episode.days", INT, Feature::EpisodeDays),
    plain("cured.days", INT, Feature::CuredDays),
    windowed("roll", INT, Feature::Roll),
    of("self_cure_ratio", RATIO, Form::Channelled(Feature::SelfCureRatio)),
    plain("first_payment_default", BOOL, Feature::FirstPaymentDefault),
    windowed("payments.count", INT, Feature::PaymentsCount),
    windowed("payments.sum", MONEY, Feature::PaymentsSum),
    plain("payments.last_days", INT, Feature::PaymentsLastDays),
    plain("payments.last_method", TEXT, Feature::PaymentsLastMethod),
    windowed("payments.reversed", INT, Feature::PaymentsReversed),
    of("payments.failed", INT, Form::Failed(Feature::PaymentsFailed)),
    windowed("pay_ratio", RATIO, Feature::PayRatio),
    of("days_late.median", INT, Form::Invoices(Feature::DaysLateMedian)),
    of("days_late.trend", INT, Form::Invoices(Feature::DaysLateTrend)),
    plain("pay_day.of_month", INT, Feature::PayDayOfMonth),
    plain("pay_day.confidence", RATIO, Feature::PayDayConfidence),
    plain("pay_day.next_days", INT, Feature::PayDayNextDays),
    plain("pay_day.missed_days", INT, Feature::PayDayMissedDays),
    plain("promises.open", INT, Feature::PromisesOpen),
    plain("promises.due_days", INT, Feature::PromisesDueDays),
    windowed("promises.kept", INT, Feature::PromisesKept),
    windowed("promises.broken", INT, Feature::PromisesBroken),
    windowed("promises.kept_ratio", RATIO, Feature::PromisesKeptRatio),
    of(
        "contacts.outbound",
        INT,
        Form::Channelled(|window, channel| Feature::Contacts(Direction::Outbound, window, channel)),
    ),
    of(
        "contacts.inbound",
        INT,
        Form::Channelled(|window, channel| Feature::Contacts(Direction::Inbound, window, channel)),
    ),
    windowed("contacts.right_party_ratio", RATIO, Feature::RightPartyRatio),
    of("contacts.reachable", BOOL, Form::Channel(Feature::Reachable)),
    of("response_ratio", RATIO, Form::Answered(Feature::ResponseRatio)),
    of("response_hours", INT, Form::Answered(Feature::ResponseHours)),
    plain("silent.days", INT, Feature::SilentDays),
    plain("call_headroom", INT, Feature::CallHeadroom),
    plain("disputes.open", INT, Feature::DisputesOpen),
    windowed("dispute_ratio", RATIO, Feature::DisputeRatio),
    windowed("disputes.rejected", INT, Feature::DisputesRejected),
    plain("disputes.resolved_days", INT, Feature::DisputesResolvedDays),
    plain("customer.days", INT, Feature::CustomerDays),
    of("days_since", INT, Form::Date(Feature::DaysSince)),
    of("days_until", INT, Form::Date(Feature::DaysUntil)),
    plain("today.month", INT, Feature::TodayMonth),
    plain("today.day", INT, Feature::TodayDay),
    plain("today.weekday", INT, Feature::TodayWeekday),
    of("segment", TEXT, Form::Dimension(Feature::Segment)),
    of("segment.days", INT, Form::Dimension(Feature::SegmentDays)),
    of("bucket", INT, Form::Experiment(Feature::Bucket)),
];

const fn of(name: &'static str, kind: AttributeKind, form: Form) -> Entry {
    Entry { name, kind, form }
}

const fn plain(name: &'static str, kind: AttributeKind, feature: Feature) -> Entry {
    of(name, kind, Form::Plain(feature))
}

const fn windowed(name: &'static str, kind: AttributeKind, build: fn(Window) -> Feature) -> Entry {
    of(name, kind, Form::Windowed(build))
}
