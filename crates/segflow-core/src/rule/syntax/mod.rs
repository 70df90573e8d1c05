//! The syntax of rules, a subset of CEL's: text becomes tokens, and tokens become trees. Names and types are not known
//! here.

pub(crate) mod decimal;
pub(crate) mod expr;
pub(crate) mod infix;
pub(crate) mod lexer;
pub(crate) mod parser;
