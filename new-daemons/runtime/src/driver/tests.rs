//! A machine with a mistake in it, and those who ask it.

use std::collections::VecDeque;
use std::time::Duration;

use machine::{Machine, RequestId, Time};
use protocol::common::Code;

use super::*;

/// What happens to an [`Adder`].
#[derive(Debug)]
enum Input {
    Add { id: RequestId, number: u32 },
    Gone(u64),
    Result(u32),
}

/// Adds; answers even sums at once and odd ones never. Breaks at 3.
#[derive(Default)]
struct Adder {
    sum: u32,
    gone: Vec<u64>,
    effects: VecDeque<(RequestId, u32)>,
    due: Option<Time>,
}

impl Machine for Adder {
    type Input = Input;
    type Effect = (RequestId, u32);

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Add { id, number } => {
                self.sum += number;
                assert!(self.sum != 3, "broken on purpose");
                if self.sum.is_multiple_of(2) {
                    self.effects.push_back((id, self.sum));
                } else {
                    self.due = Some(now + Duration::from_millis(1));
                }
            }
            Input::Gone(from) => self.gone.push(from),
            Input::Result(number) => self.sum += number,
        }
    }
    fn tick(&mut self, _: Time) {
        self.due = None;
        self.sum += 100;
    }
    fn poll_effect(&mut self, _: Time) -> Option<(RequestId, u32)> {
        self.effects.pop_front()
    }
    fn poll_timeout(&self) -> Option<Time> {
        self.due
    }
}

/// Its shell, which keeps every place for results that it was given.
#[derive(Default)]
struct Abacus {
    places: Vec<Inputs<Self>>,
    broken: u32,
}

impl Shell for Abacus {
    type Machine = Adder;
    type Question = u32;
    type Answer = u32;

    const WHO: &'static str = "the adder";

    fn machine(&self) -> Adder {
        Adder::default()
    }
    fn begin(&mut self, inputs: Inputs<Self>) -> Vec<Input> {
        self.places.push(inputs);
        Vec::new()
    }
    fn question(id: RequestId, _: u64, number: u32) -> Input {
        Input::Add { id, number }
    }
    fn gone(from: u64) -> Option<Input> {
        Some(Input::Gone(from))
    }
    fn effect(&mut self, (id, sum): (RequestId, u32), hands: &mut Hands<'_, Self>) {
        assert_eq!(hands.look(|adder| adder.sum), Some(sum));
        hands.answer(id, sum);
    }
    fn broke(&mut self) {
        self.broken += 1;
    }
}

/// Drives until `done` is.
async fn drive<T>(driver: &mut Driver<Abacus>, done: impl Future<Output = T>) -> T {
    tokio::pin!(done);
    let driven = async {
        loop {
            tokio::select! {
                result = &mut done => return result,
                () = driver.turn() => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), driven).await.expect("in time")
}

#[tokio::test]
async fn a_machine_that_breaks_is_replaced_and_whoever_waits_is_told_so() {
    let (desk, wishes) = desk();
    let mut driver = Driver::new(Abacus::default(), wishes);
    assert_eq!(drive(&mut driver, desk.ask(2)).await.unwrap(), 2);
    let waiting = desk.asker();
    let waits = drive(&mut driver, waiting.ask(1)).await.unwrap();
    let refused = drive(&mut driver, waits).await;
    assert!(refused.is_err(), "its end tells");
    let refused = drive(&mut driver, desk.ask(3)).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.text.as_str()),
        (Code::Failed, "the adder had an internal error, or has ended")
    );
    assert_eq!(driver.shell().broken, 2);
    // The one before has left something behind, which reaches nobody; the fresh one begins at nothing.
    let _ = driver.shell().places[0].send(Input::Result(50));
    assert_eq!(drive(&mut driver, desk.ask(4)).await.unwrap(), 4);
    let _ = driver.shell().places[2].send(Input::Result(50));
    drive(&mut driver, async { while desk.look(|adder| adder.sum).await != Ok(54) {} }).await;
}

#[tokio::test]
async fn who_goes_away_while_he_waits_is_missed_and_who_has_his_answer_is_not() {
    let (desk, wishes) = desk();
    let mut driver = Driver::new(Abacus::default(), wishes);
    let (has, waits) = (desk.asker(), desk.asker());
    let answer = drive(&mut driver, has.ask(6)).await.unwrap();
    assert_eq!(drive(&mut driver, answer).await, Ok(6));
    let answer = drive(&mut driver, waits.ask(1)).await.unwrap();
    drive(&mut driver, async { while desk.look(|adder| adder.sum).await == Ok(6) {} }).await;
    let number = waits.number();
    drop((has, waits, answer));
    let missed = drive(&mut driver, async {
        loop {
            let gone = desk.look(|adder| adder.gone.clone()).await.unwrap();
            if !gone.is_empty() {
                return gone;
            }
        }
    });
    assert_eq!(missed.await, [number]);
    // The odd sum had a deadline.
    drive(&mut driver, async { while desk.look(|adder| adder.sum).await != Ok(107) {} }).await;
    drop(driver);
    assert_eq!(desk.ask(2).await.unwrap_err().code, Code::Stopping);
}

#[tokio::test]
async fn who_asks_and_goes_at_once_has_asked() {
    let (desk, wishes) = desk();
    let mut driver = Driver::new(Abacus::default(), wishes);
    let asker = desk.asker();
    let number = asker.number();
    drop(asker.ask(6).await);
    drop(asker);
    drive(&mut driver, async { while desk.look(|adder| adder.sum).await != Ok(6) {} }).await;
    assert_eq!(drive(&mut driver, desk.look(|adder| adder.gone.clone())).await, Ok(vec![number]));
}
