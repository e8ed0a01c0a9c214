//! Exit statuses, the same for every command. The truth is the manual of the command line; scripts depend on it.

/// How a command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The answer is there.
    #[default]
    Done,
    /// The answer is no: something differs, or is not as it should be.
    No,
    /// The command line makes no sense.
    Usage,
    /// There is no daemon to ask.
    NoDaemon,
    /// A node did not answer in time.
    NoAnswer,
    /// The daemon refused, or its answer cannot be read.
    Refused,
    /// Some nodes answered, some did not.
    Partly,
}

impl Exit {
    /// The number for the shell.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::NoDaemon => 3,
            Self::NoAnswer => 4,
            Self::Refused => 5,
            Self::Partly => 6,
        }
    }

    /// The worse of two: what says less about the cluster.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::No => 1,
            Self::Partly => 2,
            Self::NoAnswer => 3,
            Self::Refused => 4,
            Self::NoDaemon => 5,
            Self::Usage => 6,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}
