//! Rules checked against the catalogue and the segmentation's own declarations: trees become typed nodes over slots.

mod arguments;
mod check;
mod literal;
mod operands;
mod resolve;
pub(crate) mod scope;
