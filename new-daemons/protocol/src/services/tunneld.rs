//! What `ctdb-tunneld` can be asked and tells, as a daemon on the bus under the name `tunneld`.
//!
//! The types are those of `spec/tunneld.x`. Under the name `tunnel` it answers besides in the plain form of
//! [`crate::tunnel`], which needs no understanding between the two sides.

use crate::tunneld::{
    TunneldDaemonChanged, TunneldEcho, TunneldLinkChanged, TunneldPeerChanged, TunneldPeers, TunneldStatus,
};

crate::service! {
    /// Carries messages between the daemons of the cluster's nodes, through ctdbd.
    "tunneld" {
        /// Sends the same bytes back.
        1 "echo" echo Echo (TunneldEcho) -> TunneldEcho;
        /// Tells the state of this tunneld, with its peers and the daemons of its node.
        2 "status" status Status (()) -> TunneldStatus;
        /// Tells what is known of the tunnelds of the other nodes.
        3 "peers" peers Peers (()) -> TunneldPeers;
    }
    events {
        /// The connection to ctdbd came or went.
        "tunnel.link.changed" TunneldLinkChanged;
        /// The tunneld of another node came or went.
        "tunnel.peer.changed" TunneldPeerChanged;
        /// A daemon of this node came to the tunneld or left it.
        "tunnel.daemon.changed" TunneldDaemonChanged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Code;
    use crate::service::{Handler, Refusal};
    use crate::tunneld::TunneldPeers;
    use crate::xdr::Xdr;
    use bytes::Bytes;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    struct Fixed;

    impl Serve for Fixed {
        async fn echo(&self, argument: TunneldEcho) -> Result<TunneldEcho, Refusal> {
            Ok(argument)
        }
        async fn status(&self, (): ()) -> Result<TunneldStatus, Refusal> {
            Err(Refusal::new(Code::Busy, "not now"))
        }
        async fn peers(&self, (): ()) -> Result<TunneldPeers, Refusal> {
            Ok(TunneldPeers { node: None, peers: Vec::new() })
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
        let echo = TunneldEcho { data: Bytes::from_static(b"abc") }.to_bytes().unwrap();
        assert_eq!(ask(1, echo.clone()), Ok(echo.clone()));
        assert_eq!(ask(3, Bytes::new()).map(|bytes| bytes.len()), Ok(8));
        assert_eq!(ask(2, Bytes::new()).unwrap_err().code, Code::Busy);
        assert_eq!(ask(4, Bytes::new()).unwrap_err().text, "tunneld has no request 4");
        for cut in 0..echo.len() {
            assert_eq!(ask(1, echo.slice(..cut)).unwrap_err().code, Code::BadRequest);
        }
        assert_eq!(ask(2, echo).unwrap_err().code, Code::BadRequest, "bytes where nothing belongs");
    }
}
