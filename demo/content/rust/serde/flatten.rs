//! Nested values as a flat list of paths.

use std::collections::BTreeMap;

/// A value as it comes out of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// Values nested deeper than this are left out.
pub const MAX_DEPTH: usize = @K2@;

/// A document with one entry for each leaf, such as `a.b[0]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct @Type@ {
    leaves: BTreeMap<String, Value>,
}

impl @Type@ {
    pub fn from_value(value: Value) -> Self {
        let mut flat = @Type@::default();
        flat.add(String::new(), value, 0);
        flat
    }

    fn add(&mut self, path: String, value: Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Map(map) => {
                for (key, child) in map {
                    let next = if path.is_empty() { key } else { format!("{path}.{key}") };
                    self.add(next, child, depth + 1);
                }
            }
            Value::List(list) => {
                for (n, child) in list.into_iter().enumerate() {
                    self.add(format!("{path}[{n}]"), child, depth + 1);
                }
            }
            leaf => {
                self.leaves.insert(path, leaf);
            }
        }
    }

    pub fn get(&self, path: &str) -> Option<&Value> {
        self.leaves.get(path)
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.leaves.keys().map(String::as_str)
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_leaf() {
        let list = Value::List(vec![Value::Bool(true), Value::Null]);
        let doc = Value::Map(BTreeMap::from([("@noun@".to_owned(), list)]));
        let flat = @Type@::from_value(doc);
        assert_eq!(flat.paths().collect::<Vec<_>>(), ["@noun@[0]", "@noun@[1]"]);
        assert_eq!(flat.get("@noun@[0]"), Some(&Value::Bool(true)));
    }
}
