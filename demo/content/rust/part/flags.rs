//! Properties of a @noun@, packed in one number.

use core::ops::{BitOr, BitOrAssign};

/// A set of properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct @Noun@Flags(u32);

impl @Noun@Flags {
@flags@

    pub const fn empty() -> Self {
        @Noun@Flags(0)
    }

    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all properties of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub const fn without(self, other: Self) -> Self {
        @Noun@Flags(self.0 & !other.0)
    }
}

impl BitOr for @Noun@Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        @Noun@Flags(self.0 | other.0)
    }
}

impl BitOrAssign for @Noun@Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removing_undoes_adding() {
        let one = @Noun@Flags(1);
        let both = one | @Noun@Flags(2);
        assert!(both.contains(one));
        assert_eq!(both.without(one).bits(), 2);
    }
}
