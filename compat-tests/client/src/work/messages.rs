//! Messages between all pairs of nodes: W6.
//!
//! Who is there says so again and again, so that letters go to the process that is there now and not to its forerunner: the
//! number of the process is in the srvid. Letters are numbered for each pair.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use judge::history::ProcId;
use judge::work::{Act, Letter, Work};
use legacy_client::{CallError, Client, Event, SendError};
use legacy_codec::{Dest, Ping, Pnn, SrvId};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use super::{Desk, Last};

/// Where those who are there say so. No daemon and no part of Samba listens in this range.
const HELLO: SrvId = SrvId(0x7C57_4800_0000_0000);
/// Where letters go, with the number of the process.
const LETTERS: u64 = 0x7C57_4C00_0000_0000;
/// Between two words of one who is there.
const AGAIN: Duration = Duration::from_millis(200);
/// Letters are large: between two of them at least.
const PACE: Duration = Duration::from_millis(20);

/// How long the daemon may take to take the last letters.
const LAST: Duration = Duration::from_secs(15);

/// What is known of the others: the process of each node, and the number of its last letter.
type Others = BTreeMap<u32, (ProcId, u64)>;

fn gone(error: &impl ToString) -> Last {
    Last::Gone(error.to_string())
}

/// Sends and receives until the process is to end.
pub(super) async fn exchange(desk: &Desk<'_>, mut work: Work) -> Result<(), Last> {
    let (client, own) = (&desk.seat.client, desk.book.proc());
    let letters = SrvId(LETTERS | u64::from(own.0));
    for srvid in [HELLO, letters] {
        client.subscribe(srvid).await.map_err(|error: CallError| gone(&error))?;
    }
    let hello: Vec<u8> = [desk.options.place.node, own.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    let hello = Bytes::from(hello);
    let pace = desk.options.pace_us.max(PACE);
    let (mut again, mut next) = (interval(AGAIN), interval_at(Instant::now() + pace, pace));
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut others, mut ends) = (Others::new(), desk.ends.clone());
    loop {
        tokio::select! {
            // Whoever could say so is gone when there is an error: then it ends as well.
            _ = ends.wait_for(|ends| *ends) => return handed_over(client).await,
            _ = again.tick() => {
                client.send(Dest::CONNECTED, HELLO, hello.clone())
                    .await.map_err(|error: SendError| gone(&error))?;
            }
            _ = next.tick() => {
                if let Some(Act::Message { size }) = work.next() {
                    write(desk, &mut others, size).await?;
                }
            }
            event = client.next_event() => match event {
                Some(Event::Message(message)) if message.srvid == HELLO => {
                    meet(&message.data, own, &mut others);
                }
                Some(Event::Message(message)) if message.srvid == letters => read(desk, &message.data)?,
                Some(Event::Lost(lost)) => {
                    return Err(Last::Broken(format!("{lost} messages were dropped in this process")));
                }
                Some(Event::Down { reason }) => return Err(Last::Gone(format!("{reason:?}"))),
                None => return Err(Last::Gone("the connection has ended".to_owned())),
                Some(_) => {}
            },
        }
    }
}

/// What was sent is with the daemon when it answers what was asked behind it.
async fn handed_over(client: &Client) -> Result<(), Last> {
    client.call_within::<Ping>(Dest::CURRENT_NODE, (), LAST).await.map(drop).map_err(|error| gone(&error))
}

fn meet(data: &[u8], own: ProcId, others: &mut Others) {
    let mut words = data.chunks_exact(4).map(|word| word.try_into().map_or(0, u32::from_le_bytes));
    let (Some(node), Some(proc)) = (words.next(), words.next().map(ProcId)) else { return };
    if proc != own && others.get(&node).is_none_or(|(known, _)| *known != proc) {
        others.insert(node, (proc, 0));
    }
}

async fn write(desk: &Desk<'_>, others: &mut Others, size: usize) -> Result<(), Last> {
    for (node, (to, n)) in others {
        *n += 1;
        desk.book.sent(*to, *n)?;
        // A wrong one says that it sent, now and then.
        if desk.options.wrong && n.is_multiple_of(10) {
            continue;
        }
        let letter = Letter { from: desk.book.proc(), to: *to, n: *n, size };
        let sent = desk.seat.client.send(Pnn(*node), SrvId(LETTERS | u64::from(to.0)), letter.bytes().into());
        sent.await.map_err(|error| gone(&error))?;
    }
    Ok(())
}

fn read(desk: &Desk<'_>, data: &[u8]) -> Result<(), Last> {
    let (letter, whole) = match Letter::read(data) {
        Ok(letter) => (letter, letter.to == desk.book.proc()),
        Err(damaged) => match damaged.0 {
            Some(letter) => (letter, false),
            None => return Err(Last::Broken(format!("a message of {} bytes has no head", data.len()))),
        },
    };
    Ok(desk.book.received(letter.from, letter.n, whole)?)
}
