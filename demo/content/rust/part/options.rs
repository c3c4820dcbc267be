//! Settings for a @noun@.

/// How a @noun@ behaves. Start from the default and change what differs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct @Noun@Options {
@fields@
}

impl Default for @Noun@Options {
    fn default() -> Self {
        @Noun@Options {
@defaults@
        }
    }
}

impl @Noun@Options {
    pub fn new() -> Self {
        Self::default()
    }
@setters@
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_is_default() {
        assert_eq!(@Noun@Options::new(), @Noun@Options::default());
    }
}
