//! A network interface whose packets a program reads and writes, in another network namespace.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

use nix::fcntl::OFlag;
use nix::libc;
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;

/// What the interface is called in its namespace.
pub(super) const NAME: &str = "eth0";

/// Makes the interface in a network namespace; it goes when the file is closed.
pub(super) fn open(namespace: &Path) -> io::Result<File> {
    let namespace = namespace.to_owned();
    // A thread of its own, for a thread that has entered a namespace does not come back.
    let made = thread::spawn(move || {
        setns(File::open(&namespace)?, CloneFlags::CLONE_NEWNET)?;
        let flags = OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = File::from(nix::fcntl::open("/dev/net/tun", flags, Mode::empty())?);
        attach(&file)?;
        Ok(file)
    });
    made.join().unwrap_or_else(|_| Err(io::Error::other("the thread that makes an interface panicked")))
}

/// `TUNSETIFF` of linux/if_tun.h, which `nix` has no function for.
#[expect(unsafe_code, reason = "an ioctl")]
fn attach(file: &File) -> io::Result<()> {
    const TUNSETIFF: libc::c_ulong = 0x4004_54CA;
    let mut name = [0; libc::IFNAMSIZ];
    for (place, byte) in name.iter_mut().zip(NAME.bytes()) {
        *place = libc::c_char::from_ne_bytes([byte]);
    }
    let flags = libc::IFF_TUN | libc::IFF_NO_PI;
    let ifr_ifru = libc::__c_anonymous_ifr_ifru {
        ifru_flags: libc::c_short::try_from(flags).map_err(io::Error::other)?,
    };
    let request = libc::ifreq { ifr_name: name, ifr_ifru };
    // SAFETY: the descriptor is open, and the kernel reads and writes no more than an ifreq, which outlives the call.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), TUNSETIFF, &raw const request) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
