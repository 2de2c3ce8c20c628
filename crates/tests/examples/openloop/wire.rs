//! One HTTP/1.1 connection that never waits: not for being opened, not for writing, not for reading.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};

use anyhow::{Context as _, Result, bail};
use socket2::{Domain, Socket, Type};

/// What a look at a connection found.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing yet.
    Nothing,
    /// The next whole answer.
    Answer { status: u16 },
    /// The server has closed it; `begun`: in the middle of an answer.
    Closed { begun: bool },
}

/// A connection, opened when something is to be sent.
pub struct Wire {
    address: SocketAddr,
    from: Option<IpAddr>,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    read: Vec<u8>,
}

impl Wire {
    /// To `address`, from `from` where that matters.
    pub fn new(address: SocketAddr, from: Option<IpAddr>) -> Wire {
        Wire { address, from, stream: None, out: Vec::new(), read: Vec::new() }
    }

    /// Closes it; the next request opens another.
    pub fn close(&mut self) {
        self.stream = None;
        self.out.clear();
        self.read.clear();
    }

    /// Whether the server has closed it while nothing was on its way; then it is closed here as well.
    pub fn gone(&mut self) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let open = matches!(stream.read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        if !open {
            self.close();
        }
        !open
    }

    /// Whether the socket has not taken all that was to be sent.
    pub fn stuck(&self) -> bool {
        !self.out.is_empty()
    }

    /// Sends a request, or as much of it as the socket takes now; the rest goes with the next look.
    pub fn send(&mut self, request: &[u8]) -> Result<()> {
        if self.stream.is_none() {
            self.stream = Some(self.open()?);
        }
        self.out.extend_from_slice(request);
        self.flush();
        Ok(())
    }

    fn open(&self) -> Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.address), Type::STREAM, None)?;
        if let Some(from) = self.from {
            socket.bind(&SocketAddr::new(from, 0).into()).with_context(|| format!("no port of {from}"))?;
        }
        socket.set_nonblocking(true)?;
        match socket.connect(&self.address.into()) {
            // The usual answer of a socket that does not wait.
            Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
            done => done.with_context(|| format!("no server at {}", self.address))?,
        }
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        while !self.out.is_empty() {
            match stream.write(&self.out) {
                Ok(count) => drop(self.out.drain(..count)),
                // Not yet; or the connection is broken, which the next look finds out.
                Err(_) => return,
            }
        }
    }

    /// The next answer, if it is there.
    pub fn look(&mut self) -> Result<Seen> {
        if let Some(seen) = self.taken()? {
            return Ok(seen);
        }
        self.flush();
        let Some(stream) = &mut self.stream else { return Ok(Seen::Nothing) };
        let mut some = [0; 16_384];
        match stream.read(&mut some) {
            Ok(0) => return Ok(self.closed()),
            Ok(count) => self.read.extend_from_slice(&some[..count]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => return Ok(Seen::Nothing),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(self.closed()),
                _ => return Err(error).with_context(|| format!("at {}", self.address)),
            },
        }
        Ok(self.taken()?.unwrap_or(Seen::Nothing))
    }

    fn closed(&mut self) -> Seen {
        let begun = !self.read.is_empty();
        self.close();
        Seen::Closed { begun }
    }

    /// Takes the next answer out of what was read.
    fn taken(&mut self) -> Result<Option<Seen>> {
        let Some(answer) = answer(&self.read)? else { return Ok(None) };
        drop(self.read.drain(..answer.length));
        Ok(Some(Seen::Answer { status: answer.status }))
    }
}

/// `EINPROGRESS` of Linux, for which std has no stable name.
const IN_PROGRESS: i32 = 115;

/// A whole answer at the beginning of what was read.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// Bytes, with its head.
    length: usize,
}

fn answer(read: &[u8]) -> Result<Option<Answer>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&read[..head])?;
    let status =
        text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|word| word.parse().ok());
    let Some(status) = status else { bail!("this is no answer: {text}") };
    let field = |name: &str| {
        text.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let body = match field("content-length") {
        Some(length) => length.parse()?,
        None if matches!(status, 204 | 304) => 0,
        None => bail!("an answer without its length: {text}"),
    };
    let length = head + 4 + body;
    Ok((read.len() >= length).then_some(Answer { status, length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let text = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200";
        assert_eq!(answer(text).unwrap(), Some(Answer { status: 429, length: text.len() - 12 }));
        assert_eq!(answer(&text[..40]).unwrap(), None);
        assert_eq!(answer(&text[..text.len() - 13]).unwrap(), None);
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(answer(b"nonsense\r\n\r\n").is_err());
        let empty = b"HTTP/1.1 304 Not Modified\r\n\r\n";
        assert_eq!(answer(empty).unwrap(), Some(Answer { status: 304, length: empty.len() }));
    }
}
