//! The wire to PostgreSQL is cut at the worst moment: between asking for the commit and hearing of it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use clearway_store::{Db, Limits, StoreError, meta};

use super::engines::Fresh;

/// The word as it stands in a message of its own, unlike in `read committed`.
const COMMIT: &[u8] = b"commit\0";

/// What happens to the next commit.
pub const PASS: u8 = 0;
/// It never arrives.
pub const LOSE_THE_COMMIT: u8 = 1;
/// It arrives and is done, but nobody hears of it.
pub const LOSE_THE_ANSWER: u8 = 2;

/// A wire with a knife in it, between the store and a PostgreSQL.
pub struct Wire {
    /// What happens to the next commit.
    pub mode: Arc<AtomicU8>,
    /// The address at this end of it.
    pub url: String,
}

impl Wire {
    /// A wire to that database.
    pub fn to(url: &str) -> Self {
        let (before, after) = url.split_once('@').expect("an address with a user");
        let (server, database) = after.split_once('/').expect("an address with a database");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mode = Arc::new(AtomicU8::new(PASS));
        let wire = Self { mode: Arc::clone(&mode), url: format!("{before}@127.0.0.1:{port}/{database}") };
        let server = server.to_owned();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, mode) = (client.expect("a client"), Arc::clone(&mode));
                let server = TcpStream::connect(&server).expect("the server");
                carry(client, server, &mode);
            }
        });
        wire
    }
}

/// Carries bytes both ways on two threads until the knife falls.
fn carry(client: TcpStream, server: TcpStream, mode: &Arc<AtomicU8>) {
    let (mut from_client, mut to_server) =
        (client.try_clone().expect("clone"), server.try_clone().expect("clone"));
    let (mut from_server, mut to_client) = (server, client);
    let asked = Arc::new(AtomicU8::new(PASS));
    let (mode, heard) = (Arc::clone(mode), Arc::clone(&asked));
    std::thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(length @ 1..) = from_client.read(&mut bytes) {
            if bytes[..length].windows(COMMIT.len()).any(|word| word == COMMIT) {
                asked.store(mode.swap(PASS, Ordering::SeqCst), Ordering::SeqCst);
            }
            if asked.load(Ordering::SeqCst) == LOSE_THE_COMMIT
                || to_server.write_all(&bytes[..length]).is_err()
            {
                break;
            }
        }
        let _ = (from_client.shutdown(Shutdown::Both), to_server.shutdown(Shutdown::Both));
    });
    std::thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(length @ 1..) = from_server.read(&mut bytes) {
            if heard.load(Ordering::SeqCst) == LOSE_THE_ANSWER
                || to_client.write_all(&bytes[..length]).is_err()
            {
                break;
            }
        }
        let _ = (from_server.shutdown(Shutdown::Both), to_client.shutdown(Shutdown::Both));
    });
}

#[test]
fn a_commit_nobody_heard_of_is_in_doubt_and_not_repeated() {
    let fresh = Fresh::postgres();
    let straight = fresh.ready();
    let wire = Wire::to(&fresh.url);
    let db = Db::open_with(&wire.url, &Limits { connections: 2, ..Limits::default() }).expect("open");
    for (mode, name, happened) in
        [(LOSE_THE_COMMIT, "lost", None), (LOSE_THE_ANSWER, "done", Some("1".to_owned()))]
    {
        let mut runs = 0;
        wire.mode.store(mode, Ordering::SeqCst);
        let ended = db.write(|tx| {
            runs += 1;
            meta::put(tx, name, &runs.to_string())
        });
        assert!(matches!(ended, Err(StoreError::InDoubt(_))), "{name}: {ended:?}");
        assert_eq!(runs, 1, "what may have happened is not simply done again");
        assert_eq!(straight.read(|tx| meta::get(tx, name)), Ok(happened));
        // The caller reads, or writes again with the same ids; the store is as good as new.
        db.write(|tx| meta::put(tx, name, "again")).expect("the next write");
        assert_eq!(db.read(|tx| meta::get(tx, name)), Ok(Some("again".into())));
    }
}
