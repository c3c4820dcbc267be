//! Reads the arguments of a program.

use std::collections::BTreeMap;
use std::fmt;

/// More arguments than this are refused.
pub const MAX_ARGS: usize = @K1@;

/// What stood on the command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct @Type@ {
    pub flags: BTreeMap<String, Option<String>>,
    pub rest: Vec<String>,
}

/// Why the arguments were refused.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgError {
    TooMany(usize),
    EmptyFlag,
    Repeated(String),
}

impl fmt::Display for ArgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgError::TooMany(n) => write!(f, "{n} arguments are more than {MAX_ARGS}"),
            ArgError::EmptyFlag => f.write_str("a flag needs a name after its dashes"),
            ArgError::Repeated(name) => write!(f, "--{name} is given twice"),
        }
    }
}

impl std::error::Error for ArgError {}

impl @Type@ {
    /// Sorts arguments into flags and the rest. Everything after `--` is rest.
    pub fn parse<I, S>(args: I) -> Result<Self, ArgError>
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let mut out = @Type@::default();
        let mut only_rest = false;
        for (n, arg) in args.into_iter().enumerate() {
            if n >= MAX_ARGS {
                return Err(ArgError::TooMany(n + 1));
            }
            let arg = arg.into();
            match arg.strip_prefix("--") {
                Some("") => only_rest = true,
                Some(flag) if !only_rest => out.add_flag(flag)?,
                _ => out.rest.push(arg),
            }
        }
        Ok(out)
    }

    fn add_flag(&mut self, flag: &str) -> Result<(), ArgError> {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        if name.is_empty() {
            return Err(ArgError::EmptyFlag);
        }
        match self.flags.insert(name.to_owned(), value) {
            Some(_) => Err(ArgError::Repeated(name.to_owned())),
            None => Ok(()),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.flags.contains_key(name)
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_flags_from_the_rest() {
        let args = @Type@::parse(["--quiet", "--out=@noun@", "file", "--", "--file"]).unwrap();
        assert!(args.has("quiet"));
        assert_eq!(args.flags["out"].as_deref(), Some("@noun@"));
        assert_eq!(args.rest, ["file", "--file"]);
        assert_eq!(@Type@::parse(["--a", "--a"]), Err(ArgError::Repeated("a".into())));
    }
}
