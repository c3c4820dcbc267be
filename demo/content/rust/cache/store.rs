//! A bounded map that forgets what was used longest ago.

use std::collections::HashMap;
use std::hash::Hash;

/// How many entries a cache holds unless told otherwise.
pub const DEFAULT_CAPACITY: usize = @K1@;

#[derive(Debug)]
struct Slot<V> {
    value: V,
    used: u64,
}

/// Keeps at most a fixed number of entries.
#[derive(Debug)]
pub struct @Type@<K, V> {
    slots: HashMap<K, Slot<V>>,
    capacity: usize,
    tick: u64,
    hits: u64,
    misses: u64,
}

impl<K: Eq + Hash + Clone, V> @Type@<K, V> {
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// # Panics
    ///
    /// If `capacity` is zero.
    pub fn with_capacity(capacity: usize) -> Self {
        assert!(capacity > 0, "a cache needs room for one entry");
        @Type@ { slots: HashMap::with_capacity(capacity), capacity, tick: 0, hits: 0, misses: 0 }
    }

    /// Looks a key up and marks it as used.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        self.tick += 1;
        match self.slots.get_mut(key) {
            Some(slot) => {
                slot.used = self.tick;
                self.hits += 1;
                Some(&slot.value)
            }
            None => {
                self.misses += 1;
                None
            }
        }
    }

    /// Stores a value and gives back the one it replaced.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.tick += 1;
        if self.slots.len() >= self.capacity && !self.slots.contains_key(&key) {
            self.evict();
        }
        self.slots.insert(key, Slot { value, used: self.tick }).map(|slot| slot.value)
    }

    fn evict(&mut self) {
        let oldest = self.slots.iter().min_by_key(|(_, slot)| slot.used).map(|(k, _)| k.clone());
        if let Some(key) = oldest {
            self.slots.remove(&key);
        }
    }

    /// The share of lookups that found something, from 0 to 1.
    pub fn hit_rate(&self) -> f64 {
        let total = self.hits + self.misses;
        if total == 0 {
            return 0.0;
        }
        self.hits as f64 / total as f64
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}

impl<K: Eq + Hash + Clone, V> Default for @Type@<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest() {
        let mut cache = @Type@::with_capacity(2);
        cache.insert("a", 1);
        cache.insert("b", 2);
        assert_eq!(cache.get(&"a"), Some(&1));
        cache.insert("c", 3);
        assert_eq!(cache.get(&"b"), None);
        assert_eq!(cache.len(), 2);
    }
}
