//! What a disk may hold after the power failed at one moment of a recording.
//!
//! What a file's last flush covered is there. Of every write and cut after it, each may be there, be missing, be torn, or
//! have reached the disk before or after any other. Of every new, changed or removed name after the folder's last flush,
//! each may have happened or not. Nothing else is assumed, in particular not that a disk keeps any order by itself.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rng::Rng;
use crate::trace::{ACKS, Op, Trace};

/// The smallest piece that a disk writes at once; also torn within.
const SECTOR: usize = 512;

/// How many of what a power loss did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Harm {
    /// Writes and cuts that had not been flushed.
    pub pending: u64,
    /// Of these, those that never reached the disk.
    pub dropped: u64,
    /// Those that reached it after one that was made later.
    pub reordered: u64,
    /// Those of which only a part reached it.
    pub torn: u64,
    /// Changes of names that never reached it.
    pub names: u64,
}

impl Harm {
    /// Adds another's.
    pub fn add(&mut self, other: Harm) {
        self.pending += other.pending;
        self.dropped += other.dropped;
        self.reordered += other.reordered;
        self.torn += other.torn;
        self.names += other.names;
    }
}

/// Files by name, and what had happened to them.
#[derive(Debug, Default)]
pub struct Image {
    /// Name to content.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What was done to get there.
    pub harm: Harm,
}

/// How a disk treats what was not flushed; one is drawn for each image.
#[derive(Debug, Clone, Copy)]
struct Mood {
    /// Of eight writes, so many are kept.
    keeps: usize,
    /// Of eight kept writes, so many are torn.
    tears: usize,
    /// Whether they come in an order of their own.
    shuffles: bool,
    /// Whether everything after the first write that is not whole is missing.
    stops: bool,
    /// Whether room that was taken and not written holds what was there before, and not zeros.
    dirty: bool,
}

impl Mood {
    fn draw(rng: &mut Rng) -> Self {
        let (keeps, tears) = [(8, 0), (0, 0), (4, 2), (7, 2), (1, 2), (6, 8), (4, 0)][rng.below(7)];
        let (stops, dirty) = (rng.chance(1, 4), rng.chance(1, 4));
        Self { keeps, tears, shuffles: !stops && rng.chance(1, 2), stops, dirty }
    }
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<usize>,
}

/// The image after a power loss right before call `cut`.
pub fn after_loss(trace: &Trace, cut: usize, rng: &mut Rng) -> Image {
    let mood = Mood::draw(rng);
    let mut files: BTreeMap<usize, File> = BTreeMap::new();
    let mut names: Vec<usize> = Vec::new();
    let mut names_flushed = 0;
    let mut harm = Harm::default();
    for (number, op) in trace.ops[..cut].iter().enumerate() {
        match op {
            Op::Made { .. } | Op::Unlinked { .. } | Op::Renamed { .. } => names.push(number),
            Op::FolderFlushed { upto } => names_flushed = names_flushed.max(*upto),
            Op::Written { file, .. } | Op::Cut { file, .. } => {
                files.entry(*file).or_default().pending.push(number);
            }
            Op::Flushed { file, upto } => {
                let file = files.entry(*file).or_default();
                let covered = file.pending.partition_point(|number| number < upto);
                for number in file.pending.drain(..covered) {
                    apply(trace, number, &mut file.durable, None);
                }
            }
            Op::NotFlushed { file, upto } => {
                // What the failed flush was to bring is now on the disk or lost; a later flush does not bring it.
                let file = files.entry(*file).or_default();
                let covered = file.pending.partition_point(|number| number < upto);
                let orphans: Vec<usize> = file.pending.drain(..covered).collect();
                lose(trace, &orphans, mood, &mut file.durable, rng, &mut harm);
            }
            Op::Mapped { .. } => {}
        }
    }
    let there = surviving_names(trace, &names, names_flushed, rng, &mut harm);
    let mut image = Image::default();
    for (name, number) in there {
        if name.starts_with(ACKS) || name.ends_with("-shm") {
            continue;
        }
        let File { mut durable, pending } = files.remove(&number).unwrap_or_default();
        lose(trace, &pending, mood, &mut durable, rng, &mut harm);
        image.files.insert(name, durable);
    }
    image.harm = harm;
    image
}

/// Name to file number, as the folder on the disk says.
fn surviving_names(
    trace: &Trace,
    names: &[usize],
    flushed: usize,
    rng: &mut Rng,
    harm: &mut Harm,
) -> BTreeMap<String, usize> {
    let mut there = BTreeMap::new();
    let keeps = rng.below(5);
    for number in names {
        let ours = matches!(&trace.ops[*number], Op::Made { name, .. } if name.starts_with(ACKS));
        if *number >= flushed && !ours && !rng.chance(keeps, 4) {
            harm.names += 1;
            continue;
        }
        match &trace.ops[*number] {
            Op::Made { file, name } => {
                there.insert(name.clone(), *file);
            }
            Op::Unlinked { name } => {
                there.remove(name);
            }
            Op::Renamed { from, to } => {
                if let Some(file) = there.remove(from) {
                    there.insert(to.clone(), file);
                }
            }
            _ => {}
        }
    }
    there
}

/// Lets a disk in this mood deal with calls that no flush has covered.
fn lose(trace: &Trace, pending: &[usize], mood: Mood, onto: &mut Vec<u8>, rng: &mut Rng, harm: &mut Harm) {
    harm.pending += pending.len() as u64;
    let mut order: Vec<usize> = pending.to_vec();
    if mood.shuffles {
        rng.shuffle(&mut order);
    }
    let mut latest = 0;
    for (place, number) in order.iter().enumerate() {
        let behind = (order.len() - place - 1) as u64;
        if !rng.chance(mood.keeps, 8) {
            harm.dropped += 1;
            if mood.stops {
                harm.dropped += behind;
                return;
            }
            continue;
        }
        if *number < latest {
            harm.reordered += 1;
        }
        latest = latest.max(*number);
        let tears = rng.chance(mood.tears, 8);
        let dirt = mood.dirty.then(|| rng.clone());
        if tears && let Op::Written { at, data, .. } = &trace.ops[*number] {
            harm.torn += 1;
            tear(trace.data(data), *at, onto, rng, dirt);
            if mood.stops {
                harm.dropped += behind;
                return;
            }
        } else {
            apply(trace, *number, onto, dirt);
        }
    }
}

/// A part of a write: its head or tail up to a random byte, or some of its sectors.
fn tear(data: &[u8], at: usize, onto: &mut Vec<u8>, rng: &mut Rng, dirt: Option<Rng>) {
    let middle = rng.below(data.len());
    match rng.below(3) {
        0 => put(onto, at, &data[..middle], dirt),
        1 => put(onto, at + middle, &data[middle..], dirt),
        _ => {
            let mut from = 0;
            while from < data.len() {
                let to = data.len().min(from + SECTOR - (at + from) % SECTOR);
                if rng.chance(1, 2) {
                    put(onto, at + from, &data[from..to], dirt.clone());
                }
                from = to;
            }
        }
    }
}

fn apply(trace: &Trace, number: usize, onto: &mut Vec<u8>, dirt: Option<Rng>) {
    match &trace.ops[number] {
        Op::Written { at, data, .. } => put(onto, *at, trace.data(data), dirt),
        Op::Cut { length, .. } => onto.resize(*length, 0),
        _ => {}
    }
}

/// Writes bytes; a gap before them holds zeros, or dirt.
fn put(onto: &mut Vec<u8>, at: usize, data: &[u8], dirt: Option<Rng>) {
    if onto.len() < at {
        let from = onto.len();
        onto.resize(at, 0);
        if let Some(mut rng) = dirt {
            for byte in &mut onto[from..] {
                *byte = rng.next().to_le_bytes()[0];
            }
        }
    }
    let whole = onto.len().min(at + data.len()) - at.min(onto.len());
    onto[at..at + whole].copy_from_slice(&data[..whole]);
    onto.extend_from_slice(&data[whole..]);
}

/// The files as they stand when the power never fails: everything applied.
pub fn everything(trace: &Trace) -> BTreeMap<String, Vec<u8>> {
    let names: Vec<usize> = (0..trace.ops.len()).collect();
    let there = surviving_names(trace, &names, trace.ops.len(), &mut Rng::new(0, 0), &mut Harm::default());
    let mut files: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    for (number, op) in trace.ops.iter().enumerate() {
        if let Op::Written { file, .. } | Op::Cut { file, .. } = op {
            apply(trace, number, files.entry(*file).or_default(), None);
        }
    }
    there
        .into_iter()
        .filter(|(name, _)| !name.starts_with(ACKS))
        .map(|(name, file)| (name, files.remove(&file).unwrap_or_default()))
        .collect()
}

impl Image {
    /// Lays the files out in an empty folder.
    pub fn lay_out(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        for (name, content) in &self.files {
            std::fs::write(folder.join(name), content).with_context(|| format!("cannot write {name}"))?;
        }
        Ok(())
    }
}
