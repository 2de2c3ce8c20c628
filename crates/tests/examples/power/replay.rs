//! Makes recordings, and loses the power in each of them many times.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, bail, ensure};

use crate::check::{self, Found};
use crate::deeds::Plan;
use crate::image::{self, Harm};
use crate::record;
use crate::rng::{Hash, Rng};
use crate::trace::{ACKS, Op, Trace};

/// Where things are.
#[derive(Debug, Clone)]
pub struct Place {
    /// The compiled shim.
    pub shim: PathBuf,
    /// Traces go here.
    pub work: PathBuf,
    /// Images go here: memory, if the machine has a folder for that.
    pub images: PathBuf,
    /// Images looked at side by side.
    pub threads: usize,
}

/// A recording, ready to be cut off anywhere.
pub struct Recording {
    /// Its seed.
    pub seed: u64,
    /// What was to be done.
    pub plan: Plan,
    /// What the disk was asked to do.
    pub trace: Trace,
    /// Calls after which the disk is at its most interesting: flushes, notes of clients.
    sore: Vec<usize>,
}

/// This program with the shim loaded, to record in `folder` into `trace`; both are emptied first.
pub fn recorder(place: &Place, folder: &Path, trace: &Path, seed: u64, how: &str) -> Result<Command> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    if trace.exists() {
        std::fs::remove_file(trace)?;
    }
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("record").arg(folder).arg(seed.to_string()).arg(how);
    command.env("LD_PRELOAD", &place.shim);
    command.env("CLEARWAY_DISK_DIR", folder).env("CLEARWAY_DISK_TRACE", trace);
    command.stdin(Stdio::null());
    Ok(command)
}

impl Recording {
    /// The recording of a seed: the one that was made before by this very program, or a new one. Writers that run side
    /// by side never run the same way twice, so the recording belongs to what a seed means.
    pub fn of(place: &Place, seed: u64) -> Result<Self> {
        let kept = place.work.join(format!("recording-{seed}-{:016x}.trace", program()?));
        if !kept.exists() {
            let beside = kept.with_extension("part");
            let folder = place.images.join(format!("record-{seed}"));
            let plan = Plan::of(seed);
            let mut command = recorder(place, &folder, &beside, seed, "full")?;
            command.env("CLEARWAY_DISK_SYNC_US", plan.sync_us.to_string());
            ensure!(command.status()?.success(), "the workload of seed {seed} failed");
            let trace = Trace::read(&beside)?;
            complete(&trace, &folder).with_context(|| format!("recording of seed {seed}"))?;
            std::fs::remove_dir_all(&folder)?;
            std::fs::rename(&beside, &kept)?;
        }
        Self::new(seed, Plan::of(seed), Trace::read(&kept)?)
    }

    /// A recording whose disk says that a flush is done and does not do it.
    pub fn lying(place: &Place, seed: u64) -> Result<Self> {
        let (folder, file) = (place.images.join("record-lie"), place.work.join("lie.trace"));
        let mut command = recorder(place, &folder, &file, seed, "full")?;
        ensure!(command.env("CLEARWAY_DISK_LIE", "1").status()?.success(), "the workload failed");
        std::fs::remove_dir_all(&folder)?;
        Self::new(seed, Plan::of(seed), Trace::read(&file)?)
    }

    /// A recording from its parts.
    pub fn new(seed: u64, plan: Plan, trace: Trace) -> Result<Self> {
        let sore = trace.ops.iter().enumerate().filter(|(_, op)| match op {
            Op::Flushed { .. } | Op::FolderFlushed { .. } | Op::Unlinked { .. } => true,
            Op::Written { file, .. } => trace.made_as(*file).starts_with(ACKS),
            _ => false,
        });
        let sore: Vec<usize> = sore.map(|(number, _)| number).collect();
        ensure!(!trace.ops.is_empty(), "the trace is empty: was the shim loaded?");
        Ok(Self { seed, plan, trace, sore })
    }

    /// The same with some flushes taken out.
    pub fn without(&self, taken: impl Fn(&Trace, &Op) -> bool) -> Result<Self> {
        let mut trace = self.trace.clone();
        for number in 0..trace.ops.len() {
            if taken(&self.trace, &self.trace.ops[number]) {
                // The places of all other calls stay what they were.
                trace.ops[number] = Op::Mapped { name: String::new(), writable: false };
            }
        }
        Self::new(self.seed, self.plan.clone(), trace)
    }

    /// Loses the power once: where, and how, is drawn from `rng`.
    pub fn lose_power(&self, folder: &Path, rng: &mut Rng) -> Result<(usize, Harm, Found)> {
        let sore = rng.chance(1, 2);
        let cut = if sore && !self.sore.is_empty() {
            // From two calls before to two after.
            (self.sore[rng.below(self.sore.len())] + rng.below(5)).saturating_sub(1)
        } else {
            rng.below(self.trace.ops.len() + 1)
        };
        let cut = cut.min(self.trace.ops.len());
        let image = image::after_loss(&self.trace, cut, rng);
        image.lay_out(folder)?;
        let acks = check::acks(&self.trace.acks(cut));
        let found = check::image(folder, &self.plan, &acks)?;
        Ok((cut, image.harm, found))
    }
}

/// What tells this program from another build of it.
fn program() -> Result<u64> {
    let mut hash = Hash::default();
    hash.take(&std::fs::read(std::env::current_exe()?)?);
    Ok(hash.0)
}

/// Removes the recordings of earlier builds: nobody can use them any more, and they are large.
pub fn forget_others(place: &Place) -> Result<()> {
    let ours = format!("-{:016x}.trace", program()?);
    for entry in std::fs::read_dir(&place.work)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("recording-") && !name.ends_with(&ours) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The trace explains the files to the last byte, and nothing but the `-shm` file is written through memory: so no way to
/// the disk was overlooked.
fn complete(trace: &Trace, folder: &Path) -> Result<()> {
    let mut told = image::everything(trace);
    told.retain(|name, _| !name.ends_with("-shm"));
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(ACKS) || name.ends_with("-shm") {
            continue;
        }
        let there = std::fs::read(entry.path())?;
        match told.remove(&name) {
            Some(content) if content == there => {}
            Some(_) => bail!("{name} holds something that the trace does not tell of"),
            None => bail!("{name} is there and the trace does not tell of it"),
        }
    }
    ensure!(told.is_empty(), "the trace tells of {:?}, which is not there", told.keys());
    let mapped = |wanted: bool| {
        let names = trace.ops.iter().filter_map(|op| match op {
            Op::Mapped { name, writable: true } => Some(name.ends_with("-shm")),
            _ => None,
        });
        names.filter(|shm| *shm == wanted).count()
    };
    ensure!(mapped(true) > 0, "the -shm file is not mapped: how does SQLite share its index then?");
    ensure!(mapped(false) == 0, "a file other than -shm is written through memory, past the shim");
    Ok(())
}

/// What many losses did and what was found.
#[derive(Debug, Default)]
pub struct Sum {
    /// Images looked at.
    pub images: u64,
    /// What had happened to the disks.
    pub harm: Harm,
    /// Acknowledged steps that were looked for.
    pub acks: u64,
    /// Acknowledged steps that were not there or not whole.
    pub lost: u64,
    /// What was there twice.
    pub doubled: u64,
    /// Other breaks.
    pub breaks: u64,
    /// The first few, in words.
    pub stories: Vec<String>,
    /// Hash over everything, in the order of the seeds.
    pub hash: Hash,
}

impl Sum {
    fn add(&mut self, label: &str, cut: usize, harm: Harm, found: &Found) {
        self.images += 1;
        self.harm.add(harm);
        self.acks += found.acks;
        self.lost += found.lost.len() as u64;
        self.doubled += found.doubled.len() as u64;
        self.breaks += found.breaks.len() as u64;
        for number in [cut as u64, harm.dropped, harm.torn, found.hash.0, u64::from(found.well())] {
            self.hash.number(number);
        }
        if let Some(first) = found.first()
            && self.stories.len() < 5
        {
            self.stories.push(format!("{label}, cut before call {cut}: {first}"));
        }
    }

    /// Adds the sum of a later piece.
    pub fn join(&mut self, later: Sum) {
        self.images += later.images;
        self.harm.add(later.harm);
        self.acks += later.acks;
        self.lost += later.lost;
        self.doubled += later.doubled;
        self.breaks += later.breaks;
        self.stories.extend(later.stories);
        self.hash.number(later.hash.0);
    }

    /// Whether nothing was found.
    pub fn well(&self) -> bool {
        self.lost + self.doubled + self.breaks == 0
    }
}

/// Loses the power once for each number of the piece; with `first` added it is a seed, and it falls on one of the
/// recordings in turn.
pub fn piece(place: &Place, recordings: &[Recording], first: u64, piece: Range<usize>) -> Result<Sum> {
    let next = AtomicUsize::new(piece.start);
    let results = Mutex::new(Vec::with_capacity(piece.len()));
    thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..place.threads)
            .map(|worker| {
                let (next, results, piece) = (&next, &results, &piece);
                let folder = place.images.join(format!("image-{worker}"));
                scope.spawn(move || -> Result<()> {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= piece.end {
                            return Ok(());
                        }
                        let recording = &recordings[number % recordings.len()];
                        let mut rng = Rng::new(first + number as u64, 7);
                        let result = recording.lose_power(&folder, &mut rng)?;
                        results
                            .lock()
                            .map_err(|_| anyhow::anyhow!("a worker panicked"))?
                            .push((number, result));
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"))??;
        }
        Ok(())
    })?;
    let mut results = results.into_inner().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
    results.sort_by_key(|(number, _)| *number);
    let mut sum = Sum::default();
    for (number, (cut, harm, found)) in results {
        let seed = recordings[number % recordings.len()].seed;
        sum.add(&format!("seed {} on recording {seed}", first + number as u64), cut, harm, &found);
    }
    Ok(sum)
}

/// Looks for the first loss in which something is wrong; how many it took.
pub fn until_found(place: &Place, recordings: &[Recording], most: usize) -> Result<Option<(usize, String)>> {
    let folder = place.images.join("planted");
    for number in 0..most {
        let recording = &recordings[number % recordings.len()];
        let (_, _, found) = recording.lose_power(&folder, &mut Rng::new(number as u64, 9))?;
        if let Some(first) = found.first() {
            return Ok(Some((number + 1, first.to_owned())));
        }
    }
    Ok(None)
}

/// Whether a file of the trace is the database itself, and not its log.
pub fn is_database(name: &str) -> bool {
    name == record::NAME
}
