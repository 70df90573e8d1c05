//! Assumptions about a customer, in words: `payment 120.00 on 2026-05-02`.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use jiff::civil::{Date as Day, DateTime, Time};
use segflow_core::event::{Body, Channel, Direction, Named, Outcome};
use segflow_core::money::Currency;
use segflow_core::time::{Date, Timestamp};

use crate::local_time::LocalTime;

/// The forms of an assumption, for a help text.
pub const FORMS: &str = "\
payment AMOUNT [for INVOICE] [on DATE]
promise AMOUNT due DATE [on DATE]
invoice AMOUNT due DATE [on DATE]
dispute opened [AMOUNT] [of INVOICE] [on DATE]
dispute resolved DISPUTE [upheld|rejected] [on DATE]
contact outbound|inbound CHANNEL OUTCOME [on DATE]
nothing until DATE";

/// The meaning of the words of [`FORMS`], and the order of assumptions, for a help text.
pub const MEANING: &str = "\
AMOUNT is in major units: 120.00. CHANNEL and OUTCOME are the events' own words in any case: call right_party. \
DATE is a day in the segmentation's time zone, and may be followed by a time: 2026-05-02 09:30. `on` without a time is \
noon, or the first moment not yet decided where that is later on the same day; without `on`, that moment. What happened \
before it is taken for a record that arrives late. Assumptions come in the order of their instants; what the first one \
given makes has the id assumed-1.";

/// One assumption about a customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Assumption {
    /// The text as given.
    pub text: String,
    /// The meaning of the text.
    pub assumed: Assumed,
}

/// The event, or the silence, that is assumed.
#[derive(Clone, PartialEq, Debug)]
pub enum Assumed {
    /// An event happens.
    Event(Body, When),
    /// No event happens up to this instant (exclusive): only time passes.
    Silence(Timestamp),
}

/// When an event happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// At the first instant that is not decided.
    Now,
    /// At some time of this day.
    Day(Day),
    /// At this instant.
    At(Timestamp),
}

impl When {
    /// The instant, where everything before `now` is decided.
    #[must_use]
    pub fn instant(self, now: Timestamp, local: &LocalTime) -> Timestamp {
        match self {
            Self::Now => now,
            Self::At(at) => at,
            Self::Day(day) => {
                let noon = local.instant(day.at(12, 0, 0, 0));
                if local.date(now) == Some(day) { noon.max(now) } else { noon }
            }
        }
    }
}

/// Reads an assumption in one of the [`FORMS`]. The event that it makes has this id.
///
/// # Errors
/// What was expected and what was found: `expected `until`, found `on``.
///
/// ```
/// use segflow_core::money::Currency;
/// use segflow_core::time::Zone;
/// use segflow_explain::local_time::LocalTime;
/// use segflow_explain::what_if::assumption::parse;
///
/// let local = LocalTime::of(&Zone::named("Europe/London").expect("a zone of the database"));
/// let pounds = Currency::new("GBP").expect("a currency");
/// assert!(parse("payment 120.00 for I-7 on 2026-05-02", "assumed-1", &pounds, &local).is_ok());
/// let wrong = parse("nothing on 2026-05-02", "assumed-1", &pounds, &local);
/// assert_eq!(wrong, Err("expected `until`, found `on`".to_owned()));
/// ```
pub fn parse(text: &str, id: &str, currency: &Currency, local: &LocalTime) -> Result<Assumption, String> {
    let mut words = Words { left: text.split_whitespace().peekable(), currency, local };
    let assumed = words.assumed(id)?;
    words.end()?;
    Ok(Assumption { text: text.to_owned(), assumed })
}

struct Words<'a> {
    left: Peekable<SplitWhitespace<'a>>,
    currency: &'a Currency,
    local: &'a LocalTime,
}

impl<'a> Words<'a> {
    fn assumed(&mut self, id: &str) -> Result<Assumed, String> {
        let id = || id.to_owned();
        let body = match self.one_of(&["payment", "promise", "invoice", "dispute", "contact", "nothing"])? {
            "payment" => {
                let amount_minor = self.amount()?;
                let names = self.after("for", "the id of an invoice")?.map(Named::whole).into_iter().collect();
                Body::Received { payment_id: id(), amount_minor, names, method: None }
            }
            "promise" => {
                let amount_minor = self.amount()?;
                Body::Made { promise_id: id(), amount_minor, due_date: self.due()?, plan_id: None }
            }
            "invoice" => {
                let amount_minor = self.amount()?;
                Body::Issued { invoice_id: id(), amount_minor, due_date: self.due()?, debt_type: None, discount: None }
            }
            "dispute" => self.dispute(id())?,
            "contact" => self.contact(id())?,
            _ => return self.silence(),
        };
        Ok(Assumed::Event(body, self.when()?))
    }

    fn silence(&mut self) -> Result<Assumed, String> {
        self.one_of(&["until"])?;
        let (day, time) = self.day_and_time()?;
        Ok(Assumed::Silence(self.local.instant(day.to_datetime(time.unwrap_or_else(Time::midnight)))))
    }

    fn dispute(&mut self, id: String) -> Result<Body, String> {
        if self.one_of(&["opened", "resolved"])? == "resolved" {
            let dispute_id = self.word("the id of a dispute")?.to_owned();
            let upheld = self.left.next_if(|word| ["upheld", "rejected"].contains(word)).map(|word| word == "upheld");
            return Ok(Body::Resolved { dispute_id, upheld });
        }
        let whole = self.left.peek().is_none_or(|word| ["of", "on"].contains(word));
        let amount_minor = if whole { None } else { Some(self.amount()?) };
        let invoice_id = self.after("of", "the id of an invoice")?;
        Ok(Body::Opened { dispute_id: id, invoice_id, amount_minor })
    }

    fn contact(&mut self, contact_id: String) -> Result<Body, String> {
        let direction = match self.one_of(&["outbound", "inbound"])? {
            "outbound" => Direction::Outbound,
            _ => Direction::Inbound,
        };
        let channel = self.named(Channel::ALL, Channel::word)?;
        let outcome = self.named(Outcome::ALL, Outcome::word)?;
        Ok(Body::Contact { contact_id, direction, channel, outcome, machine: false })
    }

    fn when(&mut self) -> Result<When, String> {
        if self.left.next_if_eq(&"on").is_none() {
            return Ok(When::Now);
        }
        let (day, time) = self.day_and_time()?;
        Ok(time.map_or(When::Day(day), |time| When::At(self.local.instant(DateTime::from_parts(day, time)))))
    }

    fn due(&mut self) -> Result<Date, String> {
        self.one_of(&["due"])?;
        self.date()
    }

    fn day_and_time(&mut self) -> Result<(Day, Option<Time>), String> {
        let day = self.date()?.civil();
        let Some(word) = self.left.next() else { return Ok((day, None)) };
        let shaped = word.len() == 5 && word.as_bytes()[2] == b':';
        let time = shaped.then(|| word.parse::<Time>().ok()).flatten();
        let time = time.ok_or_else(|| format!("expected a time such as 09:30 or the end, found `{word}`"))?;
        Ok((day, Some(time)))
    }

    fn date(&mut self) -> Result<Date, String> {
        self.word("a date such as 2026-05-02")?.parse()
    }

    fn amount(&mut self) -> Result<i64, String> {
        let (code, such) = (&self.currency.code, self.currency.format(12_000));
        let decimals = self.currency.decimals;
        let expected = format!("an amount in {code} above zero, of at most {decimals} decimals, such as {such}");
        let word = self.word(&expected)?;
        let amount = self.currency.parse(word).filter(|minor| *minor > 0);
        amount.ok_or_else(|| format!("expected {expected}, found `{word}`"))
    }

    /// The word after `word`, if `word` comes next.
    fn after(&mut self, word: &str, expected: &str) -> Result<Option<String>, String> {
        match self.left.next_if_eq(&word) {
            Some(_) => self.word(expected).map(|word| Some(word.to_owned())),
            None => Ok(None),
        }
    }

    fn one_of<'w>(&mut self, words: &[&'w str]) -> Result<&'w str, String> {
        let expected = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        let found = self.word(&expected)?;
        let known = words.iter().find(|word| **word == found);
        known.copied().ok_or_else(|| format!("expected {expected}, found `{found}`"))
    }

    /// A word of the events, in any case.
    fn named<T: Copy>(&mut self, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
        let names = all.iter().map(|one| name(*one).to_lowercase()).collect::<Vec<_>>().join(" or ");
        let found = self.word(&names)?;
        let known = all.iter().find(|one| name(**one).eq_ignore_ascii_case(found));
        known.copied().ok_or_else(|| format!("expected {names}, found `{found}`"))
    }

    fn word(&mut self, expected: &str) -> Result<&'a str, String> {
        self.left.next().ok_or_else(|| format!("expected {expected}, found the end"))
    }

    fn end(&mut self) -> Result<(), String> {
        let left = self.left.next();
        left.map_or(Ok(()), |word| Err(format!("expected `on` and a date, or the end, found `{word}`")))
    }
}

#[cfg(test)]
mod tests;
