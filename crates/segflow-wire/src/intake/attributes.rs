//! The attributes of a profile.

use std::collections::BTreeMap;

use segflow_core::event::Attribute;

use super::fields::Field;
use super::rejection::{Reason, Rejection};
use super::value::Value;

/// The attributes of an object, by name.
pub(super) fn attributes(field: Field<'_>) -> Result<BTreeMap<String, Attribute>, Rejection> {
    let Value::Map(entries) = field.value else { return Err(field.fault("an object of attributes")) };
    let mut attributes = BTreeMap::new();
    for (name, value) in entries {
        let name = Field { name: "attributes, a name", value: Value::Text(name) }.id()?;
        let fault = |expected: &str, found: &dyn std::fmt::Display| {
            let detail = format!("attributes.{name}: expected {expected}, found {found}");
            Rejection::new(Reason::MalformedField, detail)
        };
        let attribute = attribute(&value)
            .ok_or_else(|| fault("null, a text of at most 1024 bytes, a finite number or a boolean", &value))?;
        if attributes.contains_key(&name) {
            return Err(fault("one value", &"another"));
        }
        attributes.insert(name, attribute);
    }
    Ok(attributes)
}

/// The longest text of an attribute: it may stand in the reasons of every change.
const MAX_ATTRIBUTE_BYTES: usize = 1_024;

/// The attribute of a value; none if the value is too long, or of a type that no attribute has.
fn attribute(value: &Value<'_>) -> Option<Attribute> {
    match value {
        Value::Null => Some(Attribute::Null),
        Value::Bool(value) => Some(Attribute::Bool(*value)),
        Value::Int(value) => Some(Attribute::Long(*value)),
        Value::Double(value) => value.is_finite().then(|| Attribute::Double(decimal(*value))),
        Value::Text(text) => (text.len() <= MAX_ATTRIBUTE_BYTES).then(|| Attribute::Text(text.to_string())),
        // A whole number that no long holds is a double, as it is in JSON beyond 64 bits.
        Value::Huge(value) => Some(Attribute::Double(decimal(*value as f64))),
        Value::Days(_) | Value::Map(_) | Value::List(_) => None,
    }
}

/// The shortest decimal text, without an exponent, that reads back to the same double. There is one zero.
fn decimal(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { value.to_string() }
}
