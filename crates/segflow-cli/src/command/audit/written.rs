//! What the topics hold of an epoch: its changes as subscribers were told them, and the records of a customer.

use std::collections::VecDeque;
use std::task::Poll;

use anyhow::Result;
use segflow_core::change::Change;
use segflow_core::digest::Digest;
use segflow_core::event::CustomerId;
use segflow_core::journal::JournalRecord;
use segflow_explain::difference::RecordOffsets;
use segflow_runtime::log::{Past, Sink, TaskId};

use super::Auditor;

/// Looks for a given number of consecutive items whose digests add up to a given one. It holds no more items than these.
struct Window<T> {
    digest: Digest,
    length: usize,
    /// The items held, each with the sum of all items before it.
    held: VecDeque<(Digest, T)>,
    sum: Digest,
}

impl<T> Window<T> {
    fn new(digest: Digest, length: usize) -> Self {
        Self { digest, length, held: VecDeque::new(), sum: Digest::default() }
    }

    /// Takes the next item; returns whether the items held are the ones looked for.
    fn take(&mut self, digest: Digest, item: T) -> bool {
        self.held.push_back((self.sum, item));
        self.sum.merge(digest);
        if self.held.len() > self.length {
            self.held.pop_front();
        }
        let mut expected = self.held.front().map_or(self.sum, |(before, _)| *before);
        expected.merge(self.digest);
        self.held.len() == self.length && expected == self.sum
    }
}

impl Auditor {
    /// The changes of an epoch as they were written: consecutive ones whose digests add up to that of the journal. None if
    /// they are gone, or if others were written than the journal says.
    pub fn told(&mut self, task: TaskId, record: &JournalRecord) -> Result<Option<Vec<Change>>> {
        let length = usize::try_from(record.counts.changes).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok((record.digest == Digest::default()).then(Vec::new));
        }
        let Some(form) = self.runtime.release.form(record.digest_form) else { return Ok(None) };
        let mut window = Window::new(record.digest, length);
        let encoding = self.runtime.outputs.changes;
        let (mut next, end) = self.asked(|_, past| Ok(Poll::Ready(past.written_within(Sink::Changes, task)?)))?;
        while next < end {
            let (values, reached) = self.asked(|_, past| {
                let (values, reached) = past.written(Sink::Changes, task, next, end)?;
                Ok(if reached > next { Poll::Ready((values, reached)) } else { Poll::Pending })
            })?;
            next = reached;
            for value in values {
                let Ok(change) = segflow_wire::change::decode(&value, encoding) else {
                    // A value that cannot be read interrupts the row.
                    window = Window::new(record.digest, length);
                    continue;
                };
                let digest = Digest::of(form, [&change.core]);
                if window.take(digest, change) {
                    return Ok(Some(window.held.into_iter().map(|(_, change)| change).collect()));
                }
            }
        }
        Ok(None)
    }

    /// The offsets of every record that the inputs hold of a customer, up to the positions of an epoch.
    pub fn records_of(&mut self, task: TaskId, customer: &CustomerId, record: &JournalRecord) -> Result<RecordOffsets> {
        let mut found = RecordOffsets::new();
        let first = self.asked(|_, past| Ok(Poll::Ready(past.first(task)?)))?;
        for (family, mut next) in first {
            let end = record.inputs.get(&family).map_or(0, |input| input.offset);
            while next < end {
                let slice = self.asked(|_, past| {
                    let slice = past.slice(task, family, next, end)?;
                    Ok(if slice.next > next { Poll::Ready(slice) } else { Poll::Pending })
                })?;
                next = slice.next;
                let theirs =
                    slice.records.iter().filter(|read| read.key.as_deref() == Some(customer.as_str().as_bytes()));
                found.entry(family).or_default().extend(theirs.map(|read| read.offset));
            }
        }
        found.retain(|_, offsets| !offsets.is_empty());
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: u64) -> Digest {
        format!("{number:064x}").parse().unwrap()
    }

    #[test]
    fn items_that_add_up_are_found_at_every_place_and_length() {
        let items = [5, 3, 9, 1, 4];
        for length in 1..=items.len() {
            for (place, looked_for) in items.windows(length).enumerate() {
                let mut window = Window::new(digest(looked_for.iter().sum()), length);
                let ends = items.iter().position(|item| window.take(digest(*item), *item));
                assert_eq!(ends, Some(place + length - 1), "{looked_for:?}");
                assert_eq!(window.held.iter().map(|(_, item)| *item).collect::<Vec<_>>(), looked_for);
            }
        }
        let mut window = Window::new(digest(7), 2);
        assert!(!items.iter().any(|item| window.take(digest(*item), *item)), "no two in a row add up to it");
    }
}
