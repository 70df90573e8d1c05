//! What the properties share: random cases, and a naive evaluation of them.

pub mod arbitrary;
pub mod naive;
