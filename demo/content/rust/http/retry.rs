//! When to try again, and how long to wait before.

use std::time::Duration;

/// The most attempts for one request.
pub const MAX_ATTEMPTS: u32 = @K3@;

/// Waits twice as long after every failure, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: Duration,
    limit: Duration,
}

impl Backoff {
    pub const fn new(base: Duration, limit: Duration) -> Self {
        Backoff { base, limit }
    }

    /// The pause before attempt `n`, counted from 1; `None` to give up.
    pub fn pause(&self, n: u32) -> Option<Duration> {
        if n > MAX_ATTEMPTS {
            return None;
        }
        let factor = 2u32.saturating_pow(n.saturating_sub(1));
        Some(self.base.saturating_mul(factor).min(self.limit))
    }

    /// Whether an answer with this status may be different next time.
    pub fn worth_retrying(status: u16) -> bool {
        matches!(status, 408 | 425 | 429 | 500 | 502..=504)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new(Duration::from_millis(@K1@), Duration::from_secs(30))
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(25));
        assert_eq!(backoff.pause(1), Some(Duration::from_millis(10)));
        assert_eq!(backoff.pause(3), Some(Duration::from_millis(25)));
        assert_eq!(backoff.pause(MAX_ATTEMPTS + 1), None);
        assert!(!Backoff::worth_retrying(404));
    }
}
