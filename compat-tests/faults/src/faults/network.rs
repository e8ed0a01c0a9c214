//! Faults of the network. Each says which directions are cut from then on.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use compat_tests::binary;
use compat_tests::switch::Rule;
use judge::Numbers;
use judge::history::What;

use super::Heal;
use crate::clock;
use crate::stage::Stage;

/// A direction between two nodes.
type Way = (usize, usize);

/// Where every ctdbd listens.
const PORT: u16 = 4379;

/// From now on nothing goes these ways, and all goes the others.
fn cut(stage: &Stage<'_>, ways: &[Way]) -> Result<()> {
    stage.cluster.link(None, None, Rule::default())?;
    for (from, to) in ways {
        stage.cluster.link(Some(*from), Some(*to), Rule { cut: true, ..Rule::default() })?;
    }
    let number = |pnn: usize| u32::try_from(pnn);
    let cut = ways.iter().map(|(from, to)| Ok((number(*from)?, number(*to)?)));
    stage.say(What::Links { cut: cut.collect::<Result<_>>()? })
}

fn mended() -> Heal {
    Box::new(|stage| cut(stage, &[]))
}

/// All ways between two sides; `side` names one of them.
fn between(nodes: usize, side: &[usize]) -> Vec<Way> {
    let all = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
    all.filter(|(from, to)| side.contains(from) != side.contains(to)).collect()
}

/// A node is cut off.
pub(super) fn cut_off(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    cut(stage, &between(stage.nodes(), victims))?;
    Ok(mended())
}

/// What a victim sends to one other is lost.
pub(super) fn one_way(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut ways = Vec::new();
    for pnn in victims {
        let others: Vec<usize> = (0..stage.nodes()).filter(|other| other != pnn).collect();
        let last = u64::try_from(others.len())?.saturating_sub(1);
        let which = usize::try_from(stage.draw(0, last))?;
        ways.push((*pnn, *others.get(which).context("there is nobody else")?));
    }
    cut(stage, &ways)?;
    Ok(mended())
}

/// Two sides: the victims with as many others as make half of the nodes, rounded down, and the rest.
pub(super) fn part(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let half = (stage.nodes() / 2).max(1);
    let others = (0..stage.nodes()).filter(|pnn| !victims.contains(pnn));
    let side: Vec<usize> = victims.iter().copied().chain(others).take(half.max(victims.len())).collect();
    cut(stage, &between(stage.nodes(), &side))?;
    Ok(mended())
}

/// Ways in an order that follows from the seed.
fn shuffled(stage: &Stage<'_>, mut ways: Vec<Way>) -> Result<Vec<Way>> {
    for last in (1..ways.len()).rev() {
        ways.swap(last, usize::try_from(stage.draw(0, u64::try_from(last)?))?);
    }
    Ok(ways)
}

fn a_moment(stage: &Stage<'_>) -> Result<()> {
    let moment = Duration::from_millis(stage.draw(50, 500));
    clock::until(Instant::now() + moment, || stage.tend())
}

/// Ways are cut one by one, and mended one by one in another order.
pub(super) fn swizzle(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let all = (0..stage.nodes()).flat_map(|from| (0..stage.nodes()).map(move |to| (from, to)));
    let all = all.filter(|(from, to)| from != to && (victims.contains(from) || victims.contains(to)));
    let order = shuffled(stage, all.collect())?;
    for count in 1..=order.len() {
        cut(stage, order.get(..count).unwrap_or_default())?;
        a_moment(stage)?;
    }
    Ok(Box::new(move |stage| {
        let order = shuffled(stage, order)?;
        for count in 1..=order.len() {
            cut(stage, order.get(count..).unwrap_or_default())?;
            a_moment(stage)?;
        }
        Ok(())
    }))
}

/// Every link loses 1 to 20 % and delays 1 to 500 ms, with 10 ms of jitter.
pub(super) fn bad_links(stage: &Stage<'_>, _: &[usize]) -> Result<Heal> {
    let loss_ppm = u32::try_from(stage.draw(10_000, 200_000))?;
    let delay = Duration::from_millis(stage.draw(1, 500));
    let rule = Rule { cut: false, loss_ppm, delay, jitter: Duration::from_millis(10) };
    stage.cluster.link(None, None, rule)?;
    Ok(mended())
}

/// Damaged packets arrive at the victims' ports, from another node's address.
pub(super) fn hostile(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut all = Vec::new();
    for pnn in victims {
        let from = (pnn + 1) % stage.nodes();
        let (program, seed) = (binary("compat-faults", "faults")?, stage.draw(0, u64::MAX));
        let builder = stage.cluster.daemon_on(from, &format!("hostile to node {pnn}"), program)?;
        let address = stage.cluster.node(*pnn).address();
        stage.may_end(*pnn);
        all.push(builder.args(["hostile", address, &seed.to_string()]).start()?);
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        all.iter().try_for_each(compat_tests::Daemon::kill9)?;
        victims.into_iter().try_for_each(|pnn| stage.back(pnn))
    }))
}

/// Sends packets to a ctdbd that are nearly well-formed, until the process is killed.
///
/// # Errors
/// When the address is none.
pub fn be_hostile(address: &str, seed: u64) -> Result<()> {
    let target = SocketAddr::new(address.parse().with_context(|| address.to_owned())?, PORT);
    let mut numbers = Numbers::new(seed);
    loop {
        // Refused and closed connections are what is to be expected.
        let Ok(mut stream) = TcpStream::connect_timeout(&target, Duration::from_secs(1)) else {
            std::thread::park_timeout(Duration::from_millis(100));
            continue;
        };
        for _ in 0..100 {
            if stream.write_all(&damaged(&mut numbers)).is_err() {
                break;
            }
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A header of the protocol with a body, of which some words are not what they should be.
fn damaged(numbers: &mut Numbers) -> Vec<u8> {
    let words = numbers.between(8, 40);
    let length = u32::try_from(words * 4).unwrap_or(32);
    // Length, magic, version, generation, operation, destination, source, request.
    let operation = u32::try_from(numbers.between(0, 12)).unwrap_or(0);
    let mut packet = vec![length, 0x4354_4442, 1, 0, operation, 0, 1, 7];
    packet.resize(usize::try_from(words).unwrap_or(8), 0);
    for word in packet.iter_mut().skip(4) {
        if numbers.between(0, 2) == 0 {
            *word = u32::try_from(numbers.draw() >> 32).unwrap_or(u32::MAX);
        }
    }
    // Of a hundred one has a wrong length, magic or version.
    if numbers.between(0, 99) == 0 {
        let which = usize::try_from(numbers.between(0, 2)).unwrap_or(0);
        packet[which] ^= u32::try_from(numbers.draw() >> 32).unwrap_or(1);
    }
    packet.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sides_have_every_way_between_them_and_none_within() {
        assert_eq!(between(3, &[1]), [(0, 1), (1, 0), (1, 2), (2, 1)]);
        assert_eq!(between(4, &[0, 1]).len(), 8);
    }

    #[test]
    fn damaged_packets_follow_from_the_seed_and_are_mostly_of_the_length_that_they_say() {
        let row = |seed| {
            let mut numbers = Numbers::new(seed);
            (0..500).map(|_| damaged(&mut numbers)).collect::<Vec<_>>()
        };
        assert_eq!(row(3), row(3));
        let honest = |packet: &&Vec<u8>| packet[..4] == u32::try_from(packet.len()).unwrap().to_le_bytes();
        let count = row(3).iter().filter(honest).count();
        assert!((480..500).contains(&count), "{count}");
    }
}
