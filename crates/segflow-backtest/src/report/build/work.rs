//! The figures of the work that treatments imply.

use super::Capacity;
use super::days::Days;
use crate::observe::sums::number_of;
use crate::observe::work::{Words, Work};
use crate::report::figures::WorkFigures;
use crate::report::stats::number;

/// The figures of each value of each key, in order.
pub fn figures(words: &Words, work: &Work, days: &Days, capacity: &Capacity) -> Vec<WorkFigures> {
    let mut figures = Vec::new();
    for (key, (key_name, values)) in words.0.iter().enumerate() {
        for (value, value_name) in values.iter().enumerate() {
            let (key, value) = (number_of(key), number_of(value));
            let starts = days.each(|day| work.starts.get(&(key, value, day)).copied().unwrap_or(0));
            let initial = work.initial.get(&(key, value)).copied().unwrap_or(0);
            let grown = |day| work.grown.get(&(key, value, day)).copied().unwrap_or(0);
            let capacity = capacity.get(&(key_name.clone(), value_name.clone())).copied();
            let queue = capacity.map_or(Queue::default(), |capacity| Queue::new(&starts, capacity));
            let total = starts.iter().sum();
            figures.push(WorkFigures {
                key: key_name.clone(),
                value: value_name.clone(),
                total,
                mean: number(total) / number(days.count as u64),
                peak: starts.iter().copied().max().unwrap_or(0),
                caseload: days.accumulated(initial, grown),
                starts,
                capacity,
                days_over: queue.days_over,
                queue_peak: queue.peak,
                queue_end: queue.end,
            });
        }
    }
    figures
}

/// The queue that forms if the starts beyond a capacity wait for the days after.
#[derive(Default)]
struct Queue {
    days_over: u64,
    peak: u64,
    end: u64,
}

impl Queue {
    fn new(starts: &[u64], capacity: u64) -> Self {
        let mut queue = Self::default();
        for started in starts {
            queue.days_over += u64::from(*started > capacity);
            queue.end = (queue.end + started).saturating_sub(capacity);
            queue.peak = queue.peak.max(queue.end);
        }
        queue
    }
}

/// How many customers begin to be treated by each channel with each handler.
pub fn channel_by_handler(words: &Words, work: &Work) -> Vec<(String, String, u64)> {
    let values = |name: &str| words.0.iter().find(|(key, _)| key == name).map(|(_, values)| values.as_slice());
    let (channels, handlers) = (values("channel").unwrap_or_default(), values("handler").unwrap_or_default());
    let word =
        |values: &[String], place: u16| values.get(usize::from(place)).cloned().unwrap_or_else(|| "none".to_owned());
    let named =
        |((channel, handler), count): (&(u16, u16), &u64)| (word(channels, *channel), word(handlers, *handler), *count);
    work.pairs.iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_beyond_the_capacity_wait_for_the_days_after() {
        let Queue { days_over, peak, end } = Queue::new(&[5, 12, 11, 2, 10], 10);
        assert_eq!((days_over, peak, end), (2, 3, 0));
    }
}
