//! What a check asks about the host that a configuration is for. Nothing is looked up here: whoever checks answers.

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

    fn version(&self) -> Option<u16> {
        self.samba
    }
}
