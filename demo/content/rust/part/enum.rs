//! The kinds of @noun@ and their names.

use core::fmt;
use core::str::FromStr;

/// Which sort of @noun@ this is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum @Noun@ {
    #[default]
@variants@
}

/// A name that no [`@Noun@`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown@Noun@;

impl @Noun@ {
    /// All of them, in the order of their names' first use.
    pub const ALL: &'static [@Noun@] = &[@all@];

    pub const fn as_str(self) -> &'static str {
        match self {
@arms@
        }
    }
}

impl fmt::Display for @Noun@ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for @Noun@ {
    type Err = Unknown@Noun@;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|v| v.as_str() == name).ok_or(Unknown@Noun@)
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for value in @Noun@::ALL {
            assert_eq!(value.as_str().parse(), Ok(*value));
        }
        assert_eq!("no such @noun@".parse::<@Noun@>(), Err(Unknown@Noun@));
    }
}
