//! Client and server on tokio.

use std::sync::mpsc;
use std::time::Duration;

use bus::calls::{CallError, News, Presence};
use bytes::Bytes;
use runtime::{Bus, Joining, Requests, Subscription, Watch};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{Answer, LAST, SOON, Server, answer, server_address};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

pub(super) fn serve(joining: Joining, ready: mpsc::Sender<()>) -> Server {
    let stop = std::sync::Arc::new(Notify::new());
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || {
        runtime().block_on(async {
            let bus = Bus::join(joining).unwrap();
            let requests = bus.serve().unwrap();
            ready.send(()).unwrap();
            tokio::select! {
                () = each(&bus, requests) => {}
                () = stopped.notified() => {}
            }
        });
    });
    Server { stop: Box::new(move || stop.notify_one()), thread }
}

async fn each(bus: &Bus, mut requests: Requests) {
    while let Some(request) = requests.next().await {
        let last = request.number == LAST;
        let (events, end) = answer(request.number, request.body);
        events.into_iter().for_each(|(topic, body)| bus.publish(topic, body).unwrap());
        match end {
            Some(Ok(body)) => request.reply.done(body),
            Some(Err((code, text))) => request.reply.refuse(code, text),
            // Dropped, it would say that there is no answer: this daemon ends as one that is killed.
            None => std::mem::forget(request.reply),
        }
        if last {
            // The driver is a task of its own: it has its turn before this one goes on.
            tokio::task::yield_now().await;
            return;
        }
    }
}

pub(super) struct Client {
    runtime: Runtime,
    bus: Bus,
    watch: Option<Watch>,
    subscription: Option<Subscription>,
    begun: Option<JoinHandle<Answer>>,
}

pub(super) fn join(joining: Joining) -> Client {
    let runtime = runtime();
    let bus = runtime.block_on(async { Bus::join(joining).unwrap() });
    Client { runtime, bus, watch: None, subscription: None, begun: None }
}

impl Client {
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(SOON, future).await.expect("this hangs") })
    }
}

impl super::Client for Client {
    fn calls(&mut self, count: usize, (number, body, patience): &(u32, Bytes, Duration)) -> Vec<Answer> {
        let call = |_| {
            let (bus, body, number, patience) = (self.bus.clone(), body.clone(), *number, *patience);
            self.runtime.spawn(async move { bus.call(server_address(), number, body, patience).await })
        };
        let all: Vec<_> = (0..count).map(call).collect();
        let answer = |task: JoinHandle<Answer>| self.wait(task).unwrap_or(Err(CallError::Closed));
        all.into_iter().map(answer).collect()
    }

    fn watch(&mut self) {
        self.watch = Some(self.bus.watch(server_address()));
    }

    fn presence(&mut self) -> Presence {
        let mut watch = self.watch.take().unwrap();
        let presence = self.wait(watch.changed()).unwrap();
        self.watch = Some(watch);
        presence
    }

    fn subscribe(&mut self, prefix: &str) {
        self.subscription = Some(self.bus.subscribe(server_address(), prefix).unwrap());
    }

    fn news(&mut self) -> News {
        let mut subscription = self.subscription.take().unwrap();
        let news = self.wait(subscription.next());
        self.subscription = Some(subscription);
        news
    }

    fn begin(&mut self, (number, body, patience): (u32, Bytes, Duration)) {
        let bus = self.bus.clone();
        let call = async move { bus.call(server_address(), number, body, patience).await };
        self.begun = Some(self.runtime.spawn(call));
    }

    fn ended(&mut self) -> Answer {
        let begun = self.begun.take().unwrap();
        self.wait(begun).unwrap()
    }
}
