//! Operations that go on: begun, ended, or too long under way, and what that means for their services and for those who wait.

use std::sync::Arc;

use machine::{Calendar, Level, Printed, Time};

use crate::answers::Waiters;
use crate::fleet::Fleet;
use crate::io::{Notice, Token, Work};
use crate::limits::TOLD_MAX;
use crate::out::Out;
use crate::outcome::{Done, How, OperationOutcome};
use crate::saved::Process;
use crate::task::{Ending, Task};
use crate::tokens::Tokens;
use crate::words::cut;

/// What the end of an operation changes.
pub(crate) struct Operations<'a> {
    pub(crate) now: Time,
    pub(crate) calendar: Calendar,
    /// Bytes of output that are kept.
    pub(crate) output: usize,
    pub(crate) all: &'a mut Fleet,
    pub(crate) tokens: &'a Tokens,
    pub(crate) waiters: &'a mut Waiters,
    pub(crate) out: &'a mut Out,
}

impl Operations<'_> {
    /// An operation has begun, in this process.
    pub(crate) fn begun(&mut self, token: Token, process: Process) {
        if let Some(at) = self.all.with(token)
            && let Some(task) = self.all[at].task.as_mut()
        {
            task.process = Some(process);
        }
    }

    /// An operation has ended.
    pub(crate) fn done(&mut self, token: Token, outcome: OperationOutcome) {
        let Some(at) = self.all.with(token) else { return };
        let Some(task) = self.all[at].task.take() else { return };
        let OperationOutcome { how, output } = outcome;
        let service = &mut self.all[at];
        if task.counted {
            // Known already. A stop that was held up by it can be tried now, and one that went well in the end was one.
            match task.work {
                Work::Stop if how.is_ok() && service.presence.is_there() => service.down(),
                Work::Stop => {}
                _ => service.presence.ask_again(),
            }
            return;
        }
        let how = match task.ending {
            Ending::Late(_) => How::TimedOut,
            Ending::Not | Ending::Dropped(_) => how,
        };
        let old = self.tokens.is_old(task.token);
        match (&task.work, task.ending) {
            // Not wanted any more; how a stop ended has to be known all the same.
            (Work::Start, Ending::Dropped(_)) => service.presence.come(),
            (Work::Check, Ending::Dropped(_)) => {
                let name = service.spec.name.clone();
                let asked = self.waiters.await_check(&name);
                self.all[at].checking.ask(asked);
            }
            (_, Ending::Dropped(_)) => {}
            // What it was told, only the daemon before this one knew; it is told again.
            (Work::Reconfigure(_), _) if old => {}
            _ => self.ended(at, &task, how, output),
        }
    }

    /// An operation counts as ended.
    fn ended(&mut self, at: usize, task: &Task, how: How, output: Printed) {
        let (now, calendar, keep) = (self.now, self.calendar, self.output);
        let service = &mut self.all[at];
        let how = match how {
            How::CannotRun(why) => How::CannotRun(cut(&why)),
            how => how,
        };
        // A check that a daemon before this one has begun counts when it took too long, but this one has to look for itself.
        let unseen = service.presence.is_inherited() && self.tokens.is_old(task.token);
        let done = service.ended(now, calendar, task, how, &output, keep);
        if unseen {
            service.presence.look_again();
        }
        let name = service.spec.name.clone();
        match &task.work {
            Work::Check => self.waiters.see_check(&name, &done),
            Work::Reconfigure(change) => {
                let done = Box::new(Done { output: done.output.tail(TOLD_MAX), ..Done::clone(&done) });
                if !done.how.is_ok() {
                    self.out.log(Level::Warning, format!("{name}: {}", done.reason));
                }
                self.out.tell(Notice::Reconfigured { service: name, change: Arc::clone(change), done });
            }
            Work::Start | Work::Stop => {}
        }
    }

    /// Ends what has taken too long, and counts what does not end.
    pub(crate) fn limits(&mut self) {
        let now = self.now;
        for at in 0..self.all.len() {
            let Some(task) = self.all[at].task.as_mut() else { continue };
            if task.next_time().is_none_or(|time| time > now) {
                continue;
            }
            match task.ending {
                Ending::Not => {
                    task.ending = Ending::Late(now);
                    let token = task.token;
                    self.out.end(token);
                }
                Ending::Late(_) => {
                    task.counted = true;
                    let task = task.clone();
                    self.ended(at, &task, How::TimedOut, Printed::default());
                }
                Ending::Dropped(_) => {
                    task.counted = true;
                    self.all[at].cannot_stop(now);
                }
            }
        }
    }
}
