//! `statistics`, `stats` and `dbstatistics`: the counters of a daemon and of a database, in words and for machines.
//!
//! The order and the names of the counters are an interface; the last column is a tunable of nobody. Sources:
//! `print_statistics`, `print_statistics_machine`, `print_dbstatistics`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{
    DbStatistics, GetDbStatistics, GetStatHistory, GetStatistics, LatencyCounter, Statistics, StatisticsReset,
};

use crate::databases::existing;
use crate::numbers::{atoi, low32};
use crate::output::{Piece, out, write_out};
use crate::stop::{Done, Explain, words};
use crate::table::misused;
use crate::time::{ctime, span};
use crate::tool::Tool;

/// `CTDB_PROTOCOL`, which the tool takes for a version of ctdb.
const VERSION: u32 = 1;

type Field<T> = (&'static str, fn(&T) -> u32);
type Time = (&'static str, fn(&Statistics) -> &LatencyCounter);

const FIELDS: &[Field<Statistics>] = &[
    ("num_clients", |s| s.num_clients),
    ("frozen", |s| s.frozen),
    ("recovering", |s| s.recovering),
    ("num_recoveries", |s| s.num_recoveries),
    ("client_packets_sent", |s| s.client_packets_sent),
    ("client_packets_recv", |s| s.client_packets_recv),
    ("node_packets_sent", |s| s.node_packets_sent),
    ("node_packets_recv", |s| s.node_packets_recv),
    ("keepalive_packets_sent", |s| s.keepalive_packets_sent),
    ("keepalive_packets_recv", |s| s.keepalive_packets_recv),
    ("node.req_call", |s| s.node.req_call),
    ("node.reply_call", |s| s.node.reply_call),
    ("node.req_dmaster", |s| s.node.req_dmaster),
    ("node.reply_dmaster", |s| s.node.reply_dmaster),
    ("node.reply_error", |s| s.node.reply_error),
    ("node.req_message", |s| s.node.req_message),
    ("node.req_control", |s| s.node.req_control),
    ("node.reply_control", |s| s.node.reply_control),
    ("node.req_tunnel", |s| s.node.req_tunnel),
    ("client.req_call", |s| s.client.req_call),
    ("client.req_message", |s| s.client.req_message),
    ("client.req_control", |s| s.client.req_control),
    ("client.req_tunnel", |s| s.client.req_tunnel),
    ("timeouts.call", |s| s.timeouts.call),
    ("timeouts.control", |s| s.timeouts.control),
    ("timeouts.traverse", |s| s.timeouts.traverse),
    ("locks.num_calls", |s| s.locks.num_calls),
    ("locks.num_current", |s| s.locks.num_current),
    ("locks.num_pending", |s| s.locks.num_pending),
    ("locks.num_failed", |s| s.locks.num_failed),
    ("total_calls", |s| s.total_calls),
    ("pending_calls", |s| s.pending_calls),
    ("childwrite_calls", |s| s.childwrite_calls),
    ("pending_childwrite_calls", |s| s.pending_childwrite_calls),
    ("memory_used", |s| s.memory_used),
    ("max_hop_count", |s| s.max_hop_count),
    ("total_ro_delegations", |s| s.total_ro_delegations),
    ("total_ro_revokes", |s| s.total_ro_revokes),
];

const DB_FIELDS: &[Field<DbStatistics>] = &[
    ("db_ro_delegations", |s| s.ro_delegations),
    ("db_ro_revokes", |s| s.ro_revokes),
    ("locks.num_calls", |s| s.locks.num_calls),
    ("locks.num_current", |s| s.locks.num_current),
    ("locks.num_pending", |s| s.locks.num_pending),
    ("locks.num_failed", |s| s.locks.num_failed),
];

/// What the machine form has of each time, in this order.
const TIMES: &[Time] = &[
    ("reclock_ctdbd_latency", |s| &s.reclock.ctdbd),
    ("reclock_recd_latency", |s| &s.reclock.recd),
    ("call_latency", |s| &s.call_latency),
    ("lockwait_latency", |s| &s.locks.latency),
    ("childwrite_latency", |s| &s.childwrite_latency),
];

fn average(time: &LatencyCounter) -> f64 {
    if time.num == 0 { 0.0 } else { time.total.get() / f64::from(time.num) }
}

/// Counters with a prefix stand further to the right, below the prefix.
fn fields<T>(table: &[Field<T>], counters: &T) {
    let mut group = "";
    for (name, value) in table {
        let value = value(counters);
        match name.split_once('.') {
            Some((prefix, name)) => {
                if prefix != group {
                    group = prefix;
                    out!(" ", prefix, "\n");
                }
                out!(format_args!("     {name:<22}{value:>10}\n"));
            }
            None => out!(format_args!(" {name:<22}    {value:>10}\n")),
        }
    }
}

fn buckets(title: &str, buckets: &[u32]) {
    let numbers: String = buckets.iter().map(|n| format!(" {}", n.cast_signed())).collect();
    out!(" ", title, ":", numbers, "\n");
}

fn time(title: &str, time: &LatencyCounter) {
    let (min, average, max) = (time.min.get(), average(time), time.max.get());
    out!(format_args!(" {title:<30}     {min:.6}/{average:.6}/{max:.6} sec out of {}\n", time.num));
}

fn print(s: &Statistics) {
    let (start, now) = (s.start_time.sec.0, s.current_time.sec.0);
    out!(format_args!("CTDB version {VERSION}\n"));
    out!("Current time of statistics  :                ", ctime(now));
    out!(format_args!("Statistics collected since  : ({}) {}", span(start, now), ctime(start)));
    fields(FIELDS, s);
    buckets("hop_count_buckets", &s.hop_count_bucket);
    buckets("lock_buckets", &s.locks.buckets);
    time("locks_latency      MIN/AVG/MAX", &s.locks.latency);
    time("reclock_ctdbd      MIN/AVG/MAX", &s.reclock.ctdbd);
    time("reclock_recd       MIN/AVG/MAX", &s.reclock.recd);
    time("call_latency       MIN/AVG/MAX", &s.call_latency);
    time("childwrite_latency MIN/AVG/MAX", &s.childwrite_latency);
}

/// Words with the separator behind each.
fn columns<P: Piece>(sep: &OsStr, words: impl IntoIterator<Item = P>) {
    let mut line = Vec::new();
    for word in words {
        word.put(&mut line);
        sep.put(&mut line);
    }
    line.push(b'\n');
    write_out(&line);
}

fn print_for_machines(sep: &OsStr, s: &Statistics, header: bool) {
    if header {
        let first = ["CTDB version", "Current time of statistics", "Statistics collected since"];
        let names = first.into_iter().chain(FIELDS.iter().map(|(name, _)| *name)).map(str::to_owned);
        let times = TIMES
            .iter()
            .flat_map(|(name, _)| ["num", "min", "avg", "max"].map(|part| format!("{part}_{name}")));
        columns(sep, names.chain(times));
    }
    let seconds = |time: i64| low32(time.cast_unsigned());
    let first = [VERSION, seconds(s.current_time.sec.0), seconds(s.start_time.sec.0)];
    let numbers = first.into_iter().chain(FIELDS.iter().map(|(_, value)| value(s))).map(|n| n.to_string());
    let times = TIMES.iter().map(|(_, time)| time(s)).flat_map(|time| {
        let seconds = [time.min.get(), average(time), time.max.get()].map(|n| format!("{n:.6}"));
        std::iter::once(time.num.to_string()).chain(seconds)
    });
    columns(sep, numbers.chain(times));
}

pub(crate) async fn statistics(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("statistics"));
    }
    let counters = tool.call::<GetStatistics>(tool.target, ()).await?;
    if tool.options.machine {
        print_for_machines(&tool.options.separator, &counters, true);
    } else {
        print(&counters);
    }
    Ok(())
}

pub(crate) async fn reset(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("statisticsreset"));
    }
    tool.call::<StatisticsReset>(tool.target, ()).await
}

pub(crate) async fn history(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.len() > 1 {
        return Err(misused("stats"));
    }
    let count = args.first().map_or(0, |word| atoi(word.as_bytes()));
    let list = tool.call::<GetStatHistory>(tool.target, ()).await?;
    let mut header = true;
    for (i, counters) in (0..).zip(&list.stats) {
        if counters.start_time.sec.0 == 0 {
            continue;
        }
        if tool.options.machine {
            print_for_machines(&tool.options.separator, counters, header);
            header = false;
        } else {
            print(counters);
        }
        // C quirk: counted from 0, so that one more is shown than was asked for.
        if count > 0 && i == count {
            break;
        }
    }
    Ok(())
}

pub(crate) async fn of_database(tool: &mut Tool, args: &[OsString]) -> Done {
    let [word] = args else { return Err(misused("dbstatistics")) };
    let db = existing(tool, word).await?;
    let counters = tool.call::<GetDbStatistics>(tool.target, db.id).await;
    let s = counters.explain(words!("Failed to get statistics for DB ", db.name, "\n"))?;
    out!("DB Statistics ", db.name, "\n");
    fields(DB_FIELDS, &s);
    buckets("hop_count_buckets", &s.hop_count_bucket);
    buckets("lock_buckets", &s.locks.buckets);
    time("locks_latency      MIN/AVG/MAX", &s.locks.latency);
    time("vacuum_latency     MIN/AVG/MAX", &s.vacuum);
    out!(format_args!(" Num Hot Keys:     {}\n", s.num_hot_keys.cast_signed()));
    let shown = usize::try_from(s.num_hot_keys).unwrap_or(usize::MAX);
    for hot in s.hot_keys.iter().take(shown) {
        let key: String = hot.key.iter().map(|byte| format!("{byte:02x}")).collect();
        out!(format_args!("     Count:{} Key:{key}\n", hot.count.cast_signed()));
    }
    Ok(())
}
