//! Every construct of the language once, for tests.
//!
//! Written by xdr-gen from `all.x`; changes here are lost.

#![allow(unused_imports)]
#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]

use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bound in hexadecimal.
pub const ALL_MAX: u32 = 20;

/// A number below zero.
pub const ALL_NEGATIVE: i64 = -7;

/// Octal: nine.
pub const ALL_OCTAL: u32 = 9;

/// An enum with holes and a value below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllWord {
    /// Below zero.
    Low,
    /// Zero.
    Zero,
    /// Two words.
    TwoWords,
    /// By a constant.
    ByConstant,
    /// The largest.
    High,
    /// A value that this version does not know. Made by `from_value`.
    Unknown(i32),
}

impl AllWord {
    /// Every value with a name, and the name.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::Low, "low"),
        (Self::Zero, "zero"),
        (Self::TwoWords, "two_words"),
        (Self::ByConstant, "by_constant"),
        (Self::High, "high"),
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Low => -5,
            Self::Zero => 0,
            Self::TwoWords => 2,
            Self::ByConstant => 20,
            Self::High => 2147483647,
            Self::Unknown(value) => value,
        }
    }

    /// What this number means.
    #[must_use]
    pub const fn from_value(value: i32) -> Self {
        match value {
            -5 => Self::Low,
            0 => Self::Zero,
            2 => Self::TwoWords,
            20 => Self::ByConstant,
            2147483647 => Self::High,
            _ => Self::Unknown(value),
        }
    }
}

protocol::xdr_enum!(AllWord);

/// A number by another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllId(pub u64);

impl From<u64> for AllId {
    fn from(value: u64) -> Self {
        Self(value)
    }
}

impl Xdr for AllId {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.u64(self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.u64("AllId")?))
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// A bool by another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllFlag(pub bool);

impl From<bool> for AllFlag {
    fn from(value: bool) -> Self {
        Self(value)
    }
}

impl Xdr for AllFlag {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.bool(self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.bool("AllFlag")?))
    }

    fn encoded_len(&self) -> usize {
        4
    }
}

/// An alias of an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllAlias(pub AllId);

impl From<AllId> for AllAlias {
    fn from(value: AllId) -> Self {
        Self(value)
    }
}

impl Xdr for AllAlias {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.0.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(AllId::decode(r)?))
    }

    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }
}

/// Opaque data of a fixed length that needs padding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllKey(#[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] pub [u8; 5]);

impl From<[u8; 5]> for AllKey {
    fn from(value: [u8; 5]) -> Self {
        Self(value)
    }
}

impl Xdr for AllKey {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.fixed(&self.0);
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.fixed("AllKey")?))
    }

    fn encoded_len(&self) -> usize {
        8
    }
}

/// Opaque data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllBlob(#[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] pub Bytes);

impl From<Bytes> for AllBlob {
    fn from(value: Bytes) -> Self {
        Self(value)
    }
}

impl Xdr for AllBlob {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.bounded("AllBlob", 9, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.opaque("AllBlob", 9)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// Text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllText(pub String);

impl From<String> for AllText {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl Xdr for AllText {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.string("AllText", 20, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.string("AllText", 20)?))
    }

    fn encoded_len(&self) -> usize {
        opaque_len(self.0.len())
    }
}

/// A list of text: only possible by a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllTexts(pub Vec<AllText>);

impl From<Vec<AllText>> for AllTexts {
    fn from(value: Vec<AllText>) -> Self {
        Self(value)
    }
}

impl Xdr for AllTexts {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("AllTexts", 3, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.list("AllTexts", 3)?))
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.0)
    }
}

/// An array of a fixed length.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllThree(pub [i32; 3]);

impl From<[i32; 3]> for AllThree {
    fn from(value: [i32; 3]) -> Self {
        Self(value)
    }
}

impl Xdr for AllThree {
    const MIN_LEN: usize = 12;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.array(&self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.array("AllThree")?))
    }

    fn encoded_len(&self) -> usize {
        array_len(&self.0)
    }
}

/// Something that may be absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AllPerhaps(pub Vec<f64>);

impl From<Vec<f64>> for AllPerhaps {
    fn from(value: Vec<f64>) -> Self {
        Self(value)
    }
}

impl Xdr for AllPerhaps {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.list("AllPerhaps", 1, &self.0)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self(r.list("AllPerhaps", 1)?))
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.0)
    }
}

/// Every number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllNumbers {
    /// 32 bits.
    pub number: i32,
    /// 32 bits without a sign.
    pub natural: u32,
    /// 64 bits.
    pub large: i64,
    /// 64 bits without a sign.
    pub largest: u64,
    /// 32 bits, floating.
    pub rough: f32,
    /// 64 bits, floating.
    pub fine: f64,
    /// Yes or no.
    pub yes: bool,
    /// A word.
    pub word: AllWord,
}

impl Xdr for AllNumbers {
    const MIN_LEN: usize = 44;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.i32(self.number);
        w.u32(self.natural);
        w.i64(self.large);
        w.u64(self.largest);
        w.f32(self.rough);
        w.f64(self.fine);
        w.bool(self.yes);
        self.word.encode(w)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            number: r.i32("AllNumbers.number")?,
            natural: r.u32("AllNumbers.natural")?,
            large: r.i64("AllNumbers.large")?,
            largest: r.u64("AllNumbers.largest")?,
            rough: r.f32("AllNumbers.rough")?,
            fine: r.f64("AllNumbers.fine")?,
            yes: r.bool("AllNumbers.yes")?,
            word: AllWord::decode(r)?,
        })
    }

    fn encoded_len(&self) -> usize {
        4
            + 4
            + 8
            + 8
            + 4
            + 8
            + 4
            + self.word.encoded_len()
    }
}

/// Every kind of declaration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllKinds {
    /// A struct.
    pub numbers: AllNumbers,
    /// A struct that may be absent.
    pub perhaps: Option<AllNumbers>,
    /// A number that may be absent.
    pub perhaps_number: Option<u32>,
    /// A fixed number of structs.
    pub pair: [AllNumbers; 2],
    /// A fixed number of words.
    pub words: [AllWord; 9],
    /// A list of numbers.
    pub larges: Vec<i64>,
    /// A list of structs.
    pub list: Vec<AllNumbers>,
    /// A list of bools.
    pub flags: Vec<bool>,
    /// Opaque of a fixed length without padding.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub four: [u8; 4],
    /// Opaque.
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")]
    pub data: Bytes,
    /// Text.
    pub text: String,
    /// By name.
    pub id: AllId,
    /// By name.
    pub flag: AllFlag,
    /// By two names.
    pub alias: AllAlias,
    /// By name.
    pub key: AllKey,
    /// By name.
    pub blob: AllBlob,
    /// By name.
    pub texts: AllTexts,
    /// By name.
    pub three: AllThree,
    /// By name.
    pub some: AllPerhaps,
    /// A list of opaque data.
    pub blobs: Vec<AllBlob>,
    /// An opaque that holds a struct.
    pub held: AllNumbers,
    /// An opaque that holds a text.
    pub held_text: AllText,
}

impl Xdr for AllKinds {
    const MIN_LEN: usize = 272;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        self.numbers.encode(w)?;
        w.optional(self.perhaps.as_ref())?;
        w.optional(self.perhaps_number.as_ref())?;
        w.array(&self.pair)?;
        w.array(&self.words)?;
        w.list("AllKinds.larges", 20, &self.larges)?;
        w.list("AllKinds.list", 4, &self.list)?;
        w.list("AllKinds.flags", 5, &self.flags)?;
        w.fixed(&self.four);
        w.bounded("AllKinds.data", 20, &self.data)?;
        w.string("AllKinds.text", 7, &self.text)?;
        self.id.encode(w)?;
        self.flag.encode(w)?;
        self.alias.encode(w)?;
        self.key.encode(w)?;
        self.blob.encode(w)?;
        self.texts.encode(w)?;
        self.three.encode(w)?;
        self.some.encode(w)?;
        w.list("AllKinds.blobs", 2, &self.blobs)?;
        w.held("AllKinds.held", 64, &self.held)?;
        w.held("AllKinds.held_text", 32, &self.held_text)?;
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self {
            numbers: AllNumbers::decode(r)?,
            perhaps: r.optional("AllKinds.perhaps")?,
            perhaps_number: r.optional("AllKinds.perhaps_number")?,
            pair: r.array("AllKinds.pair")?,
            words: r.array("AllKinds.words")?,
            larges: r.list("AllKinds.larges", 20)?,
            list: r.list("AllKinds.list", 4)?,
            flags: r.list("AllKinds.flags", 5)?,
            four: r.fixed("AllKinds.four")?,
            data: r.opaque("AllKinds.data", 20)?,
            text: r.string("AllKinds.text", 7)?,
            id: AllId::decode(r)?,
            flag: AllFlag::decode(r)?,
            alias: AllAlias::decode(r)?,
            key: AllKey::decode(r)?,
            blob: AllBlob::decode(r)?,
            texts: AllTexts::decode(r)?,
            three: AllThree::decode(r)?,
            some: AllPerhaps::decode(r)?,
            blobs: r.list("AllKinds.blobs", 2)?,
            held: r.held("AllKinds.held", 64)?,
            held_text: r.held("AllKinds.held_text", 32)?,
        })
    }

    fn encoded_len(&self) -> usize {
        self.numbers.encoded_len()
            + optional_len(self.perhaps.as_ref())
            + optional_len(self.perhaps_number.as_ref())
            + array_len(&self.pair)
            + array_len(&self.words)
            + list_len(&self.larges)
            + list_len(&self.list)
            + list_len(&self.flags)
            + 4
            + opaque_len(self.data.len())
            + opaque_len(self.text.len())
            + self.id.encoded_len()
            + self.flag.encoded_len()
            + self.alias.encoded_len()
            + self.key.encoded_len()
            + self.blob.encoded_len()
            + self.texts.encoded_len()
            + self.three.encoded_len()
            + self.some.encoded_len()
            + list_len(&self.blobs)
            + 4 + self.held.encoded_len()
            + 4 + self.held_text.encoded_len()
    }
}

/// A chain: it may contain itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AllChain {
    /// This one.
    pub item: i32,
    /// The others.
    pub next: Option<Box<AllChain>>,
}

impl Xdr for AllChain {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllChain")?;
        w.i32(self.item);
        w.optional(self.next.as_ref())?;
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllChain")?;
        let value = {
            Self {
                item: r.i32("AllChain.item")?,
                next: r.optional("AllChain.next")?,
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        4
            + optional_len(self.next.as_ref())
    }
}

/// A tree of two types, one of which is defined below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AllTree {
    /// This one.
    pub name: AllText,
    /// Below it.
    pub branches: Vec<AllBranch>,
}

impl Xdr for AllTree {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllTree")?;
        self.name.encode(w)?;
        w.list("AllTree.branches", 3, &self.branches)?;
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllTree")?;
        let value = {
            Self {
                name: AllText::decode(r)?,
                branches: r.list("AllTree.branches", 3)?,
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        self.name.encoded_len()
            + list_len(&self.branches)
    }
}

/// What leads to a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AllBranch {
    /// How far.
    pub length: u32,
    /// Where to.
    pub tree: Option<Box<AllTree>>,
}

impl Xdr for AllBranch {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllBranch")?;
        w.u32(self.length);
        w.optional(self.tree.as_ref())?;
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllBranch")?;
        let value = {
            Self {
                length: r.u32("AllBranch.length")?,
                tree: r.optional("AllBranch.tree")?,
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        4
            + optional_len(self.tree.as_ref())
    }
}

/// A union that closes: another value of the enum has no meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "word", content = "value")]
pub enum AllClosed {
    /// Nothing.
    #[serde(rename = "low")]
    Low,
    /// Zero.
    #[serde(rename = "zero")]
    Zero(AllNumbers),
    /// Two words.
    #[serde(rename = "two_words")]
    TwoWords(AllNumbers),
    /// The largest.
    #[serde(rename = "high")]
    High(String),
}

impl Xdr for AllClosed {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Low => {
                w.i32(-5);
            }
            Self::Zero(v) => {
                w.i32(0);
                v.encode(w)?;
            }
            Self::TwoWords(v) => {
                w.i32(2);
                v.encode(w)?;
            }
            Self::High(v) => {
                w.i32(2147483647);
                w.string("AllClosed.high", 6, v)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("AllClosed.word")? {
            -5 => Self::Low,
            0 => Self::Zero(AllNumbers::decode(r)?),
            2 => Self::TwoWords(AllNumbers::decode(r)?),
            2147483647 => Self::High(r.string("AllClosed.high", 6)?),
            tag => return Err(XdrError::Value { what: "AllClosed.word", value: u64::from(tag.cast_unsigned()) }),
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Low => 0,
            Self::Zero(v) => v.encoded_len(),
            Self::TwoWords(v) => v.encoded_len(),
            Self::High(v) => opaque_len(v.len()),
        }
    }
}

/// A union that keeps values it does not know, without anything in them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "word", content = "value")]
pub enum AllKept {
    /// Zero.
    #[serde(rename = "zero")]
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] Zero([u8; 4]),
    /// Two words.
    #[serde(rename = "two_words")]
    TwoWords(Vec<i32>),
    /// The largest.
    #[serde(rename = "high")]
    High(Option<u64>),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        word: AllWord,
    },
}

impl Xdr for AllKept {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Zero(v) => {
                w.i32(0);
                w.fixed(v);
            }
            Self::TwoWords(v) => {
                w.i32(2);
                w.list("AllKept.two_words", 4, v)?;
            }
            Self::High(v) => {
                w.i32(2147483647);
                w.optional(v.as_ref())?;
            }
            Self::Other { word } => {
                let tag = word.value();
                if matches!(tag, 0 | 2 | 2147483647) {
                    return Err(XdrError::Value { what: "AllKept.word", value: u64::from(tag.cast_unsigned()) });
                }
                w.i32(tag);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("AllKept.word")? {
            0 => Self::Zero(r.fixed("AllKept.zero")?),
            2 => Self::TwoWords(r.list("AllKept.two_words", 4)?),
            2147483647 => Self::High(r.optional("AllKept.high")?),
            tag => Self::Other { word: AllWord::from_value(tag) },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Zero(_) => 4,
            Self::TwoWords(v) => list_len(v),
            Self::High(v) => optional_len(v.as_ref()),
            Self::Other { .. } => 0,
        }
    }
}

/// A union by a number, with a struct by default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "number", content = "value")]
pub enum AllByInt {
    /// One.
    #[serde(rename = "case_1")]
    Case1(i64),
    /// Two or three.
    #[serde(rename = "case_2")]
    Case2(bool),
    /// Two or three.
    #[serde(rename = "case_3")]
    Case3(bool),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        number: i32,
        /// What is in it.
        numbers: AllNumbers,
    },
}

impl Xdr for AllByInt {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Case1(v) => {
                w.i32(1);
                w.i64(*v);
            }
            Self::Case2(v) => {
                w.i32(2);
                w.bool(*v);
            }
            Self::Case3(v) => {
                w.i32(3);
                w.bool(*v);
            }
            Self::Other { number, numbers } => {
                let tag = *number;
                if matches!(tag, 1 | 2 | 3) {
                    return Err(XdrError::Value { what: "AllByInt.number", value: u64::from(tag.cast_unsigned()) });
                }
                w.i32(tag);
                numbers.encode(w)?;
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.i32("AllByInt.number")? {
            1 => Self::Case1(r.i64("AllByInt.case_1")?),
            2 => Self::Case2(r.bool("AllByInt.case_2")?),
            3 => Self::Case3(r.bool("AllByInt.case_3")?),
            tag => Self::Other { number: tag, numbers: AllNumbers::decode(r)? },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Case1(_) => 8,
            Self::Case2(_) => 4,
            Self::Case3(_) => 4,
            Self::Other { numbers, .. } => numbers.encoded_len(),
        }
    }
}

/// A union by a number without a sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "number", content = "value")]
pub enum AllByUint {
    /// None.
    #[serde(rename = "case_0")]
    Case0,
    /// The largest.
    #[serde(rename = "case_4294967295")]
    Case4294967295(f32),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        number: u32,
        /// What is in it.
        fine: f64,
    },
}

impl Xdr for AllByUint {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::Case0 => {
                w.u32(0);
            }
            Self::Case4294967295(v) => {
                w.u32(4294967295);
                w.f32(*v);
            }
            Self::Other { number, fine } => {
                let tag = *number;
                if matches!(tag, 0 | 4294967295) {
                    return Err(XdrError::Value { what: "AllByUint.number", value: u64::from(tag) });
                }
                w.u32(tag);
                w.f64(*fine);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.u32("AllByUint.number")? {
            0 => Self::Case0,
            4294967295 => Self::Case4294967295(r.f32("AllByUint.case_4294967295")?),
            tag => Self::Other { number: tag, fine: r.f64("AllByUint.fine")? },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Case0 => 0,
            Self::Case4294967295(_) => 4,
            Self::Other { .. } => 8,
        }
    }
}

/// A union by a bool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "yes", content = "value")]
pub enum AllByBool {
    /// Yes.
    #[serde(rename = "true")]
    True(AllThree),
    /// No.
    #[serde(rename = "false")]
    False,
}

impl Xdr for AllByBool {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::True(v) => {
                w.bool(true);
                v.encode(w)?;
            }
            Self::False => {
                w.bool(false);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.bool("AllByBool.yes")? {
            true => Self::True(AllThree::decode(r)?),
            false => Self::False,
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::True(v) => v.encoded_len(),
            Self::False => 0,
        }
    }
}

/// A union of which one value has an arm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "yes", content = "value")]
pub enum AllByHalf {
    /// Yes.
    #[serde(rename = "true")]
    True(i32),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        yes: bool,
    },
}

impl Xdr for AllByHalf {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        match self {
            Self::True(v) => {
                w.bool(true);
                w.i32(*v);
            }
            Self::Other { yes } => {
                let tag = *yes;
                if tag {
                    return Err(XdrError::Value { what: "AllByHalf.yes", value: u64::from(tag) });
                }
                w.bool(tag);
            }
        }
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        Ok(match r.bool("AllByHalf.yes")? {
            true => Self::True(r.i32("AllByHalf.true")?),
            tag => Self::Other { yes: tag },
        })
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::True(_) => 4,
            Self::Other { .. } => 0,
        }
    }
}

/// A union that can grow: a reader steps over an arm that it does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "word", content = "value")]
pub enum AllOpen {
    /// Below zero.
    #[serde(rename = "low")]
    Low(AllNumbers),
    /// Zero.
    #[serde(rename = "zero")]
    Zero,
    /// Two words.
    #[serde(rename = "two_words")]
    #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] TwoWords(Bytes),
    /// It may hold itself.
    #[serde(rename = "high")]
    High(Box<AllOpen>),
    /// An arm that this version does not know.
    #[serde(rename = "other")]
    Other {
        /// Which arm it is.
        word: AllWord,
        /// What is in it.
        #[serde(with = "protocol::json::bytes")] #[schemars(with = "protocol::json::Base64")] rest: Bytes,
    },
}

impl Xdr for AllOpen {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllOpen")?;
        match self {
            Self::Low(v) => {
                w.i32(-5);
                w.held("AllOpen.low", 64, v)?;
            }
            Self::Zero => {
                w.i32(0);
                w.held_void();
            }
            Self::TwoWords(v) => {
                w.i32(2);
                w.bounded("AllOpen.two_words", 64, v)?;
            }
            Self::High(v) => {
                w.i32(2147483647);
                w.held("AllOpen.high", 64, v)?;
            }
            Self::Other { word, rest } => {
                let tag = word.value();
                if matches!(tag, -5 | 0 | 2 | 2147483647) {
                    return Err(XdrError::Value { what: "AllOpen.word", value: u64::from(tag.cast_unsigned()) });
                }
                w.i32(tag);
                w.bounded("AllOpen.rest", 64, rest)?;
            }
        }
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllOpen")?;
        let value = {
            match r.i32("AllOpen.word")? {
                -5 => Self::Low(r.held("AllOpen.low", 64)?),
                0 => { r.held_void("AllOpen.zero")?; Self::Zero }
                2 => Self::TwoWords(r.opaque("AllOpen.two_words", 64)?),
                2147483647 => Self::High(r.held("AllOpen.high", 64)?),
                tag => Self::Other { word: AllWord::from_value(tag), rest: r.opaque("AllOpen.rest", 64)? },
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Low(v) => 4 + v.encoded_len(),
            Self::Zero => 4,
            Self::TwoWords(v) => opaque_len(v.len()),
            Self::High(v) => 4 + v.encoded_len(),
            Self::Other { rest, .. } => opaque_len(rest.len()),
        }
    }
}

/// What an expression may be: a recursion through a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AllSum {
    /// One after the other.
    pub items: Vec<AllExpression>,
}

impl Xdr for AllSum {
    const MIN_LEN: usize = 4;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllSum")?;
        w.list("AllSum.items", 3, &self.items)?;
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllSum")?;
        let value = {
            Self {
                items: r.list("AllSum.items", 3)?,
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        list_len(&self.items)
    }
}

/// An expression: a recursion through a union.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "value")]
pub enum AllExpression {
    /// A number.
    #[serde(rename = "case_0")]
    Case0(i32),
    /// Some expressions.
    #[serde(rename = "case_minus_1")]
    CaseMinus1(AllSum),
}

impl Xdr for AllExpression {
    const MIN_LEN: usize = 8;

    fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {
        w.enter("AllExpression")?;
        match self {
            Self::Case0(v) => {
                w.i32(0);
                w.i32(*v);
            }
            Self::CaseMinus1(v) => {
                w.i32(-1);
                v.encode(w)?;
            }
        }
        w.leave();
        Ok(())
    }

    fn decode(r: &mut Reader) -> Result<Self, XdrError> {
        r.enter("AllExpression")?;
        let value = {
            match r.i32("AllExpression.kind")? {
                0 => Self::Case0(r.i32("AllExpression.case_0")?),
                -1 => Self::CaseMinus1(AllSum::decode(r)?),
                tag => return Err(XdrError::Value { what: "AllExpression.kind", value: u64::from(tag.cast_unsigned()) }),
            }
        };
        r.leave();
        Ok(value)
    }

    fn encoded_len(&self) -> usize {
        4 + match self {
            Self::Case0(_) => 4,
            Self::CaseMinus1(v) => v.encoded_len(),
        }
    }
}

/// Every type of this module by its name in the `.x` file.
pub const TYPES: &[Type] = &[
    Type::of::<AllWord>("tc_all_word"),
    Type::of::<AllId>("tc_all_id"),
    Type::of::<AllFlag>("tc_all_flag"),
    Type::of::<AllAlias>("tc_all_alias"),
    Type::of::<AllKey>("tc_all_key"),
    Type::of::<AllBlob>("tc_all_blob"),
    Type::of::<AllText>("tc_all_text"),
    Type::of::<AllTexts>("tc_all_texts"),
    Type::of::<AllThree>("tc_all_three"),
    Type::of::<AllPerhaps>("tc_all_perhaps"),
    Type::of::<AllNumbers>("tc_all_numbers"),
    Type::of::<AllKinds>("tc_all_kinds"),
    Type::of::<AllChain>("tc_all_chain"),
    Type::of::<AllTree>("tc_all_tree"),
    Type::of::<AllBranch>("tc_all_branch"),
    Type::of::<AllClosed>("tc_all_closed"),
    Type::of::<AllKept>("tc_all_kept"),
    Type::of::<AllByInt>("tc_all_by_int"),
    Type::of::<AllByUint>("tc_all_by_uint"),
    Type::of::<AllByBool>("tc_all_by_bool"),
    Type::of::<AllByHalf>("tc_all_by_half"),
    Type::of::<AllOpen>("tc_all_open"),
    Type::of::<AllSum>("tc_all_sum"),
    Type::of::<AllExpression>("tc_all_expression"),
];
