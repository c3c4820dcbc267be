//! Numbers of each @noun@ by name.

/// Name and number, in the order of names.
const ENTRIES: &[(&str, u32)] = &[
@entries@
];

/// The number of a @noun@.
pub fn @noun@_number(name: &str) -> Option<u32> {
    ENTRIES.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|at| ENTRIES[at].1)
}

/// The name with a number, the first if there are several.
pub fn @noun@_name(number: u32) -> Option<&'static str> {
    ENTRIES.iter().find(|(_, n)| *n == number).map(|(name, _)| *name)
}

/// How many names are known.
pub const fn @noun@_count() -> usize {
    ENTRIES.len()
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order() {
        assert!(ENTRIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(@noun@_number("no such @noun@"), None);
        assert!(@noun@_count() > 0);
    }
}
