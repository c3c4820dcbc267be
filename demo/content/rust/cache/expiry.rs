//! Entries that are good for a while only.

use std::time::{Duration, Instant};

/// How long a value stays good, in seconds.
pub const DEFAULT_TTL: u64 = @K2@;

/// A value with the moment at which it goes stale.
#[derive(Clone, Debug)]
pub struct Expiring<T> {
    value: T,
    until: Instant,
}

impl<T> Expiring<T> {
    pub fn new(value: T) -> Self {
        Self::for_duration(value, Duration::from_secs(DEFAULT_TTL))
    }

    pub fn for_duration(value: T, ttl: Duration) -> Self {
        Expiring { value, until: Instant::now() + ttl }
    }

    /// The value, unless its time is over at `now`.
    pub fn at(&self, now: Instant) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }

    pub fn get(&self) -> Option<&T> {
        self.at(Instant::now())
    }

    pub fn into_inner(self) -> T {
        self.value
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_stale() {
        let entry = Expiring::for_duration("@noun@", Duration::from_secs(5));
        let now = Instant::now();
        assert_eq!(entry.at(now), Some(&"@noun@"));
        assert_eq!(entry.at(now + Duration::from_secs(6)), None);
    }
}
