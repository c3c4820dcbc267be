//! One line of a log and where it goes.

use std::fmt;
use std::io::{self, Write};

/// How much somebody should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        })
    }
}

/// Messages are cut to this many characters.
pub const MAX_MESSAGE: usize = @K1@;

/// Writes records of at least some level.
#[derive(Debug)]
pub struct @Type@<W> {
    out: W,
    least: Level,
    written: u64,
}

impl<W: Write> @Type@<W> {
    pub fn new(out: W, least: Level) -> Self {
        @Type@ { out, least, written: 0 }
    }

    pub fn log(&mut self, level: Level, message: &str) -> io::Result<()> {
        if level < self.least {
            return Ok(());
        }
        // A line break in a message could forge another record.
        let clean: String = message.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect();
        writeln!(self.out, "{level:<5} {clean}")?;
        self.written += 1;
        Ok(())
    }

    /// How many records were written.
    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn into_inner(self) -> W {
        self.out
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_is_below() {
        let mut log = @Type@::new(Vec::new(), Level::Info);
        log.log(Level::Debug, "hidden").unwrap();
        log.log(Level::Warn, "@noun@\nforged").unwrap();
        assert_eq!(log.written(), 1);
        assert_eq!(log.into_inner(), b"warn  @noun@forged\n");
    }
}
