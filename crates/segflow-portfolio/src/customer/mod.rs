//! One customer: a queue of what will happen, each at its instant; what happens makes an event and may plan more.

mod billing;
mod contact;
mod onboarding;
mod talk;

use segflow_core::event::{Body, Channel, CustomerId, Event, Family, Outcome};
use segflow_core::time::{Date, Instant, Zone};

use crate::chance::Chance;
use crate::id;
use crate::ledger::Ledger;
use crate::now::Now;
use crate::persona::{Manners, Persona};

/// What is planned. Each makes at most one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// The customer's profile arrives: of one who has been there for long, or of a new one.
    Onboard { existing: bool },
    /// The specialist team flags or unflags the customer.
    Flag { vulnerable: bool },
    /// The credit agency's quarterly score.
    Score,
    /// An invoice from before, loaded at onboarding with its original due date.
    OpeningDebt { days_past_due: i32 },
    /// The month's invoice.
    Bill,
    /// A payment, unless what it is for has been paid.
    Pay(Payment),
    /// The customer's own day of the month.
    PayDay,
    /// The creditor looks at the account.
    Chase,
    /// A call by the creditor.
    Call { attempt: u8 },
    /// A message on its way: what has become of it.
    Message { contact: u32, channel: Channel, outcome: Outcome },
    /// The customer gets in touch.
    Inbound { channel: Channel },
    /// The customer hangs up on the conversation of this contact.
    Refuse { contact: u32 },
    /// A conversation ends in a promise.
    Promise,
}

/// A payment that may come, and how it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Payment {
    due: Due,
    /// The share of it that is paid, in per mille; above 1,000 is too much.
    share: u16,
    /// The producer's word for the way it is paid.
    method: &'static str,
}

/// What a payment is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    /// An invoice, which the payment names.
    Invoice(u32),
    /// All that is open, or so many minor units of it; names no invoice.
    Balance(i64),
    /// All that is overdue, or else what is open of the oldest invoice; names no invoice.
    Overdue,
}

/// How many of each there have been.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    events: [u32; Family::ALL.len()],
    contacts: u32,
}

/// One customer, from onboarding to the end of the simulation.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    number: u32,
    chance: Chance,
    persona: Persona,
    /// Latest first, so that the next is the last.
    plans: Vec<(Instant, Action)>,
    ledger: Ledger,
    counts: Counts,
    /// What is owed in a usual month, in minor units.
    usual_minor: i64,
    debt_type: &'static str,
    /// Days between an invoice and its due date.
    terms_days: i32,
    pay_day: Option<i8>,
    /// How many days past due a strategic customer lets it come to.
    patience_days: i32,
    /// By which reminders are sent.
    preferred: Channel,
    /// Never answers, never reads.
    elusive: bool,
    /// E-mails to the address on file come back.
    bad_address: bool,
    /// Gets a friendly word before the due date.
    courtesy: bool,
    vulnerable: bool,
    /// Whether a `Chase` is planned.
    chased: bool,
    /// The end of the promise that keeps the creditor quiet.
    promised_until: Option<Date>,
}

impl Customer {
    /// Lives through one day: whatever is planned before the next midnight happens.
    pub(crate) fn live(&mut self, date: Date, zone: &Zone, events: &mut Vec<Event>) {
        let end = zone.midnight(date.plus_days(1));
        while let Some((at, action)) = self.plans.pop_if(|(at, _)| *at < end) {
            let now = Now { at, date, zone };
            if let Some(body) = self.act(action, &now) {
                events.push(self.event(at, body));
            }
        }
    }

    /// When something is planned next.
    pub(crate) fn wake_at(&self) -> Instant {
        self.plans.last().map_or(Instant::NEVER, |(at, _)| *at)
    }

    fn act(&mut self, action: Action, now: &Now) -> Option<Body> {
        match action {
            Action::Onboard { existing } => Some(self.onboard(existing, now)),
            Action::Flag { vulnerable } => Some(self.flag(vulnerable, now)),
            Action::Score => Some(self.update_score(now)),
            Action::OpeningDebt { days_past_due } => Some(self.load_opening_debt(days_past_due, now)),
            Action::Bill => Some(self.bill(now)),
            Action::Pay(payment) => self.pay(payment, now),
            Action::PayDay => self.keep_pay_day(now),
            Action::Chase => self.chase(now),
            Action::Call { attempt } => self.call(attempt, now),
            Action::Message { contact, channel, outcome } => Some(self.message(contact, channel, outcome, now)),
            Action::Inbound { channel } => Some(self.get_in_touch(channel, now)),
            Action::Refuse { contact } => Some(self.refuse(contact)),
            Action::Promise => self.promise(now),
        }
    }

    fn event(&mut self, occurred_at: Instant, body: Body) -> Event {
        let family = body.family();
        let count = &mut self.counts.events[family.index()];
        *count += 1;
        let prefix = match family {
            Family::Invoices => "I",
            Family::Payments => "P",
            Family::Contacts => "T",
            Family::Promises => "M",
            Family::Disputes => "D",
            Family::Profiles => "U",
        };
        let event_id = id::numbered(prefix, self.number, *count);
        let customer_id = CustomerId::new(id::customer(self.number)).expect("a short text");
        Event { event_id, customer_id, occurred_at, body }
    }

    /// The number that the next event of a family will have.
    const fn next_number(&self, family: Family) -> u32 {
        self.counts.events[family.index()] + 1
    }

    fn plan(&mut self, at: Instant, action: Action) {
        // Of equal instants the one planned first comes first, hence is nearer to the end.
        let place = self.plans.partition_point(|(planned, _)| *planned > at);
        self.plans.insert(place, (at, action));
    }

    const fn manners(&self) -> Manners {
        self.persona.manners()
    }
}
