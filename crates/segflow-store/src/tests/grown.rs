//! A value that grows reads as if it had been written whole, however RocksDB holds its parts.

use super::shared;
use crate::grown::{encode, parts};
use crate::{Batch, Store, StoreError};

fn write(store: &Store, write: impl FnOnce(&mut Batch<'_>)) {
    let mut batch = Batch::new(store);
    write(&mut batch);
    store.write(&batch.encode()).unwrap();
}

/// The mark, the head and the tail of a customer's value.
fn read(store: &Store, id: &[u8]) -> (u8, String, String) {
    let bytes = store.customer(id).unwrap().unwrap();
    let (head, tail) = parts(&bytes).unwrap();
    (bytes[0], String::from_utf8(head.to_vec()).unwrap(), String::from_utf8(tail.to_vec()).unwrap())
}

fn expected(mark: u8, head: &str, tail: &str) -> (u8, String, String) {
    (mark, head.to_owned(), tail.to_owned())
}

#[test]
fn the_last_head_counts_and_tails_follow_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(directory.path(), &shared()).unwrap();
    write(&store, |batch| batch.put_customer(b"c1", &encode(5, b"one", &[b"a", b"b"])));
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(5, b"two", &[b"c"])));
    assert_eq!(read(&store, b"c1"), expected(5, "two", "abc"));
    // The value in a table, one addition in another, and one in the log.
    store.database.flush_cf(store.customers()).unwrap();
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(5, b"3", &[])));
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(6, b"four", &[b"d", b"", b"e"])));
    store.database.flush_cf(store.customers()).unwrap();
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(6, b"", &[b"f"])));
    assert_eq!(read(&store, b"c1"), expected(6, "", "abcdef"));
    drop(store);
    store = Store::open(directory.path(), &shared()).unwrap();
    assert_eq!(read(&store, b"c1"), expected(6, "", "abcdef"));
    store.compact().unwrap();
    assert_eq!(read(&store, b"c1"), expected(6, "", "abcdef"));
    let rows = store.customers_all().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(rows, [(b"c1".to_vec(), encode(6, b"", &[b"abcdef"]))]);
}

#[test]
fn a_value_that_is_put_again_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    write(&store, |batch| batch.put_customer(b"c1", &encode(5, b"one", &[b"a"])));
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(5, b"two", &[b"b"])));
    write(&store, |batch| batch.put_customer(b"c1", &encode(5, b"three", &[b"c"])));
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(5, b"four", &[b"d"])));
    assert_eq!(read(&store, b"c1"), expected(5, "four", "cd"));
    write(&store, |batch| batch.delete_customer(b"c1"));
    assert_eq!(store.customer(b"c1").unwrap(), None);
}

/// Bytes that are no value of this form are damage, and nothing is made up for them.
#[test]
fn an_addition_to_something_else_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &shared()).unwrap();
    write(&store, |batch| batch.put_customer(b"c1", b"old"));
    write(&store, |batch| batch.add_to_customer(b"c1", &encode(5, b"one", &[b"a"])));
    assert!(matches!(store.customer(b"c1"), Err(StoreError::Damaged { .. })), "{:?}", store.customer(b"c1"));
    assert_eq!(parts(b"\x05\x09\0\0\0short"), None);
    assert_eq!(parts(b""), None);
}
