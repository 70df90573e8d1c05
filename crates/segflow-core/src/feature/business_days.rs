//! Business days: Monday to Friday, without the holidays of the parameters.

use super::context::Parameters;
use super::reading::{Moment, Reading, count};
use crate::time::Date;
use crate::timed::Timed;

impl Parameters {
    /// Whether a day is a business day.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        is_weekday(date) && self.holidays.binary_search(&date).is_err()
    }

    /// The first business day after a day.
    #[must_use]
    pub fn business_day_after(&self, date: Date) -> Date {
        self.next_day(date, |day| self.is_business_day(day))
    }

    /// The day itself if it is a business day, else the next one that is.
    #[must_use]
    pub fn business_day_from(&self, date: Date) -> Date {
        self.business_day_after(date.plus_days(-1))
    }

    /// The day so many business days after another.
    #[must_use]
    pub fn business_days_after(&self, date: Date, days: u32) -> Date {
        (0..days).fold(date, |date, _| self.business_day_after(date))
    }

    /// How many of the days after `from`, up to and including `to`, are business days; 0 if `to` is not later.
    #[must_use]
    pub fn business_days(&self, from: Date, to: Date) -> i64 {
        if to <= from {
            return 0;
        }
        let holidays = &self.holidays;
        let (first, last) = (holidays.partition_point(|day| *day <= from), holidays.partition_point(|day| *day <= to));
        let lost = holidays[first..last].iter().filter(|day| is_weekday(**day)).count();
        weekdays(to) - weekdays(from) - count(lost)
    }

    /// `overdue.business_days`, where what is overdue has been so since the day after a due date.
    #[must_use]
    pub fn business_days_past_due(&self, due: Date, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let next = self.business_day_after(due.max(moment.today));
        Timed::until(Reading::Int(self.business_days(due, moment.today)), moment.zone.midnight(next))
    }

    /// `today.business`
    #[must_use]
    pub fn business_today(&self, moment: Moment<'_>) -> Timed<Reading<'static>> {
        let today = self.is_business_day(moment.today);
        let other = self.next_day(moment.today, |day| self.is_business_day(day) != today);
        Timed::until(Reading::Bool(today), moment.zone.midnight(other))
    }

    /// The first day after a day for which something is true, which is so within a week and the holidays.
    fn next_day(&self, date: Date, wanted: impl Fn(Date) -> bool) -> Date {
        let mut day = date.plus_days(1);
        while !wanted(day) {
            day = day.plus_days(1);
        }
        day
    }
}

fn is_weekday(date: Date) -> bool {
    date.weekday() <= 5
}

/// How many weekdays there are from Monday, 29 December 1969, up to and including a day.
fn weekdays(date: Date) -> i64 {
    let days = i64::from(date.0) + 3;
    days.div_euclid(7) * 5 + (days.rem_euclid(7) + 1).min(5)
}
