//! The other side of a difference: the changes of an epoch as subscribers were told them, and a customer's records.

use std::collections::{BTreeMap, VecDeque};
use std::task::Poll;

use anyhow::Result;
use segflow_core::change::Change;
use segflow_core::digest::Digest;
use segflow_core::event::{CustomerId, Family};
use segflow_core::journal::Record as Journal;
use segflow_runtime::log::{Past, Sink, TaskId};

use super::Auditor;

/// The offsets of a customer's records, by input.
pub type Theirs = BTreeMap<Family, Vec<u64>>;

/// Consecutive items whose digests add up to one that is looked for, of a given number. Holds no more than these.
struct Window<T> {
    digest: Digest,
    length: usize,
    /// What is held, each with the sum over all that came before it.
    held: VecDeque<(Digest, T)>,
    sum: Digest,
}

impl<T> Window<T> {
    fn new(digest: Digest, length: usize) -> Self {
        Self { digest, length, held: VecDeque::new(), sum: Digest::default() }
    }

    /// Takes the next item; returns whether those held are what is looked for.
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
    /// The changes of an epoch as they were written: those in a row that add up to the digest of the journal. None if they
    /// are gone, or are not what was decided.
    pub fn told(&mut self, task: TaskId, record: &Journal) -> Result<Option<Vec<Change>>> {
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
                    // What cannot be read belongs to no row.
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

    /// The offsets of everything that the inputs have of a customer, by topic, before the positions of an epoch.
    pub fn records_of(&mut self, task: TaskId, customer: &CustomerId, record: &Journal) -> Result<Theirs> {
        let mut found = Theirs::new();
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
    fn what_adds_up_is_found_wherever_it_stands() {
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
