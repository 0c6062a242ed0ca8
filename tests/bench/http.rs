//! A browser's side of HTTP/1.1, as far as the benchmarks need it: one request at a time on a connection
//! that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::Outcome;

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    cookies: Vec<(String, String)>,
}

/// A connection with its cookies.
pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    cookies: Vec<(String, String)>,
    /// The `Accept-Encoding` line of the head.
    encoding: &'static str,
}

impl Client {
    pub fn connect(address: &str) -> Outcome<Self> {
        let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host, cookies: Vec::new(), encoding: "" })
    }

    /// Signed in as one of the demonstration's people.
    pub fn signed_in(address: &str, name: &str) -> Outcome<Self> {
        let mut client = Self::connect(address)?;
        let page = client.get("/login")?;
        let csrf = field(&page.body, "csrf").ok_or("the sign-in page has no token")?;
        let email = format!("{name}@pontual.example");
        let answer =
            client.post("/login", &[("csrf", &csrf), ("email", &email), ("password", "demonstracao")])?;
        match answer.status {
            303 => Ok(client),
            status => Err(format!("{name} cannot sign in: {status}").into()),
        }
    }

    /// Adds another client's cookies.
    pub fn with(self, cookies: &[(String, String)]) -> Self {
        Self { cookies: cookies.to_vec(), ..self }
    }

    pub fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// Sets whether answers may be compressed, as browsers accept it.
    pub fn accept_compressed(&mut self, is_so: bool) {
        self.encoding = if is_so { "accept-encoding: gzip, deflate, br, zstd\r\n" } else { "" };
    }

    pub fn get(&mut self, path: &str) -> Outcome<Answer> {
        self.ask("GET", path, "", &[])
    }

    /// Asks for a compressed answer as a browser does. The body is not decompressed.
    pub fn get_compressed(&mut self, path: &str) -> Outcome<Answer> {
        self.ask("GET", path, "accept-encoding: br, gzip\r\n", b"")
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Outcome<Answer> {
        let body = serde_urlencoded::to_string(fields)?;
        self.post_as(path, "application/x-www-form-urlencoded", body.as_bytes())
    }

    pub fn post_as(&mut self, path: &str, kind: &str, body: &[u8]) -> Outcome<Answer> {
        self.ask("POST", path, &format!("content-type: {kind}\r\n"), body)
    }

    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Outcome<Answer> {
        self.send(method, path, headers, body)?;
        let answer = self.receive()?;
        for (name, value) in &answer.cookies {
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.clone(), value.clone()));
        }
        Ok(answer)
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Outcome {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {}\r\n{}{headers}",
            cookies.join("; "),
            self.encoding,
            host = self.host
        );
        if method == "POST" {
            head += &format!("content-length: {}\r\n", body.len());
        }
        let stream = self.stream.get_mut();
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat())?;
        Ok(())
    }

    fn receive(&mut self) -> Outcome<Answer> {
        let (status, headers) = self.head()?;
        let of =
            |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let mut body = Vec::new();
        if let Some(length) = of("content-length") {
            body.resize(length.parse()?, 0);
            self.stream.read_exact(&mut body)?;
        } else if of("transfer-encoding") == Some("chunked") {
            while let part @ 1.. = usize::from_str_radix(self.line()?.trim(), 16)? {
                let start = body.len();
                body.resize(start + part, 0);
                self.stream.read_exact(&mut body[start..])?;
                self.line()?;
            }
            self.line()?;
        }
        let cookies = headers.iter().filter(|(name, _)| name == "set-cookie").filter_map(|(_, value)| {
            let (name, value) = value.split(';').next()?.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        Ok(Answer { status, body, cookies: cookies.collect() })
    }

    fn head(&mut self) -> Outcome<(u16, Vec<(String, String)>)> {
        let status = self.line()?.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { return Ok((status, headers)) };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line)? {
            0 => Err("the connection was closed".into()),
            _ => Ok(line),
        }
    }

    /// Opens a stream of server-sent events. It ends with the connection.
    pub fn events(mut self, path: &str) -> Outcome<Events> {
        self.send("GET", path, "", &[])?;
        match self.head()? {
            (200, _) => Ok(Events { lines: self.stream, name: String::new(), id: None }),
            (status, _) => Err(format!("no stream of events: {status}").into()),
        }
    }
}

/// A stream's events, as they arrive.
pub struct Events {
    lines: BufReader<TcpStream>,
    name: String,
    id: Option<i64>,
}

impl Events {
    /// The next event: its name, and its id if it has one. Sizes of HTTP chunks are lines too; they are ignored.
    pub fn next(&mut self) -> Option<(String, Option<i64>)> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(name) = line.strip_prefix("event: ") {
                self.name = name.trim().to_owned();
                self.id = None;
            } else if let Some(id) = line.strip_prefix("id: ") {
                self.id = id.trim().parse().ok();
            } else if line.starts_with("data: ") {
                return Some((std::mem::take(&mut self.name), self.id.take()));
            }
        }
    }
}

/// The value of a hidden field.
pub fn field(page: &[u8], name: &str) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
