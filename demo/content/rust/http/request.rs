//! Requests, built step by step and written as HTTP/1.1.

use std::fmt::Write as _;
use std::time::Duration;

/// How long to wait for an answer, in seconds.
pub const DEFAULT_TIMEOUT: u64 = @K2@;

/// The methods that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// A request that has not been sent.
#[derive(Clone, Debug)]
pub struct @Type@ {
    method: Method,
    host: String,
    path: String,
    headers: Vec<(String, String)>,
    timeout: Duration,
}

impl @Type@ {
    pub fn new(method: Method, host: impl Into<String>, path: impl Into<String>) -> Self {
        @Type@ {
            method,
            host: host.into(),
            path: path.into(),
            headers: Vec::new(),
            timeout: Duration::from_secs(DEFAULT_TIMEOUT),
        }
    }

    pub fn get(host: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(Method::Get, host, path)
    }

    /// Adds a header; names and values with line breaks are left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if !name.contains(['\r', '\n', ':']) && !value.contains(['\r', '\n']) {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The bytes that go over the wire, up to the empty line.
    pub fn head(&self) -> String {
        let mut out = format!("{} {} HTTP/1.1\r\nHost: {}\r\n", self.method.as_str(), self.path, self.host);
        for (name, value) in &self.headers {
            let _ = write!(out, "{name}: {value}\r\n");
        }
        out.push_str("\r\n");
        out
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_head() {
        let req = @Type@::get("example.invalid", "/@noun@").header("Accept", "text/plain").header("Bad", "a\r\nb");
        assert_eq!(
            req.head(),
            "GET /@noun@ HTTP/1.1\r\nHost: example.invalid\r\nAccept: text/plain\r\n\r\n"
        );
    }
}
