//! The syntax of rules, a subset of CEL's: text becomes tokens, and tokens become trees. Names and types are not known
//! here. The expressions of mappings (`segflow-mapping`) have the same syntax.

pub(crate) mod decimal;
mod dialect;
pub mod expr;
pub(crate) mod infix;
pub mod lexer;
pub mod parser;

pub use dialect::Dialect;
