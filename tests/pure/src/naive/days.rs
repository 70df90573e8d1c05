//! Days of the calendar that rules ask for: business days, and yearly days.

use segflow_core::segmentation::Parameters;
use segflow_core::time::Date;

/// Whether banks work.
pub fn is_business_day(day: Date, parameters: &Parameters) -> bool {
    day.weekday() <= 5 && !parameters.holidays.contains(&day)
}

/// Day by day, to the next one that has the month and the day of the date. Where 29 February is missing, it is the 28th.
pub fn days_to_the_yearly_day(date: Date, today: Date) -> i64 {
    let (month, day) = (date.civil().month(), date.civil().day());
    let is_leap_day = (month, day) == (2, 29);
    let is_it = |other: Date| {
        let last_of_february = other.civil().month() == 2 && other.plus_days(1).civil().month() == 3;
        (is_leap_day && last_of_february) || (other.civil().month(), other.civil().day()) == (month, day)
    };
    (0..).find(|days| is_it(today.plus_days(*days))).map_or(0, i64::from)
}
