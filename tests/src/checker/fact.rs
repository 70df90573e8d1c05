//! Records of inputs: what they say, as far as the segmentation asks.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;

use super::calendar;

/// A record that can be used.
pub struct Input {
    /// The id of its customer.
    pub customer: String,
    /// The fact that it states.
    pub fact: Fact,
}

/// A fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    pub event_id: Box<str>,
    /// In milliseconds.
    pub occurred_at: i64,
    /// The timestamp of its record.
    pub recorded_at: i64,
    pub body: Body,
}

/// The fields of each kind. An invoice is named by a hash of its id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    Issued { invoice: u64, amount: i64, due: i32 },
    Received { invoice: u64, amount: i64 },
    Outbound,
    Made { amount: i64, due: i32 },
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    customer_id: Cow<'a, str>,
    occurred_at: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    invoice_id: Option<Cow<'a, str>>,
    amount_minor: Option<i64>,
    due_date: Option<Cow<'a, str>>,
}

impl Input {
    /// Reads a record; none if the record must become a dead letter.
    pub fn parse(value: Option<&[u8]>, recorded_at: i64) -> Option<Self> {
        let fields: Fields<'_> = serde_json::from_slice(value?).ok()?;
        let invoice = || fields.invoice_id.as_deref().map(hash);
        let due = || fields.due_date.as_deref().and_then(|date| date.parse().ok()).map(calendar::number);
        let body = match &*fields.kind {
            "ISSUED" => Body::Issued { invoice: invoice()?, amount: fields.amount_minor?, due: due()? },
            "RECEIVED" => Body::Received { invoice: invoice()?, amount: fields.amount_minor? },
            "OUTBOUND" => Body::Outbound,
            "MADE" => Body::Made { amount: fields.amount_minor?, due: due()? },
            _ => return None,
        };
        let (event_id, occurred_at) = (fields.event_id.into(), fields.occurred_at);
        Some(Self {
            customer: fields.customer_id.into_owned(),
            fact: Fact { event_id, occurred_at, recorded_at, body },
        })
    }
}

/// A short stand-in for a text.
pub fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
