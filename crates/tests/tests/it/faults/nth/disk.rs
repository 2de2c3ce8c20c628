//! The n-th call to the disk fails. The calls are made to fail by `crates/tests/shim/disk.c`, which has to be there before
//! the program begins: so the test starts itself again, once for each share of the paths.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use super::paths::PATHS;
use super::town::Town;
use super::{Begun, N_MAX, compare, folder, to_the_end, whole, whole_dose};
use crate::tidy::tree;

/// Its share of the paths, as `number/shares`; set in the processes that the test starts.
const SHARE: &str = "CLEARWAY_NTH_SHARE";
/// Of so many calls one fails, in the small dose.
const STRIDE: usize = 13;
/// Processes at the same time.
const SHARES: usize = 2;
/// How a call fails: the words of the shim.
const KINDS: [&str; 3] = ["eio", "enospc", "short"];
/// This test's own name.
const NAME: &str = "faults::nth::disk::every_call_to_the_disk_of_every_path_fails_once";

#[test]
fn every_call_to_the_disk_of_every_path_fails_once() {
    match std::env::var(SHARE) {
        Ok(share) => in_the_share(&share),
        Err(_) => start_the_shares(),
    }
}

fn start_the_shares() {
    let place = folder();
    let shim = compile(place.path());
    let outputs: Vec<Output> = thread::scope(|scope| {
        let started: Vec<_> = (0..SHARES)
            .map(|number| {
                let (shim, place) = (&shim, place.path());
                scope.spawn(move || start(number, shim, place))
            })
            .collect();
        started.into_iter().map(|share| share.join().expect("no panic")).collect()
    });
    for output in outputs {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        let told = said.lines().find(|line| line.contains("calls to the disk failed"));
        println!("{}", told.expect("each share tells its count"));
    }
}

fn compile(place: &Path) -> PathBuf {
    let (source, shim) = (tree::root().join("crates/tests/shim/disk.c"), place.join("disk.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-std=gnu11", "-O2", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source).arg("-lpthread");
    assert!(compiler.status().expect("a C compiler, cc").success(), "the shim does not compile");
    shim
}

fn start(number: usize, shim: &Path, place: &Path) -> Output {
    let folder = place.join(number.to_string());
    std::fs::create_dir(&folder).expect("a folder");
    let mut share = Command::new(std::env::current_exe().expect("this program"));
    share.args(["--exact", NAME, "--nocapture"]).env(SHARE, format!("{number}/{SHARES}"));
    share.env("LD_PRELOAD", shim).env("CLEARWAY_DISK_DIR", &folder).env("CLEARWAY_DISK_SYNC_US", "0");
    share.env("CLEARWAY_DISK_HIT", place.join(format!("{number}.hit")));
    share.output().expect("started")
}

/// The disk under the share's database.
struct Disk {
    folder: PathBuf,
    hit: PathBuf,
}

impl Disk {
    fn of_this_process() -> Disk {
        let path =
            |name| PathBuf::from(std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set")));
        Disk { folder: path("CLEARWAY_DISK_DIR"), hit: path("CLEARWAY_DISK_HIT") }
    }

    /// The `n`-th call from now fails in this way.
    fn aim(&self, n: i64, kind: &str) {
        let word = std::fs::File::open(self.folder.join(format!("fail={n}:{kind}")));
        assert!(word.is_err(), "the shim takes it for its own");
    }

    /// No call fails any more; whether one did.
    fn rest(&self) -> bool {
        self.aim(0, "eio");
        std::fs::remove_file(&self.hit).is_ok()
    }
}

/// Which calls fail, and how. The whole dose is every call in every way; the small one some of the calls, the ways in turn.
fn dose(at: usize) -> impl Iterator<Item = (i64, &'static str)> {
    let whole = whole_dose();
    (1..N_MAX).flat_map(move |n| {
        let turn = usize::try_from(n).unwrap_or(0) + at;
        let kinds = match (whole, turn % STRIDE) {
            (true, _) => &KINDS[..],
            (false, 0) => &KINDS[turn / STRIDE % KINDS.len()..][..1],
            (false, _) => &[],
        };
        kinds.iter().map(move |kind| (n, *kind))
    })
}

fn in_the_share(share: &str) {
    let (number, of) = share.split_once('/').expect("number/shares");
    let (number, of): (usize, usize) = (number.parse().expect("a number"), of.parse().expect("a number"));
    let disk = Disk::of_this_process();
    let mut begun = Begun::new(&disk.folder);
    let (mut failed, mut wrong) = (0, Vec::new());
    for (at, path) in PATHS.iter().enumerate().skip(number).step_by(of) {
        let town = begun.of(path);
        let beginning = town.keep();
        let first = (path.run)(town);
        let untouched = to_the_end(town, path, first).unwrap_or_else(|why| panic!("{}: {why}", path.name));
        let mut touched = true;
        let mut last = 0;
        for (n, kind) in dose(at) {
            // Every way of failing at a call is tried before the loop may end.
            if !touched && n != last {
                break;
            }
            last = n;
            town.put_back(&beginning);
            let (hit, ended) = one(town, &disk, path, (n, kind));
            let ended = ended.and_then(|standing| compare(&untouched, &standing));
            wrong.extend(ended.err().map(|why| format!("{}, call {n}, {kind}: {why}", path.name)));
            failed += usize::from(hit);
            touched = hit;
        }
        assert!(!touched, "{} never completes untouched", path.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{failed} calls to the disk failed: nothing lost, nothing doubled");
    assert!(failed > 20, "only {failed} calls");
}

/// Goes a path while a call fails, and then to its end: whether a call failed, and where everything stands.
fn one(
    town: &Town,
    disk: &Disk,
    path: &super::Path,
    (n, kind): (i64, &str),
) -> (bool, Result<Vec<String>, String>) {
    town.note("at", format!("{}, call {n}, {kind}", path.name));
    disk.aim(n, kind);
    let first = (path.run)(town);
    let hit = disk.rest();
    let half = whole(town);
    let standing = to_the_end(town, path, first);
    (hit, half.and(standing))
}
