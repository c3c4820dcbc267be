//! Macros that build collections.

/// Builds a sorted list of pairs.
///
/// ```
/// let pairs = @lib@::pairs! { "b" => 2, "a" => 1 };
/// assert_eq!(pairs, [("a", 1), ("b", 2)]);
/// ```
#[macro_export]
macro_rules! pairs {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut list = ::std::vec![$(($key, $value)),*];
        list.sort_by(|a, b| a.0.cmp(&b.0));
        list
    }};
}

/// Counts its arguments at compile time.
#[macro_export]
macro_rules! count {
    () => { 0usize };
    ($head:tt $($tail:tt)*) => { 1usize + $crate::count!($($tail)*) };
}

/// The most arguments that were tested with [`count!`].
pub const TESTED: usize = @K1@;

/// A list of names that is known at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct @Type@(pub &'static [&'static str]);

impl @Type@ {
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| *known == name)
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_tokens() {
        assert_eq!(crate::count!(), 0);
        assert_eq!(crate::count!(a b c), 3);
    }

    #[test]
    fn knows_its_names() {
        assert!(@Type@(&["@noun@"]).contains("@noun@"));
    }
}
