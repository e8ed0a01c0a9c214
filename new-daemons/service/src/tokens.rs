//! The tokens of operations: none is used twice, not even by a daemon that comes after this one.

use crate::io::Token;

/// Tokens are reserved in such numbers, so that what is saved changes seldom.
const RESERVED: u64 = 4096;

#[derive(Debug)]
pub(crate) struct Tokens {
    next: u64,
    /// Tokens below it may have been used when the daemon is killed now.
    reserved: u64,
    /// Tokens below it are those of a daemon before this one.
    first: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { next: 1, reserved: 1, first: 1 }
    }
}

impl Tokens {
    pub(crate) fn take(&mut self) -> Token {
        let token = Token(self.next);
        self.next += 1;
        if self.next > self.reserved {
            self.reserved = self.next + RESERVED;
        }
        token
    }

    /// Whether it is of a daemon before this one.
    pub(crate) const fn is_old(&self, token: Token) -> bool {
        token.0 < self.first
    }

    /// Where a daemon after this one has to go on.
    pub(crate) fn to_be_saved(&self) -> u64 {
        self.reserved.max(self.next)
    }

    /// A daemon before this one would have gone on from there, and has used these.
    pub(crate) fn inherit(&mut self, next: u64, used: impl Iterator<Item = Token>) {
        let used = used.map(|token| token.0.saturating_add(1));
        self.next = used.fold(next.max(self.next), u64::max);
        (self.first, self.reserved) = (self.next, self.next);
    }

    /// Panics when one of these was never given, or tokens are not reserved.
    pub(crate) fn check(&self, used: impl Iterator<Item = Token>) {
        used.for_each(|token| assert!(token.0 < self.next, "{token:?} was never given"));
        assert!(self.next <= self.reserved + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_uses_no_token_of_the_one_before_it_however_that_ended() {
        let mut before = Tokens::default();
        let used: Vec<Token> = (0..5000).map(|_| before.take()).collect();
        let mut after = Tokens::default();
        after.inherit(before.to_be_saved(), [Token(9000)].into_iter());
        let token = after.take();
        assert!(!used.contains(&token) && token.0 > 9000 && !after.is_old(token));
        assert!(used.iter().all(|token| after.is_old(*token)));
        after.check(used.into_iter());
    }
}
