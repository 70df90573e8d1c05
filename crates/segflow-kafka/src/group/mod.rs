//! The group: which tasks this member owns, under which generation, and tasks that nobody owns.

pub(crate) mod generation;
pub(crate) mod orphans;
pub(crate) mod ownership;
