//! Values kept in memory by customer, within a number of bytes that all caches of a process share.

use std::collections::HashMap;
use std::mem::take;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use segflow_core::event::CustomerId;

/// The memory that all caches of a process share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CacheMemory {
    bytes: usize,
    caches: Arc<AtomicUsize>,
}

impl CacheMemory {
    /// So many bytes, of which no cache has any yet.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { bytes, caches: Arc::default() }
    }

    /// What each cache may take. The shares shrink as the process is given more tasks.
    fn share(&self) -> usize {
        self.bytes / self.caches.load(Ordering::Relaxed).max(1)
    }
}

/// A value that knows about how many bytes it takes in memory.
pub(super) trait Weighed {
    fn bytes(&self) -> usize;
}

/// Two generations of values: once the young one takes half of the share, it becomes the old one, whose values are dropped.
pub(super) struct Cache<V> {
    memory: CacheMemory,
    young: Generation<V>,
    old: Generation<V>,
}

struct Generation<V> {
    /// The hashes are seeded: nobody can choose ids that all have one.
    values: HashMap<CustomerId, Box<V>, foldhash::fast::RandomState>,
    bytes: usize,
}

impl<V> Default for Generation<V> {
    fn default() -> Self {
        Self { values: HashMap::default(), bytes: 0 }
    }
}

impl<V: Weighed> Generation<V> {
    fn insert(&mut self, customer: CustomerId, value: Box<V>) {
        self.bytes += value.bytes();
        self.values.insert(customer, value);
    }

    fn remove(&mut self, customer: &CustomerId) -> Option<Box<V>> {
        let value = self.values.remove(customer)?;
        self.bytes -= value.bytes();
        Some(value)
    }
}

impl<V: Weighed> Cache<V> {
    /// An empty one, which has its share of the memory until it is dropped.
    pub(super) fn new(memory: &CacheMemory) -> Self {
        memory.caches.fetch_add(1, Ordering::Relaxed);
        Self { memory: memory.clone(), young: Generation::default(), old: Generation::default() }
    }

    /// Keeps the value of a customer who has none here. It is young until another one is inserted, or longer.
    pub(super) fn insert(&mut self, customer: CustomerId, value: Box<V>) {
        self.trim();
        self.young.insert(customer, value);
    }

    /// Keeps to its share, which is smaller than it was if there are more caches now. To be called from time to time: a task
    /// that does nothing inserts nothing.
    pub(super) fn trim(&mut self) {
        let share = self.memory.share();
        if self.young.bytes >= (share / 2).max(1) {
            self.old = take(&mut self.young);
        }
        if self.young.bytes + self.old.bytes > share {
            self.old = Generation::default();
        }
    }

    /// Forgets every value.
    pub(super) fn clear(&mut self) {
        (self.young, self.old) = (Generation::default(), Generation::default());
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, customer: &CustomerId) -> Option<Box<V>> {
        self.young.remove(customer).or_else(|| self.old.remove(customer))
    }

    /// A value that was used of late.
    pub(super) fn young(&self, customer: &CustomerId) -> Option<&V> {
        self.young.values.get(customer).map(|value| &**value)
    }
}

impl<V> Drop for Cache<V> {
    fn drop(&mut self) {
        self.memory.caches.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(usize);

    impl Weighed for Bytes {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    fn id(number: usize) -> CustomerId {
        CustomerId::new(format!("c{number}")).unwrap()
    }

    fn held(cache: &Cache<Bytes>) -> usize {
        [&cache.young, &cache.old].iter().flat_map(|values| values.values.values()).map(|value| value.0).sum()
    }

    #[test]
    fn caches_keep_to_the_memory_that_they_share_and_a_later_one_takes_its_share_of_the_others() {
        let memory = CacheMemory::new(1_000);
        let mut first = Cache::new(&memory);
        (0..500).for_each(|number| first.insert(id(number), Box::new(Bytes(10))));
        let alone = held(&first);
        assert!((500..=1_010).contains(&alone), "{alone}");

        let mut second = Cache::new(&memory);
        (0..500).for_each(|number| second.insert(id(number), Box::new(Bytes(10))));
        first.insert(id(500), Box::new(Bytes(10)));
        let (one, other) = (held(&first), held(&second));
        assert!((250..=510).contains(&other), "{other}");
        assert!(one <= 510, "{one}");

        drop(second);
        (600..1_000).for_each(|number| first.insert(id(number), Box::new(Bytes(10))));
        assert!((500..=1_010).contains(&held(&first)));
    }

    #[test]
    fn caches_that_stand_still_keep_to_shares_that_shrink() {
        let memory = CacheMemory::new(12_000);
        let mut caches: Vec<Cache<Bytes>> = Vec::new();
        for cache in 0..12 {
            caches.push(Cache::new(&memory));
            (0..3_000).for_each(|number| caches[cache].insert(id(number), Box::new(Bytes(10))));
        }
        assert!(caches.iter().map(held).sum::<usize>() > 12_000, "each had its share of fewer");
        caches.iter_mut().for_each(Cache::trim);
        assert!(caches.iter().map(held).sum::<usize>() <= 12_000);
        caches[11].clear();
        assert_eq!(held(&caches[11]), 0);
    }

    #[test]
    fn the_value_last_inserted_is_there_however_little_memory_there_is_and_what_is_taken_out_weighs_nothing() {
        let mut cache = Cache::new(&CacheMemory::new(0));
        for number in 0..10 {
            cache.insert(id(number), Box::new(Bytes(100)));
            assert_eq!(cache.young(&id(number)).map(|value| value.0), Some(100));
        }
        while let Some(customer) = cache.young.values.keys().chain(cache.old.values.keys()).next().cloned() {
            cache.remove(&customer).unwrap();
        }
        assert_eq!((cache.young.bytes, cache.old.bytes), (0, 0));
    }
}
