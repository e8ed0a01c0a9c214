//! The links between nodes, each direction by itself: what is lost, comes late or twice, is overtaken, or does not come through.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;

/// The number of a node.
pub(crate) type Node = u32;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Lost,
    Comes {
        /// And once more, later.
        twice: bool,
        /// It is overtaken by others.
        late: bool,
    },
}

/// One direction between two nodes that is worse than the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// Chance that a message is lost.
    pub loss: f64,
    /// What each message needs besides.
    pub delay: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Chance that a message is lost.
    pub(crate) loss: f64,
    /// Chance that a message is overtaken by later ones, or comes twice.
    pub(crate) reorder: f64,
    /// Directions that are worse than the others.
    links: BTreeMap<(Node, Node), Link>,
    /// Directions that carry nothing.
    cut: BTreeSet<(Node, Node)>,
    /// Nodes whom nobody hears, though they hear the others.
    mute: BTreeSet<Node>,
}

impl Network {
    /// Cuts one direction; false when it was cut.
    pub(crate) fn cut(&mut self, from: Node, to: Node) -> bool {
        self.cut.insert((from, to))
    }

    pub(crate) fn heal(&mut self, from: Node, to: Node) -> bool {
        self.cut.remove(&(from, to))
    }

    /// Cuts both directions between two nodes; false when both were cut.
    pub(crate) fn part(&mut self, a: Node, b: Node) -> bool {
        self.cut(a, b) | self.cut(b, a)
    }

    pub(crate) fn join(&mut self, a: Node, b: Node) {
        self.heal(a, b);
        self.heal(b, a);
    }

    pub(crate) fn mute(&mut self, node: Node) -> bool {
        self.mute.insert(node)
    }

    pub(crate) fn unmute(&mut self, node: Node) {
        self.mute.remove(&node);
    }

    /// One direction is worse than the others from now on; false when it was so already, which then goes on.
    pub(crate) fn worsen(&mut self, from: Node, to: Node, link: Link) -> bool {
        let fresh = !self.links.contains_key(&(from, to));
        self.links.entry((from, to)).or_insert(link);
        fresh
    }

    /// It is as good as the others again.
    pub(crate) fn mend(&mut self, from: Node, to: Node) {
        self.links.remove(&(from, to));
    }

    /// What a message needs in this direction beyond the usual.
    pub(crate) fn delay(&self, from: Node, to: Node) -> Duration {
        self.links.get(&(from, to)).map(|link| link.delay).unwrap_or_default()
    }

    /// Everything is whole, and nothing is lost any more. What was cut.
    pub(crate) fn heal_all(&mut self) -> BTreeSet<(Node, Node)> {
        let whole = Self::default();
        std::mem::replace(self, whole).cut
    }

    /// Whether it is not cut. A muted node is not cut off: it does not know.
    pub(crate) fn is_whole(&self, from: Node, to: Node) -> bool {
        !self.cut.contains(&(from, to))
    }

    /// Whether something can come through.
    pub(crate) fn carries(&self, from: Node, to: Node) -> bool {
        self.is_whole(from, to) && (from == to || !self.mute.contains(&from))
    }

    /// What becomes of a message.
    pub(crate) fn fate(&self, from: Node, to: Node, rng: &mut SmallRng) -> Fate {
        let mut chance = |p: f64| p > 0.0 && rng.random_bool(p.min(1.0));
        let loss = self.links.get(&(from, to)).map_or(self.loss, |link| self.loss.max(link.loss));
        if !self.carries(from, to) || chance(loss) {
            Fate::Lost
        } else {
            Fate::Comes { twice: chance(self.reorder), late: chance(self.reorder) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_direction_can_be_cut_by_itself_and_a_muted_node_still_hears() {
        let mut network = Network::default();
        assert!(network.cut(1, 2) && !network.cut(1, 2));
        assert!(!network.carries(1, 2) && network.carries(2, 1));
        assert!(network.part(1, 2) && !network.part(1, 2));
        network.join(1, 2);
        assert!(network.mute(1));
        assert!(!network.carries(1, 2) && network.carries(2, 1) && network.carries(1, 1));
        assert!(network.is_whole(1, 2));
        let mut rng = SmallRng::seed_from_u64(1);
        network.loss = 1.0;
        assert_eq!(network.fate(2, 1, &mut rng), Fate::Lost);
        assert!(network.heal_all().is_empty());
        assert_eq!(network.fate(1, 2, &mut rng), Fate::Comes { twice: false, late: false });
    }

    #[test]
    fn a_direction_can_be_slow_and_lose_by_itself() {
        let (mut network, mut rng) = (Network::default(), SmallRng::seed_from_u64(2));
        let link = Link { loss: 1.0, delay: Duration::from_secs(1) };
        assert!(network.worsen(1, 2, link) && !network.worsen(1, 2, Link::default()));
        assert_eq!((network.fate(1, 2, &mut rng), network.delay(1, 2)), (Fate::Lost, link.delay));
        let comes = Fate::Comes { twice: false, late: false };
        assert_eq!((network.fate(2, 1, &mut rng), network.delay(2, 1)), (comes, Duration::ZERO));
        network.mend(1, 2);
        assert_eq!((network.fate(1, 2, &mut rng), network.delay(1, 2)), (comes, Duration::ZERO));
        network.worsen(1, 2, link);
        network.heal_all();
        assert_eq!(network.delay(1, 2), Duration::ZERO);
    }
}
