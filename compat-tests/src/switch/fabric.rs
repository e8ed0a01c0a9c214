//! What a packet between two nodes goes through: pure, from a seed, on a clock that is handed in.
//!
//! It knows where an address is by the packets that come from there. What is for nobody is dropped, as is what a rule
//! says. Delays are drawn per packet, so that with jitter packets overtake one another.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// What happens to packets in one direction between two nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Nothing gets through, and nobody is told.
    pub cut: bool,
    /// Of a million packets so many are lost.
    pub loss_ppm: u32,
    /// How long each is on its way.
    pub delay: Duration,
    /// How much longer some are.
    pub jitter: Duration,
}

/// What became of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They were handed on.
    pub passed: u64,
    /// A rule dropped them.
    pub dropped: u64,
    /// Nobody has the address, or there was none.
    pub strayed: u64,
}

/// Packets that may be on their way at once; more are dropped, as by any switch.
const ROOM: usize = 100_000;

/// The links between some nodes.
#[derive(Debug)]
pub struct Fabric {
    nodes: usize,
    rules: Vec<Rule>,
    homes: HashMap<IpAddr, usize>,
    under_way: BTreeMap<(Duration, u64), (usize, Vec<u8>)>,
    numbers: u64,
    count: u64,
    counts: Counts,
}

impl Fabric {
    /// Links that pass everything at once.
    #[must_use]
    pub fn new(nodes: usize, seed: u64) -> Self {
        Self {
            nodes,
            rules: vec![Rule::default(); nodes * nodes],
            homes: HashMap::new(),
            under_way: BTreeMap::new(),
            numbers: seed,
            count: 0,
            counts: Counts::default(),
        }
    }

    /// Sets what happens from one node to another. `None` stands for all. Packets that are under way arrive.
    pub fn set(&mut self, from: Option<usize>, to: Option<usize>, rule: Rule) {
        for a in (0..self.nodes).filter(|a| from.is_none_or(|from| from == *a)) {
            for b in (0..self.nodes).filter(|b| *b != a && to.is_none_or(|to| to == *b)) {
                self.rules[a * self.nodes + b] = rule;
            }
        }
    }

    /// Says where an address is before anything came from there.
    pub fn home(&mut self, address: IpAddr, node: usize) {
        self.homes.insert(address, node);
    }

    /// What became of all packets so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// SplitMix64.
    fn number(&mut self) -> u64 {
        self.numbers = self.numbers.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.numbers;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Takes a packet of a node.
    pub fn take(&mut self, now: Duration, from: usize, packet: &[u8]) {
        let Some((source, target)) = ends(packet) else {
            self.counts.strayed += 1;
            return;
        };
        self.homes.insert(source, from);
        let Some(to) = self.homes.get(&target).copied().filter(|to| *to != from) else {
            self.counts.strayed += 1;
            return;
        };
        let rule = self.rules[from * self.nodes + to];
        let lost = rule.loss_ppm > 0 && self.number() % 1_000_000 < u64::from(rule.loss_ppm);
        if rule.cut || lost || self.under_way.len() >= ROOM {
            self.counts.dropped += 1;
            return;
        }
        let jitter = u64::try_from(rule.jitter.as_micros()).unwrap_or(u64::MAX);
        let late = if jitter == 0 { 0 } else { self.number() % jitter.saturating_add(1) };
        self.count += 1;
        let due = now + rule.delay + Duration::from_micros(late);
        self.under_way.insert((due, self.count), (to, packet.to_vec()));
    }

    /// The next packet that has arrived by now, and at which node.
    pub fn next_due(&mut self, now: Duration) -> Option<(usize, Vec<u8>)> {
        let first = self.under_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        self.counts.passed += 1;
        Some(first.remove())
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.under_way.first_key_value().map(|((due, _), _)| *due)
    }
}

/// Source and destination of an IP packet.
fn ends(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let v4 = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(packet.get(at..at + 4)?).ok()?).into());
    let v6 = |at: usize| Some(Ipv6Addr::from(<[u8; 16]>::try_from(packet.get(at..at + 16)?).ok()?).into());
    match packet.first()? >> 4 {
        4 => Some((v4(12)?, v4(16)?)),
        6 => Some((v6(8)?, v6(24)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(node: u8) -> IpAddr {
        Ipv4Addr::new(10, 77, 0, node + 1).into()
    }

    fn packet(from: u8, to: u8, mark: u8) -> Vec<u8> {
        let mut bytes = vec![0; 21];
        bytes[0] = 0x45;
        bytes[12..16].copy_from_slice(&[10, 77, 0, from + 1]);
        bytes[16..20].copy_from_slice(&[10, 77, 0, to + 1]);
        bytes[20] = mark;
        bytes
    }

    fn fabric(seed: u64) -> Fabric {
        let mut fabric = Fabric::new(3, seed);
        (0..3_u8).for_each(|node| fabric.home(address(node), node.into()));
        fabric
    }

    fn marks(fabric: &mut Fabric, now: Duration) -> Vec<(usize, u8)> {
        std::iter::from_fn(|| fabric.next_due(now)).map(|(to, packet)| (to, packet[20])).collect()
    }

    const LATER: Duration = Duration::from_secs(10);

    #[test]
    fn packets_pass_at_once_and_in_order_where_no_rule_is() {
        let mut fabric = fabric(1);
        (0..5).for_each(|mark| fabric.take(Duration::ZERO, 0, &packet(0, 2, mark)));
        assert_eq!(marks(&mut fabric, Duration::ZERO), (0..5).map(|mark| (2, mark)).collect::<Vec<_>>());
    }

    #[test]
    fn a_link_can_be_cut_in_one_direction_and_put_back() {
        let mut fabric = fabric(1);
        fabric.set(Some(0), Some(1), Rule { cut: true, ..Rule::default() });
        for (from, to) in [(0, 1), (1, 0), (0, 2)] {
            fabric.take(Duration::ZERO, from.into(), &packet(from, to, from * 10 + to));
        }
        assert_eq!(marks(&mut fabric, LATER), [(0, 10), (2, 2)]);
        fabric.set(None, None, Rule::default());
        fabric.take(Duration::ZERO, 0, &packet(0, 1, 1));
        assert_eq!(marks(&mut fabric, LATER), [(1, 1)]);
        assert_eq!(fabric.counts(), Counts { passed: 3, dropped: 1, strayed: 0 });
    }

    #[test]
    fn loss_and_jitter_follow_from_the_seed_alone() {
        let run = |seed| {
            let mut fabric = fabric(seed);
            let millis = Duration::from_millis;
            let rule = Rule { loss_ppm: 200_000, delay: millis(3), jitter: millis(9), ..Rule::default() };
            fabric.set(None, Some(1), rule);
            (0..200).for_each(|mark| fabric.take(Duration::ZERO, 0, &packet(0, 1, mark)));
            assert!(fabric.deadline().unwrap() >= Duration::from_millis(3));
            marks(&mut fabric, LATER)
        };
        let (first, second) = (run(5), run(6));
        assert_eq!(first, run(5));
        assert_ne!(first, second);
        assert!((130..190).contains(&first.len()), "{} of 200 arrived", first.len());
        assert!(!first.is_sorted(), "nobody was overtaken");
    }

    #[test]
    fn an_address_is_where_its_last_packet_came_from() {
        let mut fabric = fabric(1);
        let public = |from: [u8; 4], to: [u8; 4]| {
            let mut bytes = packet(0, 0, 9);
            bytes[12..16].copy_from_slice(&from);
            bytes[16..20].copy_from_slice(&to);
            bytes
        };
        let (client, service) = ([10, 77, 0, 1], [10, 78, 0, 1]);
        fabric.take(Duration::ZERO, 0, &public(client, service));
        assert_eq!(fabric.counts().strayed, 1);
        for home in [1, 2] {
            fabric.take(Duration::ZERO, home, &public(service, client));
            fabric.take(Duration::ZERO, 0, &public(client, service));
            assert_eq!(marks(&mut fabric, LATER), [(0, 9), (home, 9)]);
        }
    }

    #[test]
    fn what_is_no_packet_is_dropped() {
        let mut fabric = fabric(1);
        for bytes in [&[][..], &[0x45; 19], &[0x60; 39], &[0xF0; 60]] {
            fabric.take(Duration::ZERO, 0, bytes);
        }
        assert_eq!(marks(&mut fabric, LATER), []);
        assert_eq!(fabric.counts().strayed, 4);
    }
}
