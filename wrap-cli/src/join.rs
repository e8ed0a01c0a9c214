//! Several futures on one task, side by side, with their results in order.
//!
//! For a handful of questions to a handful of nodes; each waking looks at all that are not done.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Waits for all of them.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Waiting(Pin<Box<F>>),
        Done(F::Output),
    }
    let mut slots: Vec<Slot<F>> = futures.into_iter().map(|f| Slot::Waiting(Box::pin(f))).collect();
    poll_fn(|cx| {
        for slot in &mut slots {
            if let Slot::Waiting(future) = slot
                && let Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = Slot::Done(output);
            }
        }
        if slots.iter().any(|slot| matches!(slot, Slot::Waiting(_))) {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    slots
        .into_iter()
        .filter_map(|slot| match slot {
            Slot::Done(output) => Some(output),
            Slot::Waiting(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn results_come_in_order_whoever_is_first() {
        let (first, wait_first) = oneshot::channel();
        let (second, wait_second) = oneshot::channel();
        second.send(2).unwrap();
        let all = join_all([wait_first, wait_second]);
        tokio::pin!(all);
        tokio::select! {
            biased;
            _ = &mut all => panic!("done before the first"),
            () = std::future::ready(()) => {}
        }
        first.send(1).unwrap();
        assert_eq!(all.await, [Ok(1), Ok(2)]);
        assert!(join_all(Vec::<std::future::Ready<()>>::new()).await.is_empty());
    }
}
