//! JSON, read by a shape. A number is taken as the text that stands there: a parser's double would not be exact.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Tree;
use super::shape::Shape;

/// The most items of a list that is read.
pub(crate) const MAX_ITEMS: usize = 10_000;

/// Reads a text of JSON; the error says what was found.
pub(crate) fn decode<'a>(text: &'a str, shape: &'a Shape) -> Result<Tree<'a>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = Seed(shape).deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(tree)
}

struct Seed<'a>(&'a Shape);

impl<'a> DeserializeSeed<'a> for Seed<'a> {
    type Value = Tree<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if !self.0.is_leaf() && !self.0.read {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'{' | b'[') if !self.0.is_leaf() => {
                serde_json::Deserializer::from_str(raw).deserialize_any(self).map_err(D::Error::custom)
            }
            _ => scalar(raw).map_err(D::Error::custom),
        }
    }
}

/// A value by its first character: the text is known to be JSON.
fn scalar(raw: &str) -> Result<Tree<'_>, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => {
            #[derive(Deserialize)]
            #[serde(transparent)]
            struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
            Tree::Text(serde_json::from_str::<Text<'_>>(raw)?.0)
        }
        Some(b'{') => Tree::Unread("an object"),
        Some(b'[') => Tree::Unread("a list"),
        Some(b't' | b'f') => Tree::Bool(raw == "true"),
        Some(b'n') | None => Tree::Null,
        Some(_) => Tree::Number(Cow::Borrowed(raw)),
    })
}

/// Reads an object or a list whose parts are read. A scalar in its place is kept for the message about it.
impl<'a> Visitor<'a> for Seed<'a> {
    type Value = Tree<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree<'a>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree<'a>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(Cow::Owned(value.to_string())))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Tree<'a>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Tree<'a>, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Tree<'a>, A::Error> {
        // Converters of XML write a list of one as that one.
        if let (true, Some(items)) = (self.0.names.is_empty(), &self.0.items) {
            return Seed(items).visit_map(map).map(|one| Tree::List(vec![one]));
        }
        let mut entries: Vec<(&'a str, Tree<'a>)> = Vec::with_capacity(self.0.names.len());
        while let Some(Name(name)) = map.next_key()? {
            let Some((name, shape)) = self.0.names.get_key_value(&*name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if entries.iter().any(|(known, _)| known == name) {
                return Err(A::Error::custom(format_args!("`{name}` twice in one object")));
            }
            entries.push((name, map.next_value_seed(Seed(shape))?));
        }
        Ok(Tree::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Tree<'a>, A::Error> {
        let Some(shape) = &self.0.items else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Tree::Unread("a list"));
        };
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Seed(shape))? {
            if items.len() == MAX_ITEMS {
                return Err(A::Error::custom(format_args!("a list of more than {MAX_ITEMS} items")));
            }
            items.push(item);
        }
        Ok(Tree::List(items))
    }
}

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::super::shape::PathStep::{Every, Name};
    use super::*;

    #[test]
    fn a_shape_reads_what_it_names_and_numbers_as_they_stand() {
        let name = |name: &str| Name(name.to_owned());
        let mut shape = Shape::default();
        shape.add(&[name("a"), name("n")]);
        shape.add(&[name("a")]);
        shape.add(&[name("list"), Every, name("x")]);
        let text = r#"{"z": {"deep": [1, 2]}, "a": {"n": 0.10000000000000000000001, "m": 1}, "list": [{"x": "é"}, {"y": 1}, 7]}"#;
        let tree = decode(text, &shape).unwrap();
        let number = Tree::Number("0.10000000000000000000001".into());
        assert_eq!(tree.get("a").unwrap().get("n"), Some(&number));
        assert_eq!(tree.get("z"), None);
        let items = vec![Tree::Map(vec![("x", Tree::Text("é".into()))]), Tree::Map(vec![]), Tree::Number("7".into())];
        assert_eq!(tree.get("list"), Some(&Tree::List(items)));
        assert_eq!(decode(r#"{"a": 1e2}"#, &shape).unwrap().get("a"), Some(&Tree::Number("1e2".into())));
    }

    #[test]
    fn a_name_that_is_read_stands_once() {
        let mut shape = Shape::default();
        shape.add(&[Name("a".to_owned())]);
        assert!(decode(r#"{"a": 1, "a": 2}"#, &shape).unwrap_err().starts_with("`a` twice in one object"));
        assert!(decode(r#"{"b": 1, "b": 2}"#, &shape).is_ok());
        assert!(decode(r#"{"a": 1} x"#, &shape).is_err());
    }

    #[test]
    fn a_list_that_is_read_has_a_bound() {
        let mut shape = Shape::default();
        shape.add(&[Every]);
        let list = |items: usize| format!("[{}1]", "1,".repeat(items - 1));
        assert!(decode(&list(MAX_ITEMS), &shape).is_ok());
        assert!(decode(&list(MAX_ITEMS + 1), &shape).unwrap_err().starts_with("a list of more than 10000 items"));
    }
}
