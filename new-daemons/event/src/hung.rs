//! Programs that were given up: scripts that hang, and those of a monitor event that was cancelled.
//!
//! They belong to no event any more, and the next one does not wait for them. One that hangs is first shown to the debug
//! hook, if there is one and it does not look at another already; then its process group is asked to end, and killed after
//! a grace. C leaves a hung script alone when it has no hook, and waits for a hook without a limit; here both end (EVT-12,
//! EVT-26).

use std::collections::BTreeMap;
use std::time::Duration;

use machine::{Output, Time};

use crate::input::{Effect, Token};
use crate::limits::{DEBUG, GRACE};
use crate::word::Word;

#[derive(Debug)]
struct Hook {
    /// The hook.
    token: Token,
    /// The script that it looks at.
    script: Token,
    until: Time,
}

#[derive(Debug, Default)]
pub(crate) struct Hung {
    /// Scripts, and whether they were asked to end.
    scripts: BTreeMap<Token, bool>,
    hook: Option<Hook>,
    /// Hooks that took too long and are being killed.
    late: Vec<Token>,
}

/// What a program that ended was.
pub(crate) enum Was {
    Script,
    Hook,
    Unknown,
}

impl Hung {
    /// A script hangs. `hook` is a token for the debug hook, if there is one.
    pub(crate) fn add(
        &mut self,
        now: Time,
        script: Token,
        pid: Option<i32>,
        event: &Word,
        hook: Option<Token>,
    ) -> Effect {
        self.scripts.insert(script, false);
        if let (Some(token), Some(pid), None) = (hook, pid, &self.hook) {
            self.hook = Some(Hook { token, script, until: now + DEBUG });
            return Effect::Debug { token, pid, event: event.clone() };
        }
        self.end(script, GRACE)
    }

    /// The script of a cancelled event: it is killed at once, as C does it.
    pub(crate) fn kill(&mut self, script: Token) -> Effect {
        self.end(script, Duration::ZERO)
    }

    fn end(&mut self, script: Token, grace: Duration) -> Effect {
        self.scripts.insert(script, true);
        Effect::End { token: script, grace }
    }

    /// A program ended; if it was the hook, its script is next.
    pub(crate) fn ended(&mut self, token: Token) -> (Was, Option<Effect>) {
        if self.hook.as_ref().is_some_and(|hook| hook.token == token) {
            return (Was::Hook, self.release());
        }
        let late = self.late.len();
        self.late.retain(|hook| *hook != token);
        if late != self.late.len() {
            return (Was::Hook, None);
        }
        match self.scripts.remove(&token) {
            Some(_) => (Was::Script, None),
            None => (Was::Unknown, None),
        }
    }

    /// The hook looks no longer.
    fn release(&mut self) -> Option<Effect> {
        let hook = self.hook.take()?;
        (self.scripts.get(&hook.script) == Some(&false)).then(|| self.end(hook.script, GRACE))
    }

    pub(crate) fn tick(&mut self, now: Time) -> Vec<Effect> {
        match &self.hook {
            Some(hook) if hook.until <= now => {
                let token = hook.token;
                self.late.push(token);
                let kill = Effect::End { token, grace: Duration::ZERO };
                std::iter::once(kill).chain(self.release()).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn timeout(&self) -> Option<Time> {
        self.hook.as_ref().map(|hook| hook.until)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scripts.is_empty() && self.hook.is_none() && self.late.is_empty()
    }

    pub(crate) fn check(&self) {
        let waiting = self.scripts.values().filter(|asked| !**asked).count();
        assert!(waiting <= 1, "each script that hangs is looked at, or was asked to end");
        assert_eq!(
            waiting == 1,
            self.hook.as_ref().is_some_and(|hook| self.scripts.contains_key(&hook.script))
        );
    }
}

/// The lines of an output, without empty ones, as C logs them; at most `limit`, the last ones.
pub(crate) fn lines(output: &Output, limit: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.bytes);
    let all: Vec<&str> = text.split('\n').filter(|line| !line.is_empty()).collect();
    let first = all.len().saturating_sub(limit);
    let left_out =
        (first > 0 || output.omitted > 0).then(|| "[what was printed before is left out]".to_owned());
    left_out.into_iter().chain(all.into_iter().skip(first).map(str::to_owned)).collect()
}
