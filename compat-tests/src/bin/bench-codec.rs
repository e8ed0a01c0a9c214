//! What decoding and encoding of the legacy wire costs, beside copying the same bytes, in one run.
//!
//! Every figure is the best of several rounds of the same work, because other programs of the machine can only add to it.
//! "Copy" is a memcpy into a buffer that is there already. The packets are those of the gate that counts instructions.

use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(40);

/// Nanoseconds of one time of `work`: the best round.
fn measure(mut work: impl FnMut()) -> f64 {
    let mut times = 1_u32;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        loop {
            let start = Instant::now();
            for _ in 0..times {
                work();
            }
            let took = start.elapsed();
            if took < ROUND / 2 && times < u32::MAX / 2 {
                times *= 2;
                continue;
            }
            best = best.min(took.as_secs_f64() * 1e9 / f64::from(times));
            break;
        }
    }
    best
}

fn main() {
    println!("{:<34} {:>8}  {:>21}  {:>21}  {:>21}", "", "", "decode", "encode", "copy");
    println!(
        "{:<34} {:>8}  {:>11} {:>9}  {:>11} {:>9}  {:>11} {:>9}",
        "packet", "bytes", "ns", "GB/s", "ns", "GB/s", "ns", "GB/s"
    );
    for case in gate::codec::cases().into_iter().chain(gate::codec::seen()) {
        let mut buffer = vec![0; case.bytes.len()];
        let figures = [
            measure(|| {
                black_box((case.decode)(black_box(&case.bytes)));
            }),
            measure(|| {
                black_box((case.encode)());
            }),
            measure(|| black_box(&mut buffer).copy_from_slice(black_box(&case.bytes))),
        ];
        let size = u32::try_from(case.bytes.len()).map_or(0.0, f64::from);
        let cells: Vec<_> = figures.iter().map(|ns| format!("{ns:>11.1} {:>9.2}", size / ns)).collect();
        println!("{:<34} {:>8}  {}", case.name, case.bytes.len(), cells.join("  "));
    }
}
