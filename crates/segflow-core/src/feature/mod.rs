//! Features: pure functions of the facts in effect and an instant, each with its expiry.

pub mod catalogue;
pub mod contacts;
pub mod dated;
pub mod disputes;
pub(crate) mod fact_index;
pub mod history;
pub mod interner;
pub mod ledger;
pub mod owed;
pub mod payments;
pub mod profile;
pub mod promises;
pub mod reading;
pub mod view;

use sha2::{Digest, Sha256};

use crate::event::{Channel, CustomerId, Direction, FailureCode, Families, Family};

/// A window: the present calendar day and the `days - 1` before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// 1 to the horizon.
    pub days: i32,
}

/// What a rule may read. Names are the catalogue's; `docs/features.md` says exactly what each means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Feature {
    /// `balance`
    Balance,
    /// `credit`
    Credit,
    /// `disputed.amount`
    DisputedAmount,
    /// `written_off.amount`
    WrittenOffAmount,
    /// `invoices.open`
    InvoicesOpen,
    /// `overdue.amount`, also of one `debt_type`.
    OverdueAmount(Option<String>),
    /// `overdue.invoices`
    OverdueInvoices,
    /// `overdue.days`: days past due, also of one `debt_type`.
    OverdueDays(Option<String>),
    /// `next_due.days`
    NextDueDays,
    /// `next_due.amount`
    NextDueAmount,
    /// `invoices.count(w)`
    InvoicesCount(Window),
    /// `invoices.sum(w)`
    InvoicesSum(Window),
    /// `episodes(w)`
    Episodes(Window),
    /// `episode.days`
    EpisodeDays,
    /// `cured.days`
    CuredDays,
    /// `roll(w)`
    Roll(Window),
    /// `self_cure_ratio(w)`, also of one channel.
    SelfCureRatio(Window, Option<Channel>),
    /// `first_payment_default`
    FirstPaymentDefault,
    /// `payments.count(w)`
    PaymentsCount(Window),
    /// `payments.sum(w)`
    PaymentsSum(Window),
    /// `payments.last_days`
    PaymentsLastDays,
    /// `payments.last_method`
    PaymentsLastMethod,
    /// `payments.reversed(w)`
    PaymentsReversed(Window),
    /// `payments.failed(w)`, also of one code.
    PaymentsFailed(Window, Option<FailureCode>),
    /// `pay_ratio(w)`
    PayRatio(Window),
    /// `days_late.median(n)`
    DaysLateMedian(usize),
    /// `days_late.trend(n)`
    DaysLateTrend(usize),
    /// `pay_day.of_month`
    PayDayOfMonth,
    /// `pay_day.confidence`
    PayDayConfidence,
    /// `pay_day.next_days`
    PayDayNextDays,
    /// `pay_day.missed_days`
    PayDayMissedDays,
    /// `promises.open`
    PromisesOpen,
    /// `promises.due_days`
    PromisesDueDays,
    /// `promises.kept(w)`
    PromisesKept(Window),
    /// `promises.broken(w)`
    PromisesBroken(Window),
    /// `promises.kept_ratio(w)`
    PromisesKeptRatio(Window),
    /// `contacts.outbound(w)`, `contacts.inbound(w)`, each also of one channel.
    Contacts(Direction, Window, Option<Channel>),
    /// `contacts.right_party_ratio(w)`
    RightPartyRatio(Window),
    /// `contacts.reachable(channel)`
    Reachable(Channel),
    /// `response_ratio(w, channel)`
    ResponseRatio(Window, Channel),
    /// `response_hours(w, channel)`
    ResponseHours(Window, Channel),
    /// `silent.days`
    SilentDays,
    /// `call_headroom`
    CallHeadroom,
    /// `disputes.open`
    DisputesOpen,
    /// `dispute_ratio(w)`
    DisputeRatio(Window),
    /// `disputes.rejected(w)`
    DisputesRejected(Window),
    /// `disputes.resolved_days`
    DisputesResolvedDays,
    /// `customer.days`
    CustomerDays,
    /// `profile.NAME`, by its place in `Segmentation::attributes`.
    Profile(usize),
    /// `days_since(profile.NAME)`
    DaysSince(usize),
    /// `days_until(profile.NAME)`
    DaysUntil(usize),
    /// `today.month`: 1 to 12.
    TodayMonth,
    /// `today.day`: 1 to 31.
    TodayDay,
    /// `today.weekday`: Monday is 1.
    TodayWeekday,
    /// `segment("dimension")`, by its place in `Segmentation::dimensions`; earlier than the rule's own.
    Segment(usize),
    /// `segment.days("dimension")`
    SegmentDays(usize),
    /// `bucket("experiment")`: 0 to 99.
    Bucket(String),
}

/// What the ledger is replayed from.
pub(crate) const LEDGER: Families = Families::of(&[Family::Invoices, Family::Payments, Family::Disputes]);

impl Feature {
    /// The families whose facts it is a function of.
    #[must_use]
    pub const fn families(&self) -> Families {
        use Family::{Contacts, Disputes, Payments, Profiles, Promises};
        match self {
            Self::Balance
            | Self::Credit
            | Self::DisputedAmount
            | Self::WrittenOffAmount
            | Self::InvoicesOpen
            | Self::OverdueAmount(_)
            | Self::OverdueInvoices
            | Self::OverdueDays(_)
            | Self::NextDueDays
            | Self::NextDueAmount
            | Self::InvoicesCount(_)
            | Self::InvoicesSum(_)
            | Self::Episodes(_)
            | Self::EpisodeDays
            | Self::CuredDays
            | Self::Roll(_)
            | Self::PayRatio(_)
            | Self::DaysLateMedian(_)
            | Self::DaysLateTrend(_)
            | Self::DisputeRatio(_) => LEDGER,
            Self::SelfCureRatio(..) => LEDGER.and(Families::of(&[Contacts])),
            Self::FirstPaymentDefault => LEDGER.and(Families::of(&[Profiles])),
            // Where no attribute says since when, the first fact of all does.
            Self::CustomerDays => Families::ALL,
            Self::PaymentsCount(_)
            | Self::PaymentsSum(_)
            | Self::PaymentsLastDays
            | Self::PaymentsLastMethod
            | Self::PaymentsReversed(_)
            | Self::PaymentsFailed(..)
            | Self::PayDayOfMonth
            | Self::PayDayConfidence
            | Self::PayDayNextDays
            | Self::PayDayMissedDays => Families::of(&[Payments]),
            Self::PromisesOpen
            | Self::PromisesDueDays
            | Self::PromisesKept(_)
            | Self::PromisesBroken(_)
            | Self::PromisesKeptRatio(_) => Families::of(&[Promises, Payments]),
            Self::Contacts(..) | Self::RightPartyRatio(_) | Self::Reachable(_) | Self::CallHeadroom => {
                Families::of(&[Contacts])
            }
            Self::ResponseRatio(..) | Self::ResponseHours(..) | Self::SilentDays => Families::of(&[Contacts, Payments]),
            Self::DisputesOpen | Self::DisputesRejected(_) | Self::DisputesResolvedDays => Families::of(&[Disputes]),
            Self::Profile(_) | Self::DaysSince(_) | Self::DaysUntil(_) => Families::of(&[Profiles]),
            Self::TodayMonth
            | Self::TodayDay
            | Self::TodayWeekday
            | Self::Segment(_)
            | Self::SegmentDays(_)
            | Self::Bucket(_) => Families::NONE,
        }
    }
}

/// `bucket(experiment)`: SHA-256 of the experiment, a zero byte and the customer id, as a number modulo 100.
#[must_use]
pub fn bucket(experiment: &str, customer: &CustomerId) -> i64 {
    let digest = Sha256::digest(format!("{experiment}\0{customer}"));
    digest.iter().fold(0, |rest, byte| (rest * 256 + i64::from(*byte)) % 100)
}
