//! What can go wrong with a @noun@.

use core::fmt;

/// An error about a @noun@.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum @Noun@Error {
@variants@
}

impl @Noun@Error {
    /// Whether trying again may help.
    pub const fn is_transient(self) -> bool {
        matches!(self, @Noun@Error::@first@)
    }
}

impl fmt::Display for @Noun@Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
@arms@
        })
    }
}

impl core::error::Error for @Noun@Error {}
//%edits
