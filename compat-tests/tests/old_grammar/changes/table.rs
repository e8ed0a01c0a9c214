//! The commands that change something, how each is undone, and where its effect is seen.

use crate::old_grammar::masks::Mask;

/// A command, how it is undone, and where its effect is seen; `@` is a directory for files.
pub(super) struct Change {
    pub(super) run: &'static str,
    pub(super) stdin: &'static str,
    pub(super) undo: &'static [&'static str],
    pub(super) look: &'static str,
    /// What is hidden of the command's own words, and of the look.
    pub(super) mask: (Mask, Mask),
}

const fn change(run: &'static str, undo: &'static [&'static str], look: &'static str) -> Change {
    Change { run, stdin: "", undo, look, mask: (Mask::Exact, Mask::Exact) }
}

const NODES: &str = "-X nodestatus all";

/// Orders to nodes and to the cluster.
pub(super) const ORDERS: &[Change] = &[
    change("setvar MonitorInterval 7", &["setvar MonitorInterval 2"], "getvar MonitorInterval"),
    change("-n 1 setvar monitorinterval 0x9", &["-n 1 setvar MonitorInterval 2"], "-n 1 listvars"),
    change("setdebug INFO", &["setdebug NOTICE"], "getdebug"),
    change("setdebug 1", &["setdebug NOTICE"], "getdebug"),
    change("-n 2 setdebug d", &["-n 2 setdebug NOTICE"], "-n 2 getdebug"),
    change("setlmasterrole off", &["setlmasterrole on"], "getcapabilities"),
    change("-n 1 setleaderrole off", &["-n 1 setleaderrole on"], "-n 1 getcapabilities"),
    change("setifacelink lo down", &["setifacelink lo up"], "ifaces"),
    change("-n 1 setifacelink lo down", &["-n 1 setifacelink lo up"], "-n 1 ifaces"),
    change("-n 1 disable", &["-n 1 enable"], NODES),
    change("disable", &["enable"], NODES),
    change("-n 2 stop", &["-n 2 continue"], NODES),
    change("-n 1 ban 300", &["-n 1 unban"], NODES),
    change(
        "-n 1 addip 127.99.7.9/8 lo",
        &["-n 1 delip 127.99.7.9", "ipreallocate"],
        "-n 1 ipinfo 127.99.7.9",
    ),
    change("ipreallocate", &[], "ip all"),
    change("sync", &[], "ip all"),
    change("reloadips", &[], "ip all"),
    change("reloadips all", &[], "ip all"),
    change("reloadips 1,2", &[], "ip all"),
    change("recover", &[], "runstate"),
    change("-n 1 recover", &[], "runstate"),
];

/// The way back of orders.
pub(super) const BACK: &[(&str, Change)] = &[
    ("-n 1 disable", change("-n 1 enable", &["-n 1 disable"], NODES)),
    ("-n 2 stop", change("-n 2 continue", &["-n 2 stop"], NODES)),
    ("-n 1 ban 300", change("-n 1 unban", &["-n 1 ban 300"], NODES)),
];

const fn masked(
    run: &'static str,
    undo: &'static [&'static str],
    look: &'static str,
    mask: (Mask, Mask),
) -> Change {
    Change { run, stdin: "", undo, look, mask }
}

const fn fed(
    run: &'static str,
    stdin: &'static str,
    undo: &'static [&'static str],
    look: &'static str,
) -> Change {
    Change { run, stdin, undo, look, mask: (Mask::Exact, Mask::Exact) }
}

/// Databases and what is in them. A record's version counts what was done to it.
pub(super) const RECORDS: &[Change] = &[
    change("writekey v.tdb key value", &["deletekey v.tdb key"], "readkey v.tdb key"),
    change("writekey v.tdb 0x6b6579 0x00ff", &["deletekey v.tdb key"], "catdb v.tdb"),
    change("writekey v.tdb key value", &["deletekey v.tdb key"], "readkey v.tdb key readonly"),
    change("writekey v.tdb kept value", &[], "readkey v.tdb kept"),
    change("deletekey v.tdb kept", &["writekey v.tdb kept value"], "readkey v.tdb kept"),
    change("deletekey v.tdb nosuch", &[], "readkey v.tdb nosuch"),
    change("readkey v.tdb nosuch", &[], "catdb v.tdb"),
    change("pstore p.tdb key other", &["pstore p.tdb key value"], "pfetch p.tdb key"),
    masked(
        "pstore p.tdb key other",
        &["pstore p.tdb key value"],
        "getdbseqnum p.tdb",
        (Mask::Exact, Mask::Digits),
    ),
    change("pstore r.tdb key value", &["pdelete r.tdb key"], "pfetch r.tdb key"),
    change("pstore p.tdb 0x00ff 0x0a22", &["pdelete p.tdb 0x00ff"], "pfetch p.tdb 0x00ff"),
    change("pdelete p.tdb key", &["pstore p.tdb key value"], "pfetch p.tdb key"),
    change("pdelete p.tdb nosuch", &[], "pfetch p.tdb nosuch"),
    fed(
        "ptrans p.tdb",
        "\"a\" \"1\"\n  \"0x62\"\t\"0x32\"\nnonsense\n\"open\n\"a\" \"2\" more\n\"empty\" \"\"\n",
        &["pdelete p.tdb a", "pdelete p.tdb b", "pdelete p.tdb empty"],
        "pfetch p.tdb a",
    ),
    fed("ptrans p.tdb", "", &[], "pfetch p.tdb a"),
    change("ptrans p.tdb @/pairs", &["pdelete p.tdb c"], "pfetch p.tdb c"),
    change("backupdb p.tdb @/backup", &[], "pfetch p.tdb key"),
    change("backupdb v.tdb @/backup-v", &[], "readkey v.tdb key"),
    masked("dumpdbbackup @/backup", &[], "pnn", (Mask::Digits, Mask::Exact)),
    masked("dumpdbbackup @/backup-v", &[], "pnn", (Mask::Digits, Mask::Exact)),
    change("tstore @/file.tdb key other", &[], "tfetch @/file.tdb key"),
    change("tstore @/file.tdb key value", &["tstore @/file.tdb key other"], "tfetch @/file.tdb key"),
    change(
        "tstore @/file.tdb 0x6b6579 0xff22 0x10 3",
        &["tstore @/file.tdb key other"],
        "tfetch @/file.tdb key",
    ),
    change("tstore @/file.tdb key value nosuch", &[], "tfetch @/file.tdb key"),
    change("tfetch @/file.tdb nosuch", &[], "tfetch @/file.tdb key"),
    change("tfetch @/file.tdb key @/out", &[], "tfetch @/file.tdb key"),
    change("tfetch @/short.tdb key", &[], "pnn"),
    change(
        "addtickle 127.99.7.1:445 10.9.9.9:1000",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000"],
        "gettickles 127.99.7.1",
    ),
    change(
        "addtickle 127.99.7.1:445 10.9.9.9:1000",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000"],
        "-X gettickles 127.99.7.1 445",
    ),
    fed(
        "addtickle",
        "# two\n127.99.7.1:445 10.9.9.9:1000\n\n127.99.7.1:445 10.9.9.9:1001\n",
        &["deltickle 127.99.7.1:445 10.9.9.9:1000", "deltickle 127.99.7.1:445 10.9.9.9:1001"],
        "gettickles 127.99.7.1",
    ),
    fed("addtickle", "10.8.8.8:445 10.9.9.9:1000\n127.99.7.7:1 10.9.9.9:2\n", &[], "gettickles 127.99.7.1"),
    fed("deltickle", "127.99.7.1:445 10.9.9.9:1000\n", &[], "gettickles 127.99.7.1"),
    fed("deltickle", "nonsense\n", &[], "gettickles 127.99.7.1"),
    masked("statisticsreset", &[], "-X statistics", (Mask::Exact, Mask::Digits)),
    change("setdbreadonly v.tdb", &[], "getdbstatus v.tdb"),
    change("setdbsticky v.tdb", &[], "getdbstatus v.tdb"),
    change("readkey v.tdb key readonly", &[], "getdbstatus v.tdb"),
    change("attach readonly.tdb readonly", &[], "getdbstatus readonly.tdb"),
    change("attach sticky.tdb sticky", &[], "getdbstatus sticky.tdb"),
    change("attach other.tdb persistent", &[], "getdbstatus other.tdb"),
];

/// The commands that the tests of this file run.
pub(crate) const COMMANDS: &[&str] = &[
    "setvar setdebug setlmasterrole setleaderrole setifacelink disable enable stop continue ban unban addip delip",
    "ipreallocate sync reloadips recover moveip shutdown reloadnodes detach attach writekey deletekey readkey pstore",
    "pdelete pfetch ptrans backupdb dumpdbbackup restoredb wipedb tstore tfetch addtickle deltickle gettickles",
    "statisticsreset setdbreadonly setdbsticky catdb cattdb",
];
