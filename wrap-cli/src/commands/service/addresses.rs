//! `service addresses`: which addresses the node has for its clients, told by whoever hands them out.
//!
//! With `--current` it is ctdbd that is asked which public addresses are here; on which interface, and with how many bits,
//! is what the kernel says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use clap::Args;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use protocol::service::{ServiceAddress, ServiceAddresses};
use protocol::services::service;

use super::daemon;
use crate::commands::said::Said;
use crate::context::Context;
use crate::error::{Error, system};
use crate::model::{Network, interface_name};

/// Arguments of `service addresses`.
#[derive(Args, Clone, Debug)]
#[group(id = "which", required = true, multiple = false)]
pub(crate) struct AddressesArgs {
    /// Address with the bits of its network and its interface: 10.0.2.132/24@eth0
    #[arg(value_name = "ADDRESS", value_parser = address, group = "which")]
    addresses: Vec<ServiceAddress>,

    /// The public addresses that ctdbd says are here
    #[arg(long, group = "which")]
    current: bool,

    /// No address at all
    #[arg(long, group = "which")]
    none: bool,
}

fn address(text: &str) -> Result<ServiceAddress, &'static str> {
    let (network, interface) = text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
    let interface = interface.map_or_else(|| Ok(String::new()), interface_name)?;
    let Network { ip, bits } = network.parse()?;
    Ok(ServiceAddress { address: ip.to_string(), bits: bits.into(), interface })
}

/// As it is typed.
pub(crate) fn shown(address: &ServiceAddress) -> String {
    let at = if address.interface.is_empty() { "" } else { "@" };
    format!("{}/{}{at}{}", address.address, address.bits, address.interface)
}

/// The address in a socket address of the kernel.
fn ip(storage: &SockaddrStorage) -> Option<IpAddr> {
    let four = storage.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
    four.or_else(|| storage.as_sockaddr_in6().map(|six| IpAddr::V6(six.ip())))
}

fn bits(mask: IpAddr) -> u32 {
    match mask {
        IpAddr::V4(mask) => mask.to_bits().leading_ones(),
        IpAddr::V6(mask) => mask.to_bits().leading_ones(),
    }
}

/// All addresses on interfaces of this machine: with their bits and interfaces.
fn on_interfaces() -> Result<Vec<(IpAddr, u32, String)>, Error> {
    let cannot = |errno: nix::Error| Error::File {
        path: "addresses of this machine".into(),
        message: system(&errno.into()),
    };
    let one = |it: nix::ifaddrs::InterfaceAddress| {
        let address = ip(&it.address?)?;
        let mask = it.netmask.as_ref().and_then(ip).map_or(if address.is_ipv4() { 32 } else { 128 }, bits);
        Some((address, mask, it.interface_name))
    };
    Ok(getifaddrs().map_err(cannot)?.filter_map(one).collect())
}

/// What ctdbd says is here.
async fn current(cx: &Context) -> Result<Vec<ServiceAddress>, Error> {
    let cluster = cx.addresses().await?;
    let here = cluster.this_node();
    let question = "its public addresses";
    let known = cluster.addresses(here).await;
    let known = known.map_err(|failure| Error::Question { node: here, question, failure })?;
    let there: BTreeMap<_, _> =
        on_interfaces()?.into_iter().rev().map(|(ip, bits, interface)| (ip, (bits, interface))).collect();
    let own = known.into_iter().filter(|address| address.node == Some(here)).map(|address| {
        let seen = there.get(&address.ip);
        let whole = if address.ip.is_ipv4() { 32 } else { 128 };
        let (bits, interface) =
            seen.map_or((whole, String::new()), |(bits, interface)| (*bits, interface.clone()));
        ServiceAddress { address: address.ip.to_string(), bits, interface }
    });
    Ok(own.collect())
}

pub(crate) async fn run(cx: &Context, wanted: AddressesArgs) -> Result<Said, Error> {
    let addresses = if wanted.current { current(cx).await? } else { wanted.addresses };
    let told: Vec<_> = addresses.iter().map(shown).collect();
    daemon(cx).await?.ask::<service::Addresses>(&ServiceAddresses { addresses }).await?;
    let told = if told.is_empty() { "no address".to_owned() } else { told.join(" ") };
    Ok(Said::new(format!("the services are told of {told}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_is_read() {
        for text in ["10.0.2.132/24@eth0", "fd00::2/64@bond0.100", "10.0.2.132/24"] {
            assert_eq!(shown(&address(text).unwrap()), text);
        }
        for text in ["10.0.2.132", "10.0.2.132/33@eth0", "10.0.2.132/24@", "10.0.2.132/24@a b", ""] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_loopback_interface_has_its_address_with_eight_bits() {
        let all = on_interfaces().unwrap();
        let localhost: IpAddr = [127, 0, 0, 1].into();
        assert!(all.contains(&(localhost, 8, "lo".into())), "{all:?}");
    }
}
