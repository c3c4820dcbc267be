//! Numbers that stand for a @noun@.

use core::fmt;
use core::num::NonZeroU32;

/// Identifies a @noun@. Never zero, so `Option<@Noun@Id>` is as small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct @Noun@Id(NonZeroU32);

impl @Noun@Id {
    /// The greatest number that is handed out.
    pub const MAX: u32 = 1 << @small@;

    pub fn new(raw: u32) -> Option<Self> {
        if raw > Self::MAX {
            return None;
        }
        NonZeroU32::new(raw).map(@Noun@Id)
    }

    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The next number, if there is one.
    pub fn next(self) -> Option<Self> {
        Self::new(self.get() + 1)
    }
}

impl fmt::Display for @Noun@Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@noun@#{}", self.get())
    }
}

impl From<@Noun@Id> for u32 {
    fn from(id: @Noun@Id) -> u32 {
        id.get()
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_none() {
        assert_eq!(@Noun@Id::new(0), None);
        assert_eq!(@Noun@Id::new(@Noun@Id::MAX).and_then(@Noun@Id::next), None);
        assert_eq!(@Noun@Id::new(1).map(@Noun@Id::get), Some(1));
    }
}
