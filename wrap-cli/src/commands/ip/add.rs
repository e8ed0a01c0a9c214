//! `ip add` and `ip del`: nodes come to know a public address, or forget it.
//!
//! Neither changes the file of public addresses. An address that is there already, or not there, is no error: a
//! command that is given twice has done what was asked. The facts are those of `control_addip` and `control_delip`.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::info::InfoArgs;
use crate::backend::Addresses;
use crate::commands::asked::{Answers, ask};
use crate::commands::node::done::Done;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::{Network, interface_name};

/// Arguments of `ip add`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Addition {
    /// Public address with the bits of its network
    #[arg(value_name = "ADDR/BITS")]
    address: Network,

    /// Interface that it is to be on
    #[arg(value_name = "IFACE", value_parser = interface_name, add = ArgValueCompleter::new(live::interfaces))]
    interface: String,
}

fn done(result: &str) -> Done {
    Done { result: result.into() }
}

async fn knows(cluster: &dyn Addresses, pnn: u32, ip: std::net::IpAddr) -> Result<bool, Failure> {
    Ok(cluster.addresses(pnn).await?.iter().any(|address| address.ip == ip))
}

pub(crate) async fn add(cx: &Context, wanted: Addition) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let (cluster, wanted) = (&*cluster, &wanted);
        async move {
            if knows(cluster, pnn, wanted.address.ip).await? {
                return Ok(done("known already"));
            }
            cluster.add_address(pnn, wanted.address, &wanted.interface).await?;
            cluster.favour(pnn).await?;
            Ok(done("added; comes with the next 'ip reallocate'"))
        }
    })
    .await
}

pub(crate) async fn delete(cx: &Context, wanted: InfoArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &*cluster;
        async move {
            if !knows(cluster, pnn, wanted.address).await? {
                return Ok(done("not known"));
            }
            cluster.delete_address(pnn, wanted.address).await?;
            Ok(done("deleted; goes with the next 'ip reallocate'"))
        }
    })
    .await
}
