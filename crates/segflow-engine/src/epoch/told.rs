//! What becomes of an epoch's changes as they are decided.

use segflow_core::change::Decided;
use segflow_core::digest::Sum;
use segflow_core::time::Timestamp;

/// To whom changes are told. Those of one customer come in the order of (`effective_at`, dimension); the customers come in no
/// order, and some of them twice.
pub trait Told {
    /// Tells a change, which an epoch decided whose `F` is `decided_at`.
    fn tell(&mut self, decided_at: Timestamp, change: Decided);

    /// There are no more.
    fn end(&mut self) {}
}

/// All changes, in order of (customer, `effective_at`, dimension).
impl Told for Vec<Decided> {
    fn tell(&mut self, _: Timestamp, change: Decided) {
        self.push(change);
    }

    fn end(&mut self) {
        // A customer who was looked at twice keeps the order of the looks.
        self.sort_by(|a, b| a.core.customer_id.cmp(&b.core.customer_id));
    }
}

/// The digest of the changes alone.
impl Told for Sum<'_> {
    fn tell(&mut self, _: Timestamp, change: Decided) {
        self.add(&change.core);
    }
}
