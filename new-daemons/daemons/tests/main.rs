//! All tests beside the sources, as one program: each further one would be linked on its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers, which clippy does not see as tests.

mod bus;
mod runners;
mod serviced;

use std::time::Duration;

use ::bus::calls::News;
use protocol::interface::Tell;
use runtime::Subscription;

/// Nothing here takes longer unless it hangs.
const SOON: Duration = Duration::from_secs(60);

/// The next event that is told; others before it are passed over.
async fn told<T: Tell>(events: &mut Subscription) -> T {
    let next = async {
        loop {
            match events.next().await {
                News::Event { topic, body } if topic == T::TOPIC => return T::from_bytes(&body).unwrap(),
                News::Event { .. } | News::Up => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(SOON, next).await.expect("it is not told")
}
