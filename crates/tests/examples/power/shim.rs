//! The shim by itself: known calls, and what it must write down or refuse.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::replay::{Place, recorder};
use crate::trace::{Op, Trace};

/// Makes the known calls; runs with the shim loaded.
pub fn calls(folder: &Path) -> Result<()> {
    let path = folder.join("clearway.db");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    file.write_all(b"abcdef")?;
    file.seek(SeekFrom::Start(2))?;
    file.write_all(b"XY")?;
    file.sync_all()?;
    file.set_len(3)?;
    file.sync_data()?;
    let mut note = OpenOptions::new().append(true).create(true).open(folder.join("acks"))?;
    note.write_all(b"one\n")?;
    note.write_all(b"two\n")?;
    drop(file);
    File::open(folder)?.sync_all()?;
    std::fs::rename(&path, folder.join("clearway.db-wal"))?;
    std::fs::remove_file(folder.join("clearway.db-wal"))?;
    // Outside of the folder, and below it: none of its business.
    let below = folder.join("below");
    std::fs::create_dir(&below)?;
    std::fs::write(below.join("clearway.db"), "unseen")?;
    Ok(())
}

/// Writes ten bytes twice, flushes and reads them back, and says what each call answered.
pub fn faults(folder: &Path) -> Result<()> {
    let mut said = Vec::new();
    let mut say = |what: &str, answer: std::io::Result<usize>| match answer {
        Ok(count) => said.push(format!("{what}={count}")),
        Err(error) => said.push(format!("{what}=E{}", error.raw_os_error().unwrap_or(0))),
    };
    let path = folder.join("clearway.db");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
    say("write", file.write(b"0123456789"));
    say("write", file.write(b"0123456789"));
    say("flush", file.sync_data().map(|()| 0));
    file.seek(SeekFrom::Start(0))?;
    say("read", file.read(&mut [0; 64]));
    println!("{}", said.join(" "));
    Ok(())
}

/// Runs both with the shim loaded, and compares.
pub fn prove(place: &Place) -> Result<()> {
    let (folder, file) = (place.images.join("shim"), place.work.join("shim.trace"));
    ensure!(recorder(place, &folder, &file, 0, "calls")?.status()?.success(), "the known calls failed");
    let trace = Trace::read(&file)?;
    let seen: Vec<String> = trace.ops.iter().map(|op| told(&trace, op)).collect();
    let expected = [
        "made 1 clearway.db",
        "written 1 at 0 abcdef",
        "written 1 at 2 XY",
        "flushed 1 upto 3",
        "cut 1 to 3",
        "flushed 1 upto 5",
        "made 2 acks",
        "written 2 at 0 one\n",
        "written 2 at 4 two\n",
        "folder flushed upto 9",
        "renamed clearway.db clearway.db-wal",
        "unlinked clearway.db-wal",
    ];
    ensure!(seen == expected, "the shim wrote down {seen:#?}");
    let answers = [
        ("9:eio", "write=10 write=10 flush=0 read=20"),
        ("2:eio", "write=E5 write=10 flush=0 read=10"),
        ("2:enospc", "write=E28 write=10 flush=0 read=10"),
        ("2:enospc:on", "write=E28 write=E28 flush=E28 read=E5"),
        ("3:short", "write=10 write=5 flush=0 read=15"),
        ("2:short", "write=5 write=E28 flush=0 read=5"),
        ("4:enospc", "write=10 write=10 flush=E28 read=20"),
        ("5:eio", "write=10 write=10 flush=0 read=E5"),
    ];
    for (fail, expected) in answers {
        let mut command = recorder(place, &folder, &file, 0, "faults")?;
        let output = command.env("CLEARWAY_DISK_FAIL", fail).output()?;
        let said = String::from_utf8(output.stdout).context("no text")?;
        ensure!(said.trim() == expected, "{fail}: the calls answered {}", said.trim());
    }
    Ok(())
}

fn told(trace: &Trace, op: &Op) -> String {
    match op {
        Op::Made { file, name } => format!("made {file} {name}"),
        Op::Written { file, at, data } => {
            format!("written {file} at {at} {}", String::from_utf8_lossy(trace.data(data)))
        }
        Op::Cut { file, length } => format!("cut {file} to {length}"),
        Op::Flushed { file, upto } => format!("flushed {file} upto {upto}"),
        Op::Unlinked { name } => format!("unlinked {name}"),
        Op::Renamed { from, to } => format!("renamed {from} {to}"),
        Op::FolderFlushed { upto } => format!("folder flushed upto {upto}"),
        Op::Mapped { name, writable } => format!("mapped {name} {writable}"),
        Op::NotFlushed { file, upto } => format!("not flushed {file} upto {upto}"),
    }
}
