//! A queue of fixed size that overwrites its oldest element.

/// The size used by [`@Type@::default`].
pub const DEFAULT_SIZE: usize = @K1@;

/// Holds the last few elements that were pushed.
#[derive(Clone, Debug, PartialEq)]
pub struct @Type@<T> {
    items: Vec<T>,
    size: usize,
    head: usize,
}

impl<T> @Type@<T> {
    pub fn new(size: usize) -> Self {
        let size = size.max(1);
        @Type@ { items: Vec::with_capacity(size), size, head: 0 }
    }

    /// Adds an element; gives back the one it pushed out.
    pub fn push(&mut self, item: T) -> Option<T> {
        if self.items.len() < self.size {
            self.items.push(item);
            return None;
        }
        let old = core::mem::replace(&mut self.items[self.head], item);
        self.head = (self.head + 1) % self.size;
        Some(old)
    }

    /// From the oldest element to the newest.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (new, old) = self.items.split_at(self.head);
        old.iter().chain(new)
    }

    pub fn newest(&self) -> Option<&T> {
        self.iter().last()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T> Default for @Type@<T> {
    fn default() -> Self {
        Self::new(DEFAULT_SIZE)
    }
}

impl<T> Extend<T> for @Type@<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, iter: I) {
        for item in iter {
            self.push(item);
        }
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_ones() {
        let mut ring = @Type@::new(3);
        ring.extend(1..=5);
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(ring.newest(), Some(&5));
    }
}
