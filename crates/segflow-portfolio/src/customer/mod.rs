//! One customer: a queue of actions, each at its instant. An action makes at most one event and may plan more actions.

mod answer;
mod billing;
mod contact;
mod correction;
mod credit;
mod debit;
mod dispute;
mod file;
mod hold;
mod ids;
mod onboarding;
mod paying;
mod promise;
mod receipt;
mod returned;
mod talk;

use segflow_core::event::{Body, Channel, CustomerId, Event, Family, Outcome};
use segflow_core::time::{Date, Timestamp, Zone};

use self::correction::{Correction, Reissue};
use self::debit::Collection;
use self::dispute::OpenDispute;
use self::file::{Note, Suspension};
use self::hold::Hold;
use self::paying::Payment;
use self::promise::Plan;
use self::receipt::Receipt;
use self::returned::Return;
use crate::chance::Chance;
use crate::id;
use crate::ledger::Ledger;
use crate::now::Now;
use crate::persona::{Manners, Persona};
use crate::traits::{Phone, Traits};

/// An action that is planned. Each makes at most one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// The customer's profile arrives; the customer may be an existing one or a new one.
    Onboard { existing: bool },
    /// Something is noted in the customer's file.
    Note(Note),
    /// The credit agency's quarterly score.
    Score,
    /// An invoice from before, loaded at onboarding with its original due date.
    OpeningDebt { days_past_due: i32 },
    /// The month's invoice of a contract.
    Bill { contract: usize },
    /// An invoice is corrected.
    Correct { invoice: u32, correction: Correction },
    /// An invoice that is wrong altogether is voided.
    Void { invoice: u32, reissue: Reissue },
    /// Another invoice in place of the one voided.
    Reissue(Reissue),
    /// A credit note for a share of an invoice.
    Credit { invoice: u32, per_mille: i64 },
    /// A credit note for no invoice, of so many minor units.
    Goodwill { minor: i64 },
    /// An invoice is put on hold.
    Hold { invoice: u32 },
    /// A hold ends before its time.
    Release { invoice: u32 },
    /// The oldest open invoice is given up, and then the next.
    WriteOff,
    /// A payment, unless what it is for has been paid.
    Pay(Payment),
    /// A payment that failed is tried again under its number.
    Retry { number: u32, payment: Payment },
    /// The creditor submits a direct debit.
    Submit(Collection),
    /// The bank answers to a direct debit.
    Settle { collection: Collection, amount_minor: i64 },
    /// A payment is taken back, all of it or a part.
    Return { payment: u32, how: Return },
    /// A payment taken back stands again.
    Reinstate { payment: u32 },
    /// Somebody finds out which invoice a payment was meant for.
    Match { payment: u32 },
    /// A part of a written-off invoice is recovered.
    Recover,
    /// The customer's own day of the month.
    PayDay,
    /// The creditor looks at the account.
    Chase,
    /// A call by the creditor.
    Call { attempt: u8 },
    /// A gateway opens the links of a message.
    Scan { contact: u32 },
    /// A message on its way has got one step further.
    Message { contact: u32, channel: Channel, outcome: Outcome },
    /// A new number is found for a customer whose old one is wrong.
    Trace,
    /// The customer gets in touch.
    Inbound { channel: Channel },
    /// The customer hangs up on the conversation of this contact.
    Refuse { contact: u32 },
    /// A conversation ends in a promise.
    Promise,
    /// One more instalment of the plan just agreed is recorded.
    Instalment,
    /// The customer asks for another date.
    Amend { promise: u32, amount_minor: i64 },
    /// A promise is withdrawn.
    Cancel { promise: u32 },
    /// The rest of a plan is withdrawn after an instalment was missed.
    EndPlan,
    /// The customer contests an invoice.
    Dispute { invoice: u32 },
    /// The creditor has looked into it.
    Resolve { dispute: u32 },
    /// The contracts end.
    Leave,
    /// A customer who has left and owes nothing asks to be forgotten.
    Forget,
}

/// How many events, contacts and bills there have been.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    events: [u32; Family::ALL.len()],
    contacts: u32,
    /// Bills of the first contract.
    bills: i64,
}

/// One customer, from onboarding to the end of the simulation.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    number: u32,
    chance: Chance,
    persona: Persona,
    traits: Traits,
    phone: Phone,
    /// Latest first, so that the next is the last.
    plans: Vec<(Timestamp, Action)>,
    ledger: Ledger,
    counts: Counts,
    /// Whether invoices are collected by direct debit.
    mandate: bool,
    /// No more invoices: the contracts have ended, or were ended.
    closed: bool,
    /// The day from which nothing is paid any more.
    vanishes_on: Option<Date>,
    /// What keeps the creditor from collecting.
    suspension: Suspension,
    vulnerable: bool,
    /// Whether a `Chase` is planned.
    chased: bool,
    /// The end of the promise that keeps the creditor quiet.
    promised_until: Option<Date>,
    /// The payment plan, while it runs.
    plan: Option<Plan>,
    disputes: Vec<OpenDispute>,
    holds: Vec<Hold>,
    /// Payments that will be taken back or reinstated, or are to be matched, with where they went.
    receipts: Vec<Receipt>,
    /// Invoices written off, with what is unpaid of each in minor units.
    given_up: Vec<(u32, i64)>,
    /// When what is recorded now happened, if that was days ago.
    happened: Option<Timestamp>,
}

impl Customer {
    /// Lives through one day: every action planned before the next midnight happens.
    pub(crate) fn live(&mut self, date: Date, zone: &Zone, events: &mut Vec<Event>) {
        let end = zone.midnight(date.plus_days(1));
        while let Some((at, action)) = self.plans.pop_if(|(at, _)| *at < end) {
            let now = Now { at, date, zone };
            if let Some(body) = self.act(action, &now) {
                let occurred_at = self.happened.take().unwrap_or(at);
                events.push(self.event(occurred_at, at, body));
            }
        }
    }

    /// When something is planned next.
    pub(crate) fn wake_at(&self) -> Timestamp {
        self.plans.last().map_or(Timestamp::NEVER, |(at, _)| *at)
    }

    fn act(&mut self, action: Action, now: &Now) -> Option<Body> {
        match action {
            Action::Onboard { existing } => Some(self.onboard(existing, now)),
            Action::Note(note) => Some(self.note(note, now)),
            Action::Score => Some(self.update_score(now)),
            Action::OpeningDebt { days_past_due } => Some(self.load_opening_debt(days_past_due, now)),
            Action::Bill { contract } => self.bill(contract, now),
            Action::Correct { invoice, correction } => self.correct(invoice, correction, now),
            Action::WriteOff => self.write_off(now),
            Action::Void { invoice, reissue } => self.void(invoice, reissue, now),
            Action::Reissue(reissue) => Some(self.reissue(reissue, now)),
            Action::Credit { invoice, per_mille } => self.credit(invoice, per_mille, now),
            Action::Goodwill { minor } => self.show_goodwill(minor, now),
            Action::Hold { invoice } => self.hold(invoice, now),
            Action::Release { invoice } => self.release(invoice, now),
            Action::Pay(payment) => self.pay(payment, None, now),
            Action::Retry { number, payment } => self.pay(payment, Some(number), now),
            Action::Submit(collection) => self.submit(collection, now),
            Action::Settle { collection, amount_minor } => self.settle(collection, amount_minor, now),
            Action::Return { payment, how } => self.take_back(payment, how, now),
            Action::Reinstate { payment } => self.reinstate(payment),
            Action::Match { payment } => self.match_payment(payment, now),
            Action::Recover => self.recover(now),
            Action::PayDay => self.keep_pay_day(now),
            Action::Chase => self.chase(now),
            Action::Call { attempt } => self.call(attempt, now),
            Action::Scan { contact } => Some(self.scan(contact)),
            Action::Message { contact, channel, outcome } => Some(self.message(contact, channel, outcome, now)),
            Action::Trace => self.trace(now),
            Action::Inbound { channel } => Some(self.get_in_touch(channel, now)),
            Action::Refuse { contact } => Some(self.refuse(contact)),
            Action::Promise => self.promise(now),
            Action::Instalment => self.instalment(now),
            Action::Amend { promise, amount_minor } => Some(self.amend(promise, amount_minor, now)),
            Action::Cancel { promise } => Some(self.cancel(promise, now)),
            Action::EndPlan => self.end_plan(now),
            Action::Dispute { invoice } => self.dispute(invoice, now),
            Action::Resolve { dispute } => self.resolve(dispute, now),
            Action::Leave => self.leave(now),
            Action::Forget => self.forget(),
        }
    }

    /// An event and the timestamp of its record.
    fn event(&mut self, occurred_at: Timestamp, recorded_at: Timestamp, body: Body) -> Event {
        let customer_id = CustomerId::new(id::customer(self.number)).expect("a short text");
        if matches!(body, Body::Erased) {
            return Event::erasure(customer_id, recorded_at);
        }
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
        Event { event_id, customer_id, occurred_at, recorded_at, body }
    }

    /// The number that the next event of a family will have.
    const fn next_number(&self, family: Family) -> u32 {
        self.counts.events[family.index()] + 1
    }

    fn plan(&mut self, at: Timestamp, action: Action) {
        // Of equal instants the one planned first comes first, hence is nearer to the end.
        let place = self.plans.partition_point(|(planned, _)| *planned > at);
        self.plans.insert(place, (at, action));
    }

    #[cfg(test)]
    pub(crate) fn id(&self) -> CustomerId {
        CustomerId::new(id::customer(self.number)).expect("a short text")
    }

    #[cfg(test)]
    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    const fn manners(&self) -> Manners {
        self.persona.manners()
    }

    /// Whether the customer has stopped paying for good.
    fn vanished(&self, now: &Now) -> bool {
        self.vanishes_on.is_some_and(|date| date <= now.date)
    }
}
