//! Every generated type by its name in the `.x` file: bytes to JSON and back, without naming the type in the code.
//!
//! For tools that show or make messages, for tests that go over all of them, and for the fuzzer. Daemons use the types.

use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::xdr::{Xdr, XdrError};

/// Why a message could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// the bytes are no such message: {0}
    #[error("the bytes are no such message, or they cannot be made: {0}")]
    Xdr(#[from] XdrError),
    /// the JSON is no such message: {0}
    #[error("the JSON is no such message: {0}")]
    Json(#[from] serde_json::Error),
}

/// A message that was read and written again.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// The same bytes, unless something is wrong.
    pub bytes: Bytes,
    /// What [`Xdr::encoded_len`] says.
    pub encoded_len: usize,
}

/// One type.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Its name in the `.x` file.
    pub name: &'static str,
    /// [`Xdr::MIN_LEN`].
    pub min_len: usize,
    to_json: fn(&Bytes) -> Result<Value, CatalogError>,
    from_json: fn(&Value) -> Result<Bytes, CatalogError>,
    again: fn(&Bytes) -> Result<Again, XdrError>,
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Type {
    /// The row of `T`.
    #[must_use]
    pub const fn of<T: Xdr + Serialize + DeserializeOwned + JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            min_len: T::MIN_LEN,
            to_json: |bytes| Ok(serde_json::to_value(T::from_bytes(bytes)?)?),
            from_json: |value| Ok(T::deserialize(value)?.to_bytes()?),
            again: |bytes| {
                let value = T::from_bytes(bytes)?;
                Ok(Again { bytes: value.to_bytes()?, encoded_len: value.encoded_len() })
            },
            schema: |generator| generator.subschema_for::<T>(),
        }
    }

    /// A message as JSON.
    pub fn to_json(&self, bytes: &Bytes) -> Result<Value, CatalogError> {
        (self.to_json)(bytes)
    }

    /// A message from JSON.
    pub fn from_json(&self, value: &Value) -> Result<Bytes, CatalogError> {
        (self.from_json)(value)
    }

    /// Reads a message and writes it again.
    pub fn again(&self, bytes: &Bytes) -> Result<Again, XdrError> {
        (self.again)(bytes)
    }

    /// The schema of the JSON.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }
}

/// All types of the protocol.
pub fn types() -> impl Iterator<Item = &'static Type> {
    crate::generated::MODULES.iter().flat_map(|(_, types)| types.iter())
}

/// The type with this name in the `.x` files.
#[must_use]
pub fn find(name: &str) -> Option<&'static Type> {
    types().find(|t| t.name == name)
}
