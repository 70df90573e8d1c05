//! Days, and the instants at which memberships are compared: the first of each month, or each Monday.

use segflow_core::time::{Date, Timestamp, Zone};

use crate::period::Period;

/// How far two comparisons of memberships lie apart.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CalendarStep {
    /// From the first of a month to the first of the next.
    #[default]
    Month,
    /// From a Monday to the next: in periods of less than two months.
    Week,
}

/// The days of a period that is open at neither end, and shorter, are compared by the week.
const MONTHLY_FROM_DAYS: i64 = 62;

impl CalendarStep {
    /// The one that suits a period.
    #[must_use]
    pub fn of(period: &Period, zone: &Zone) -> Self {
        let days = |(from, to)| zone.date_of(to).days_since(zone.date_of(from));
        let short = period.from.zip(period.to).is_some_and(|period| days(period) < MONTHLY_FROM_DAYS);
        if short { Self::Week } else { Self::Month }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
        }
    }

    /// The first comparison at or after an instant.
    #[must_use]
    pub fn at_or_after(self, at: Timestamp, zone: &Zone) -> Timestamp {
        let mut day = zone.date_of(at);
        while !self.begins(day) || zone.midnight(day) < at {
            day = day.plus_days(1);
        }
        zone.midnight(day)
    }

    fn begins(self, day: Date) -> bool {
        match self {
            Self::Month => day.civil().day() == 1,
            Self::Week => day.weekday() == 1,
        }
    }
}
