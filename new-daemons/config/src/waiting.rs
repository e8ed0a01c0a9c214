//! Things that wait for each other: an order in which nobody comes before those for whom it waits, or the circles that
//! keep it from being.
//!
//! Things are places in a list, and may come from anywhere: the check of the configuration and the service daemon ask the
//! same. The time that it takes grows with what waits, and with nothing else.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Circles that are told: with these mended, the next look tells what is left.
const CIRCLES: usize = 64;

/// The places in an order in which each stands behind those for which it waits, and else as they come; or circles, each of
/// places that wait for the next one, and the last of them for the first.
///
/// Places that are not there are passed over.
pub fn order(waits: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let mut followers = vec![Vec::new(); waits.len()];
    let mut open = vec![0_usize; waits.len()];
    for (place, others) in waits.iter().enumerate() {
        for &other in others {
            if let Some(followers) = followers.get_mut(other) {
                followers.push(place);
                open[place] += 1;
            }
        }
    }
    let mut free: BinaryHeap<_> = (0..waits.len()).filter(|place| open[*place] == 0).map(Reverse).collect();
    let mut sorted = Vec::with_capacity(waits.len());
    while let Some(Reverse(place)) = free.pop() {
        sorted.push(place);
        for &follower in &followers[place] {
            open[follower] -= 1;
            if open[follower] == 0 {
                free.push(Reverse(follower));
            }
        }
    }
    if sorted.len() == waits.len() { Ok(sorted) } else { Err(circles(waits)) }
}

/// What a walk knows of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    /// On the way to where the walk is, at this step.
    OnTheWay(usize),
    Done,
}

/// A walk along all that wait: whoever waits for somebody on the way closes a circle.
fn circles(waits: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![Seen::Not; waits.len()];
    let mut found = Vec::new();
    for first in 0..waits.len() {
        if seen[first] != Seen::Not {
            continue;
        }
        // Each place of the way with how many of those for which it waits were looked at.
        let mut way = vec![(first, 0_usize)];
        seen[first] = Seen::OnTheWay(0);
        while let Some((place, looked)) = way.last_mut() {
            let Some(&next) = waits[*place].get(*looked) else {
                seen[*place] = Seen::Done;
                way.pop();
                continue;
            };
            *looked += 1;
            match seen.get(next) {
                Some(Seen::Not) => {
                    seen[next] = Seen::OnTheWay(way.len());
                    way.push((next, 0));
                }
                Some(Seen::OnTheWay(step)) if found.len() < CIRCLES => {
                    found.push(way[*step..].iter().map(|(place, _)| *place).collect());
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_stands_behind_those_for_which_it_waits_and_else_as_they_come() {
        assert_eq!(order(&[vec![2, 1], vec![], vec![1], vec![9]]), Ok(vec![1, 2, 0, 3]));
        assert_eq!(order(&[]), Ok(vec![]));
    }

    #[test]
    fn circles_are_told_once_each_from_where_they_begin() {
        let waits = [vec![1], vec![2], vec![0, 3], vec![4, 4], vec![3], vec![5], vec![0]];
        assert_eq!(order(&waits), Err(vec![vec![0, 1, 2], vec![3, 4], vec![5]]));
    }

    #[test]
    fn long_chains_and_long_circles_take_no_more_time_than_they_are_long() {
        const MANY: usize = 300_000;
        let mut chain: Vec<Vec<usize>> = (1..=MANY).map(|next| vec![next]).collect();
        assert_eq!(order(&chain).map(|sorted| sorted[0]), Ok(MANY - 1));
        chain[MANY - 1] = vec![0];
        assert_eq!(order(&chain).map_err(|circles| (circles.len(), circles[0].len())), Err((1, MANY)));
        // Each waits for all before it in a circle: of so many no more are told than people read.
        chain.iter_mut().for_each(|waits| waits.push(0));
        assert_eq!(order(&chain).map_err(|circles| circles.len()), Err(CIRCLES));
    }

    proptest! {
        #[test]
        fn there_is_an_order_or_a_circle(waits in proptest::collection::vec(proptest::collection::vec(0..9_usize, 0..3), 0..9)) {
            match order(&waits) {
                Ok(sorted) => {
                    prop_assert_eq!(sorted.len(), waits.len());
                    let at = |place: usize| sorted.iter().position(|other| *other == place);
                    for (place, others) in waits.iter().enumerate() {
                        prop_assert!(others.iter().all(|other| at(*other).is_none_or(|other| Some(other) < at(place))));
                    }
                }
                Err(circles) => {
                    prop_assert!(!circles.is_empty());
                    for circle in circles {
                        let next = circle.iter().cycle().skip(1);
                        prop_assert!(circle.iter().zip(next).all(|(place, next)| waits[*place].contains(next)));
                    }
                }
            }
        }
    }
}
