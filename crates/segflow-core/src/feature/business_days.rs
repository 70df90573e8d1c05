//! Business days: Monday to Friday, but for the holidays that a segmentation lists.

use super::context::Parameters;
use crate::time::Date;

impl Parameters {
    /// Whether a day is a business day.
    #[must_use]
    pub fn is_business_day(&self, date: Date) -> bool {
        date.weekday() <= 5 && self.holidays.binary_search(&date).is_err()
    }

    /// The day itself if it is a business day, else the next one that is.
    #[must_use]
    pub fn business_day_from(&self, date: Date) -> Date {
        let mut date = date;
        while !self.is_business_day(date) {
            date = date.plus_days(1);
        }
        date
    }

    /// The day so many business days after another.
    #[must_use]
    pub fn business_days_after(&self, date: Date, days: u32) -> Date {
        (0..days).fold(date, |date, _| self.business_day_from(date.plus_days(1)))
    }
}
