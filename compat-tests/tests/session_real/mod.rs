//! `legacy-client` beside real ctdbd: every typed call against what the C tool says, messages between clients on two
//! nodes, the leader's own messages, and a ctdbd that goes away and comes back.

mod calls;
mod lost;
mod messages;
mod tunnels;

use std::time::Duration;

use legacy_client::{Client, Event, Options};
use legacy_codec::SrvId;

const SOON: Duration = Duration::from_secs(30);

/// In the range that C CTDB leaves to its tests.
const SRVID: SrvId = SrvId(0xAE00_7C54_0000_0001);

const OTHER: SrvId = SrvId(0xAE00_7C54_0000_0002);

async fn connect(node: &compat_tests::Node) -> Client {
    Client::connect(node.socket(), Options::default()).await.unwrap()
}

/// The next message, in time.
async fn message(client: &Client) -> legacy_client::Message {
    tokio::time::timeout(SOON, client.next_message()).await.expect("a message in time").expect("a connection")
}

/// The next event, in time.
async fn event(client: &Client) -> Event {
    tokio::time::timeout(SOON, client.next_event()).await.expect("an event in time").expect("a connection")
}
