//! Values of declared attributes that were folded in and cannot be read as their types. No rule ever tells of them: who
//! runs an epoch must.

use std::fmt;

use segflow_core::event::{Attribute, CustomerId};
use segflow_core::value_type::ValueType;

/// A value that cannot be read as the type that its attribute is declared with.
#[derive(Clone, PartialEq, Debug)]
pub struct Unreadable {
    /// The attribute's name.
    pub attribute: String,
    /// The type that the rules in force declare.
    pub expected: ValueType,
    /// The value as it was sent; none of an attribute named in `sensitive`, whose values appear in no text.
    pub found: Option<Attribute>,
    /// The customer.
    pub customer: CustomerId,
    /// The offset of the record in the topic of profiles.
    pub offset: u64,
}

/// `expected bool, found "J"`
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found ", self.expected.word())?;
        match &self.found {
            None => f.write_str("another value (sensitive)"),
            Some(Attribute::Null) => f.write_str("null"),
            Some(Attribute::Text(text)) => write!(f, "{text:?}"),
            Some(Attribute::Long(long)) => write!(f, "{long}"),
            Some(Attribute::Double(decimal)) => f.write_str(decimal),
            Some(Attribute::Bool(value)) => write!(f, "{value}"),
        }
    }
}
