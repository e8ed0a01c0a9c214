//! What a check asks about the host that a configuration is for. Nothing is looked up here: whoever checks answers.

use std::collections::BTreeSet;

/// What a check has to know about the host that the file is for.
pub trait Host {
    /// Whether there is such a directory.
    fn has_directory(&self, path: &str) -> bool;

    /// Whether the configuration's directory has a file of this name that can be executed.
    fn has_script(&self, name: &str) -> bool;

    /// Whether there is a program of this path that can be executed, or of this name in the directory of callbacks.
    fn can_run(&self, path: &str) -> bool;

    /// Whether the configuration's directory has event scripts of this component: `events/NAME`.
    fn has_component(&self, name: &str) -> bool;

    /// Whether there is an OCF resource agent of this provider and type that can be executed.
    fn has_agent(&self, provider: &str, kind: &str) -> bool;

    /// Whether one of the event scripts of this component would be run: it has the name of one and can be executed.
    fn runs_scripts(&self, component: &str) -> bool;

    /// Those of these options of `script.options` that an event script of the host reads, or what these share.
    fn read_options(&self, of: &BTreeSet<String>) -> BTreeSet<String>;

    /// The topics that the daemons tell; none when nobody knows them.
    fn topics(&self) -> Vec<&'static str>;

    /// The minor version of the Samba 4 that is to read the file; none when it is not known.
    fn version(&self) -> Option<u16>;
}

/// A host that is not here, on which everything is taken to be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anywhere {
    /// The minor version of its Samba 4; none when it is not known.
    pub samba: Option<u16>,
}

impl Host for Anywhere {
    fn has_directory(&self, _: &str) -> bool {
        true
    }

    fn has_script(&self, _: &str) -> bool {
        true
    }

    fn can_run(&self, _: &str) -> bool {
        true
    }

    fn has_component(&self, _: &str) -> bool {
        true
    }

    fn has_agent(&self, _: &str, _: &str) -> bool {
        true
    }

    fn runs_scripts(&self, _: &str) -> bool {
        true
    }

    fn read_options(&self, of: &BTreeSet<String>) -> BTreeSet<String> {
        of.clone()
    }

    fn topics(&self) -> Vec<&'static str> {
        Vec::new()
    }

    fn version(&self) -> Option<u16> {
        self.samba
    }
}

/// A host on which only this is there.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Only {
    pub(crate) directories: &'static [&'static str],
    pub(crate) scripts: &'static [&'static str],
    pub(crate) programs: &'static [&'static str],
    /// Whether all components, agents and options are.
    pub(crate) others: bool,
}

/// A host on which nothing is there.
#[cfg(test)]
pub(crate) const NOWHERE: Only = Only { directories: &[], scripts: &[], programs: &[], others: false };

#[cfg(test)]
impl Host for Only {
    fn has_directory(&self, path: &str) -> bool {
        self.directories.contains(&path)
    }

    fn has_script(&self, name: &str) -> bool {
        self.scripts.contains(&name)
    }

    fn can_run(&self, path: &str) -> bool {
        self.programs.contains(&path)
    }

    fn has_component(&self, _: &str) -> bool {
        self.others
    }

    fn has_agent(&self, _: &str, _: &str) -> bool {
        self.others
    }

    fn runs_scripts(&self, _: &str) -> bool {
        self.others
    }

    fn read_options(&self, of: &BTreeSet<String>) -> BTreeSet<String> {
        if self.others { of.clone() } else { BTreeSet::new() }
    }

    fn topics(&self) -> Vec<&'static str> {
        vec!["service.health.changed", "tunnel.peer.changed"]
    }

    fn version(&self) -> Option<u16> {
        Some(17)
    }
}
