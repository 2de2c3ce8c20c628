//! What goes over one connection of an attack.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use tokio::net::{TcpSocket, TcpStream};

use super::{Attack, How, Options};
use crate::faults::pause;

/// Receive buffer of a slow reader, bytes: the least there is, so that the answers stay with the server.
const SMALL: u32 = 2_304;
/// Requests of a slow reader in one piece.
const ASKED: usize = 16;
/// The body that a slow sender announces, bytes.
const BODY: usize = 10_000;
/// Bytes of header lines in one piece of an endless head.
const PIECE: usize = 4_096;

/// A connection from that address.
pub(super) async fn open(options: &Options, from: [u8; 4]) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if options.how == How::SlowReader {
        socket.set_recv_buffer_size(SMALL)?;
    }
    socket.bind(SocketAddr::from((from, 0)))?;
    let stream = socket.connect(options.server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Does to the server what this attack does, until the server closes the connection.
pub(super) async fn misuse(attack: &Attack, stream: &TcpStream, number: usize) {
    let server = attack.options.server;
    let start = number % 1_000;
    let ended = match attack.options.how {
        How::Idle => watch(attack, stream).await,
        How::HalfOpen => {
            let head = format!("GET /sign-in HTTP/1.1\r\nHost: {server}\r\nX-Slow: ");
            let byte = |at: usize| vec![head.as_bytes().get(at).copied().unwrap_or(b'a')];
            drip(attack, stream, Drip { first: "", start_ms: start * 3, every_ms: 3_000, piece: &byte }).await
        }
        How::SlowBody => {
            let head = body_head(server);
            let byte = |at: usize| if at < BODY { b"1".to_vec() } else { Vec::new() };
            drip(attack, stream, Drip { first: &head, start_ms: start, every_ms: 1_000, piece: &byte }).await
        }
        How::BigHead => {
            let head = format!("GET /sign-in HTTP/1.1\r\nHost: {server}\r\n");
            let lines = |_| lines();
            drip(
                attack,
                stream,
                Drip { first: &head, start_ms: 10 + start % 50, every_ms: 50, piece: &lines },
            )
            .await
        }
        How::SlowReader => {
            // Sooner or later nothing goes in any more; requests which the server has not read are then what makes its
            // closing felt: it answers them with a reset.
            let asked = requests(server, &attack.paths);
            let again = |_| asked.clone();
            pieces(stream, &Drip { first: "", start_ms: start / 2, every_ms: 500, piece: &again }).await
        }
    };
    // However it ended: the connection is gone, and that is what is counted.
    drop(ended);
}

/// A head that is accepted and announces a body. A form: its token stands in the body, so nothing can be answered before that
/// is there.
fn body_head(server: SocketAddr) -> String {
    format!(
        "POST /quotes HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {BODY}\r\n\r\n"
    )
}

/// Some requests, one behind the other.
fn requests(server: SocketAddr, paths: &[String]) -> Vec<u8> {
    let asked = paths.iter().cycle().take(ASKED).map(|path| {
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: text/html\r\n\r\n").into_bytes()
    });
    asked.flatten().collect()
}

/// Some header lines, long ones: it is the size of the head that has to be bounded, where their number is.
fn lines() -> Vec<u8> {
    let line = format!("X-Big: {}\r\n", "b".repeat(1_000));
    line.repeat(PIECE / line.len()).into_bytes()
}

/// Something sent piece by piece.
struct Drip<'d> {
    /// Sent at once.
    first: &'d str,
    /// Then this passes, so that not all connections speak in the same moment.
    start_ms: usize,
    /// Between two pieces.
    every_ms: u64,
    /// The pieces, by number.
    piece: &'d dyn Fn(usize) -> Vec<u8>,
}

/// Sends piece by piece and takes what is answered, until the server closes.
async fn drip(attack: &Attack, stream: &TcpStream, drip: Drip<'_>) -> io::Result<()> {
    tokio::select! {
        // What was answered before it closed is read first.
        biased;
        closed = watch(attack, stream) => closed,
        broken = pieces(stream, &drip) => broken,
    }
}

/// Sends piece by piece until nothing can be sent any more.
async fn pieces(stream: &TcpStream, drip: &Drip<'_>) -> io::Result<()> {
    send(stream, drip.first.as_bytes()).await?;
    pause(u64::try_from(drip.start_ms).unwrap_or(0)).await;
    let mut at = 0;
    loop {
        send(stream, &(drip.piece)(at)).await?;
        at += 1;
        pause(drip.every_ms).await;
    }
}

/// Takes what is answered until the server closes.
async fn watch(attack: &Attack, stream: &TcpStream) -> io::Result<()> {
    let mut some = [0; 1_024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut some) {
            Ok(0) => return Ok(()),
            Ok(count) => attack.note(&some[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn send(stream: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    let mut sent = 0;
    while sent < bytes.len() {
        stream.writable().await?;
        match stream.try_write(&bytes[sent..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The largest asset that the sign-in page names, and the page.
pub(super) async fn largest(server: SocketAddr) -> anyhow::Result<Vec<String>> {
    const PAGE: &str = "/sign-in";
    let page = fetch(server, PAGE).await?;
    let mut found = None;
    for path in assets(&String::from_utf8_lossy(&page)) {
        let size = fetch(server, &path).await?.len();
        found = found.max(Some((size, path)));
    }
    let (_, path) = found.with_context(|| format!("{PAGE} names no asset"))?;
    Ok(vec![path, PAGE.to_owned()])
}

/// The assets that a page names.
fn assets(page: &str) -> Vec<String> {
    let quoted = page.split('"').filter(|text| text.starts_with("/assets/"));
    quoted.map(str::to_owned).collect()
}

/// A whole answer, with its head.
async fn fetch(server: SocketAddr, path: &str) -> anyhow::Result<Vec<u8>> {
    let stream = TcpStream::connect(server).await.with_context(|| format!("no server at {server}"))?;
    let ask =
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    send(&stream, ask.as_bytes()).await?;
    let mut whole = Vec::new();
    let mut some = [0; 16_384];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut some) {
            Ok(0) => break,
            Ok(count) => whole.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    ensure!(status(&whole) == Some(200), "{path} answered {:.60}", String::from_utf8_lossy(&whole));
    Ok(whole)
}

/// The status of the answer that these bytes begin.
pub(super) fn status(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_where_an_answer_begins() {
        assert_eq!(status(b"HTTP/1.1 431 Request Header Fields Too Large\r\n"), Some(431));
        assert_eq!(status(b"HTTP/1.1 4"), None);
        assert_eq!(status(b"<p>HTTP/1.1 200"), None);
    }

    #[test]
    fn assets_are_found_in_a_page() {
        let page =
            r#"<link href="/assets/a.1.css"><script src="/assets/b.2.js"></script><a href="/sign-in">"#;
        assert_eq!(assets(page), ["/assets/a.1.css", "/assets/b.2.js"]);
    }

    #[test]
    fn header_lines_are_whole_and_nearly_fill_a_piece() {
        let some = lines();
        assert!(some.ends_with(b"\r\n") && some.len() > PIECE - 100 && some.len() <= PIECE);
    }
}
