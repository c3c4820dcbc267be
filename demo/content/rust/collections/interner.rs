//! Gives equal strings the same small number.

use std::collections::HashMap;

/// The number of a string in its [`Interner`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// A set of strings that can be asked for by number.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    names: Vec<String>,
    numbers: HashMap<String, Symbol>,
}

impl Interner {
    pub fn new() -> Self {
        Interner {
            names: Vec::with_capacity(@K1@),
            numbers: HashMap::with_capacity(@K1@),
        }
    }

    /// The number of `name`, which is added when it is new.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(&known) = self.numbers.get(name) {
            return known;
        }
        let symbol = Symbol(self.names.len() as u32);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), symbol);
        symbol
    }

    pub fn resolve(&self, symbol: Symbol) -> Option<&str> {
        self.names.get(symbol.0 as usize).map(String::as_str)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_a_number() {
        let mut names = Interner::new();
        let a = names.intern("@noun@");
        assert_eq!(names.intern("@noun@"), a);
        assert_eq!(names.resolve(a), Some("@noun@"));
        assert_eq!(names.len(), 1);
    }
}
