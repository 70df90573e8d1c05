//! A task's clock: on disk as part of how far a shadow has come.

use expect_test::expect;
use segflow_core::clock::{Clock, Cursor};
use segflow_core::event::CustomerId;
use segflow_core::time::Timestamp;

use crate::check;

#[test]
fn cursors_keep_their_bytes() {
    let customer = CustomerId::new("C");
    check(
        [
            ("before", Cursor { instant: Timestamp(3), customer: None }),
            ("within", Cursor { instant: Timestamp(3), customer }),
        ],
        &expect![[r#"
            before: 0600
            within: 06010143
        "#]],
    );
}

#[test]
fn clocks_keep_their_bytes() {
    let cursor = Cursor { instant: Timestamp(3), customer: None };
    check(
        [("clock", Clock { facts: Timestamp(1), silence: Timestamp(2), cursor })],
        &expect![[r#"
        clock: 02040600
    "#]],
    );
}
