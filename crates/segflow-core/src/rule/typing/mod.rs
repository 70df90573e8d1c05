//! Rules checked against the catalogue and the segmentation's own declarations: trees become typed nodes over slots.

mod arguments;
mod check;
mod debt_types;
mod literal;
mod operands;
mod resolve;
pub(crate) mod scope;
mod windows;
