//! The last changes of state of a service.

use std::collections::VecDeque;

/// Puts an item behind the others; the oldest go when there are more than `keep`.
pub(crate) fn remember<T>(list: &mut VecDeque<T>, item: T, keep: usize) {
    list.push_back(item);
    trim(list, keep);
}

pub(crate) fn trim<T>(list: &mut VecDeque<T>, keep: usize) {
    let surplus = list.len().saturating_sub(keep);
    list.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go() {
        let mut list = VecDeque::new();
        (0..5).for_each(|n| remember(&mut list, n, 3));
        assert_eq!(list, [2, 3, 4]);
        trim(&mut list, 1);
        assert_eq!(list, [4]);
    }
}
