//! What `ctdb-tunneld` can be asked and tells, as a daemon on the bus under the name `tunnel`.
//!
//! The types are those of `spec/tunnel.x`. Under the name `probe` its machine answers besides in the plain form of
//! [`crate::probe`], which needs no understanding between the two sides.

use crate::tunnel::{
    TunnelDaemonChanged, TunnelEcho, TunnelLinkChanged, TunnelPeerChanged, TunnelPeers, TunnelStatus,
};

crate::service! {
    /// Carries messages between the daemons of the cluster's nodes, through ctdbd.
    "tunnel" {
        /// Sends the same bytes back.
        1 "echo" echo Echo (TunnelEcho) -> TunnelEcho;
        /// Tells the state of this tunneld, with its peers and the daemons of its node.
        2 "status" status Status (()) -> TunnelStatus;
        /// Tells what is known of the tunnelds of the other nodes.
        3 "peers" peers Peers (()) -> TunnelPeers;
    }
    events {
        /// The connection to ctdbd came or went.
        "tunnel.link.changed" TunnelLinkChanged;
        /// The tunneld of another node came or went.
        "tunnel.peer.changed" TunnelPeerChanged;
        /// A daemon of this node came to the tunneld or left it.
        "tunnel.daemon.changed" TunnelDaemonChanged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Code;
    use crate::interface::{Handler, Refusal};
    use crate::tunnel::TunnelPeers;
    use crate::xdr::Xdr;
    use bytes::Bytes;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    struct Fixed;

    impl Serve for Fixed {
        async fn echo(&self, argument: TunnelEcho) -> Result<TunnelEcho, Refusal> {
            Ok(argument)
        }
        async fn status(&self, (): ()) -> Result<TunnelStatus, Refusal> {
            Err(Refusal::new(Code::Busy, "not now"))
        }
        async fn peers(&self, (): ()) -> Result<TunnelPeers, Refusal> {
            Ok(TunnelPeers { node: None, peers: Vec::new() })
        }
    }

    fn ask(number: u32, argument: Bytes) -> Result<Bytes, Refusal> {
        let served = Served(Fixed);
        let answer = pin!(served.handle(number, argument));
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn a_number_leads_to_its_row_and_bytes_to_the_type_of_it() {
        let echo = TunnelEcho { data: Bytes::from_static(b"abc") }.to_bytes().unwrap();
        assert_eq!(ask(1, echo.clone()), Ok(echo.clone()));
        assert_eq!(ask(3, Bytes::new()).map(|bytes| bytes.len()), Ok(8));
        assert_eq!(ask(2, Bytes::new()).unwrap_err().code, Code::Busy);
        assert_eq!(ask(4, Bytes::new()).unwrap_err().text, "tunnel has no request 4");
        for cut in 0..echo.len() {
            assert_eq!(ask(1, echo.slice(..cut)).unwrap_err().code, Code::BadRequest);
        }
        assert_eq!(ask(2, echo).unwrap_err().code, Code::BadRequest, "bytes where nothing belongs");
    }
}
