//! Features of the customer and of the calendar.

use super::fact_index::attributes::PROFILES;
use super::reading::{Moment, Reading};
use super::row::{AttributeIndex, CustomerSince, Reads, features};
use super::view::View;
use crate::event::Families;
use crate::time::Date;
use crate::timed::Timed;

/// Where no attribute says since when, the first fact of all does.
const SINCE: Reads = Reads { families: Families::ALL, customer_since: CustomerSince::Told };

features! {
    /// A feature of the customer or of the calendar.
    CustomerFeature

    /// Days since the customer came.
    Days = "customer.days", Plain, Int, SINCE;
    /// Days since the date that an attribute holds.
    DaysSince(attribute: AttributeIndex) = "days_since", Date, Int, Reads::of(PROFILES);
    /// Days until the date that an attribute holds.
    DaysUntil(attribute: AttributeIndex) = "days_until", Date, Int, Reads::of(PROFILES);
    /// Days until the next yearly day of the date that an attribute holds.
    DaysUntilAnniversary(attribute: AttributeIndex) = "days_until_anniversary", Date, Int, Reads::of(PROFILES);
    /// Whether today is a business day.
    TodayBusiness = "today.business", Plain, Bool, Reads::NOTHING;
    /// The local month, 1 to 12.
    TodayMonth = "today.month", Plain, Int, Reads::NOTHING;
    /// The local day of the month, 1 to 31.
    TodayDay = "today.day", Plain, Int, Reads::NOTHING;
    /// The local day of the week; Monday is 1.
    TodayWeekday = "today.weekday", Plain, Int, Reads::NOTHING;
}

impl CustomerFeature {
    /// Its value at a moment, and until when that stands.
    #[must_use]
    pub fn read(&self, view: &View<'_>, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let today = |part: i8| Timed::until(Reading::Int(i64::from(part)), moment.next_midnight());
        match self {
            Self::Days => Timed::always(days(view)),
            Self::DaysSince(attribute) => Timed::always(dated(view, *attribute, Reading::Since)),
            Self::DaysUntil(attribute) => Timed::always(dated(view, *attribute, Reading::Until)),
            Self::DaysUntilAnniversary(attribute) => days_until_anniversary(view, *attribute, moment),
            Self::TodayBusiness => view.parameters().business_today(moment),
            Self::TodayMonth => today(moment.today.civil().month()),
            Self::TodayDay => today(moment.today.civil().day()),
            Self::TodayWeekday => today(moment.today.weekday()),
        }
    }
}

fn days(view: &View<'_>) -> Reading<'static> {
    let first = || view.first_fact_at().map(|at| view.zone().date_of(at));
    view.customer_since().or_else(first).map_or(Reading::Absent, Reading::Since)
}

fn days_until_anniversary(view: &View<'_>, attribute: AttributeIndex, moment: Moment<'_>) -> Timed<Reading<'static>> {
    let Reading::Date(date) = view.attribute(attribute) else {
        return Timed::always(Reading::Absent);
    };
    let next = anniversary(date, moment.today);
    Timed::until(Reading::Until(next), moment.zone.midnight(next.plus_days(1)))
}

/// The first yearly day of a date that is not before today. That of 29 February is the 28th in other years.
fn anniversary(date: Date, today: Date) -> Date {
    let (month, day) = (date.civil().month(), date.civil().day());
    let in_year = |year: i16| {
        Date::new(year, month, day).or_else(|| Date::new(year, month, day - 1)).expect("28 February is in every year")
    };
    let this = in_year(today.civil().year());
    if this >= today { this } else { in_year(today.civil().year() + 1) }
}

fn dated(view: &View<'_>, attribute: AttributeIndex, count: fn(Date) -> Reading<'static>) -> Reading<'static> {
    match view.attribute(attribute) {
        Reading::Date(date) => count(date),
        _ => Reading::Absent,
    }
}
