//! JSON written into one buffer, to the bytes that `serde_json` would write.
//!
//! `serde_json` looks at each byte of each text by itself, those of field names too. Here a text that needs no escape, which is
//! nearly every one, is copied whole. Field names come from this crate and need none. Texts that need one are left to
//! `serde_json`, and so are numbers.

use std::fmt::Error;

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

/// A buffer that values are appended to.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// An empty one with room for some bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// The bytes written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn open(&mut self, bracket: u8) -> Result<&mut Self, Error> {
        self.0.push(bracket);
        Ok(self)
    }

    fn close(&mut self, bracket: u8) -> Result<(), Error> {
        self.0.push(bracket);
        Ok(())
    }

    /// Separates what comes next from what came before it, if anything did.
    fn separate(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.0.push(b',');
        }
    }

    /// A value of a type that `serde_json` is to write.
    fn delegate<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0, value).map_err(|_| Error)
    }
}

/// Whether a text stands in JSON as it is.
fn is_plain(text: &[u8]) -> bool {
    // Without a way out of the loop the compiler looks at many bytes at once.
    text.iter().fold(true, |plain, byte| plain & (*byte >= b' ') & (*byte != b'"') & (*byte != b'\\'))
}

type Name = &'static str;
type Refused = Result<Impossible<(), Error>, Error>;

macro_rules! delegated {
    ($($method:ident($value:ty))*) => {$(
        fn $method(self, value: $value) -> Result<(), Error> {
            self.delegate(&value)
        }
    )*};
}

/// The shapes that outputs have. Others are refused with an error.
impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if !is_plain(text.as_bytes()) {
            return self.delegate(text);
        }
        self.0.reserve(text.len() + 2);
        self.write(b"\"");
        self.write(text.as_bytes());
        self.write(b"\"");
        Ok(())
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.write(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.write(b"null");
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: Name, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        self.open(b'[')
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Error> {
        self.open(b'{')
    }

    fn serialize_struct(self, _: Name, _: usize) -> Result<Self, Error> {
        self.open(b'{')
    }

    delegated! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_f32(f32) serialize_f64(f64) serialize_char(char)
    }

    fn serialize_unit_variant(self, _: Name, _: u32, variant: Name) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_unit_struct(self, _: Name) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: Name, _: u32, _: Name, _: &T) -> Result<(), Error> {
        Err(Error)
    }

    fn serialize_tuple(self, _: usize) -> Refused {
        Err(Error)
    }

    fn serialize_tuple_struct(self, _: Name, _: usize) -> Refused {
        Err(Error)
    }

    fn serialize_tuple_variant(self, _: Name, _: u32, _: Name, _: usize) -> Refused {
        Err(Error)
    }

    fn serialize_struct_variant(self, _: Name, _: u32, _: Name, _: usize) -> Refused {
        Err(Error)
    }
}

impl SerializeSeq for &mut Writer {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate();
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Error> {
        self.close(b']')
    }
}

impl SerializeMap for &mut Writer {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.separate();
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.0.push(b':');
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Error> {
        self.close(b'}')
    }
}

impl SerializeStruct for &mut Writer {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: Name, value: &T) -> Result<(), Error> {
        self.separate();
        self.write(b"\"");
        self.write(name.as_bytes());
        self.write(b"\":");
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Error> {
        self.close(b'}')
    }
}

#[cfg(test)]
mod tests;
