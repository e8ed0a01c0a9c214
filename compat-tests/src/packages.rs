//! Which Debian package brings which program, and the one command that installs what is missing.
//!
//! A missing package fails a test; it never skips one. `scripts/install-packages` installs the same list.

use std::env;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::mix::other_c;

/// A program of another project that tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `ctdbd`, the cluster daemon.
    Ctdbd,
    /// `ctdb`, its command line.
    Ctdb,
    /// `tcpdump`, which records captures.
    Tcpdump,
    /// `smbd`, the file server.
    Smbd,
    /// `smbclient`, which talks to it.
    Smbclient,
    /// `smbstatus`, which lists what its clients have open.
    Smbstatus,
    /// `net`, which administers it.
    Net,
    /// `ip`, which makes links between network namespaces.
    Ip,
    /// `unshare`, which makes the namespaces.
    Unshare,
    /// `nsenter`, which runs a program in one.
    Nsenter,
    /// `prlimit`, which takes descriptors from a running program.
    Prlimit,
    /// `systemd-analyze`, which checks units.
    SystemdAnalyze,
    /// `ocf-tester`, which checks resource agents.
    OcfTester,
    /// `nginx`, a web server that tests look after.
    Nginx,
    /// `xmllint`, with which it checks their description.
    Xmllint,
}

impl Tool {
    fn program(self) -> &'static str {
        match self {
            Self::Ctdbd => "ctdbd",
            Self::Ctdb => "ctdb",
            Self::Tcpdump => "tcpdump",
            Self::Smbd => "smbd",
            Self::Smbclient => "smbclient",
            Self::Smbstatus => "smbstatus",
            Self::Net => "net",
            Self::Ip => "ip",
            Self::Unshare => "unshare",
            Self::Nsenter => "nsenter",
            Self::Prlimit => "prlimit",
            Self::SystemdAnalyze => "systemd-analyze",
            Self::OcfTester => "ocf-tester",
            Self::Nginx => "nginx",
            Self::Xmllint => "xmllint",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Ctdbd | Self::Ctdb => "ctdb",
            Self::Tcpdump => "tcpdump",
            Self::Smbd | Self::Smbstatus => "samba",
            Self::Smbclient => "smbclient",
            Self::Net => "samba-common-bin",
            Self::Ip => "iproute2",
            Self::Unshare | Self::Nsenter | Self::Prlimit => "util-linux",
            Self::SystemdAnalyze => "systemd",
            Self::OcfTester => "resource-agents",
            Self::Nginx => "nginx-light",
            Self::Xmllint => "libxml2-utils",
        }
    }

    /// The cluster daemon and its tool may be those of another Samba than Debian's.
    fn other(self) -> Option<PathBuf> {
        matches!(self, Self::Ctdbd | Self::Ctdb).then(other_c).flatten()
    }

    fn find(self) -> Option<PathBuf> {
        if let Some(dir) = self.other() {
            let places = ["sbin", "bin", ""].map(|place| dir.join(place).join(self.program()));
            return places.into_iter().find(|file| file.is_file());
        }
        // Daemons live in /usr/sbin, which is not on the path of every user.
        let path = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&path)
            .chain(["/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from))
            .map(|dir| dir.join(self.program()))
            .find(|file| file.is_file())
    }

    /// Where the program is.
    ///
    /// # Errors
    /// [`Error::MissingPackages`] with the command to type.
    pub fn path(self) -> Result<PathBuf> {
        self.find().ok_or_else(|| missing(&[self]))
    }
}

/// Checks that all of `tools` are installed.
///
/// # Errors
/// [`Error::MissingPackages`] with one command that installs all that is missing.
pub fn require(tools: &[Tool]) -> Result<()> {
    let absent: Vec<Tool> = tools.iter().copied().filter(|tool| tool.find().is_none()).collect();
    if absent.is_empty() { Ok(()) } else { Err(missing(&absent)) }
}

fn missing(tools: &[Tool]) -> Error {
    // No package brings it.
    if let Some((tool, dir)) = tools.iter().find_map(|tool| Some((tool, tool.other()?))) {
        return Error::OtherC { program: tool.program(), dir };
    }
    let mut packages: Vec<&str> = tools.iter().map(|tool| tool.package()).collect();
    packages.sort_unstable();
    packages.dedup();
    let sudo = if nix::unistd::geteuid().is_root() { "" } else { "sudo " };
    Error::MissingPackages {
        programs: tools.iter().map(|tool| tool.program()).collect::<Vec<_>>().join(", "),
        command: format!("{sudo}apt-get install -y {}", packages.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_programs_are_answered_with_one_command_that_names_each_package_once() {
        let text = missing(&[Tool::Tcpdump, Tool::Ctdbd, Tool::Ctdb]).to_string();
        assert!(text.starts_with("not installed: tcpdump, ctdbd, ctdb; type: "), "{text}");
        assert!(text.ends_with("apt-get install -y ctdb tcpdump"), "{text}");
    }

    #[test]
    fn the_install_script_knows_every_program_and_its_package() {
        let script =
            std::fs::read_to_string(crate::binaries::workspace().join("scripts/install-packages")).unwrap();
        let samba = [Tool::Smbd, Tool::Smbclient, Tool::Smbstatus, Tool::Net];
        let network = [Tool::Tcpdump, Tool::Ip, Tool::Unshare, Tool::Nsenter, Tool::Prlimit];
        let services = [Tool::SystemdAnalyze, Tool::OcfTester, Tool::Nginx, Tool::Xmllint];
        for tool in [Tool::Ctdbd, Tool::Ctdb].into_iter().chain(services).chain(samba).chain(network) {
            let row = format!("{} {}", tool.program(), tool.package());
            assert!(script.lines().any(|line| line == row), "no line {row:?}");
        }
    }
}
