//! The map of all nodes.

use super::Cell;
use super::out::too_long;
use crate::abi::Abi;
use crate::addr::SockAddr;
use crate::error::Error;
use crate::flags::NodeFlags;
use crate::ids::Pnn;
use crate::types::NodeAndFlags;

/// Bytes of one node: number, flags, address.
const ROW: usize = 8 + SockAddr::LEN;

/// All nodes of the nodes file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nodes<'a> {
    rows: &'a [[u8; ROW]],
}

impl<'a> Nodes<'a> {
    /// A map that fills `payload` with as many nodes as it says.
    #[must_use]
    pub fn read(payload: &'a [u8]) -> Option<Self> {
        let (head, rest) = payload.split_first_chunk::<4>()?;
        let (rows, left) = rest.as_chunks::<ROW>();
        let whole = left.is_empty() && usize::try_from(u32::load(head, 0)).ok() == Some(rows.len());
        whole.then_some(Self { rows })
    }

    /// Number of nodes.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.rows.len()
    }

    /// The nodes, one after the other.
    #[must_use]
    pub fn iter(&self) -> NodeRows<'a> {
        NodeRows { rows: self.rows.iter() }
    }
}

impl<'a> IntoIterator for &Nodes<'a> {
    type Item = NodeAndFlags;
    type IntoIter = NodeRows<'a>;

    fn into_iter(self) -> NodeRows<'a> {
        self.iter()
    }
}

/// Gives out the nodes of a map.
#[derive(Clone, Debug)]
pub struct NodeRows<'a> {
    rows: std::slice::Iter<'a, [u8; ROW]>,
}

impl Iterator for NodeRows<'_> {
    type Item = NodeAndFlags;

    #[inline]
    fn next(&mut self) -> Option<NodeAndFlags> {
        let row = self.rows.next()?;
        let addr = row.last_chunk().map(|bytes| SockAddr::from_c(bytes, Abi::NATIVE))?;
        Some(NodeAndFlags { pnn: Pnn::load(row, 0), flags: NodeFlags::load(row, 4), addr })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for NodeRows<'_> {}

/// Builds a map in memory that is used again.
#[derive(Debug)]
pub struct NodesOut {
    bytes: Vec<u8>,
    count: u32,
}

impl Default for NodesOut {
    fn default() -> Self {
        Self { bytes: vec![0; 4], count: 0 }
    }
}

impl NodesOut {
    /// Forgets the nodes.
    pub fn clear(&mut self) {
        self.bytes.truncate(4);
        self.count = 0;
    }

    /// Appends a node.
    #[inline]
    pub fn push(&mut self, node: &NodeAndFlags) -> Result<(), Error> {
        let count = self.count.checked_add(1).ok_or_else(|| too_long(usize::MAX))?;
        let mut row = [0; ROW];
        node.pnn.store(&mut row, 0);
        node.flags.store(&mut row, 4);
        row[8..].copy_from_slice(&node.addr.to_c(Abi::NATIVE).0);
        self.bytes.extend_from_slice(&row);
        self.count = count;
        Ok(())
    }

    /// The map, as an answer carries it.
    #[must_use]
    pub fn bytes(&mut self) -> &[u8] {
        self.count.store(&mut self.bytes, 0);
        &self.bytes
    }
}
