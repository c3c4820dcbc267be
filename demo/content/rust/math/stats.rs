//! Mean and spread of a stream of numbers, in one pass.

/// Collects numbers without keeping them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    count: u64,
    mean: f64,
    m2: f64,
}

/// Fewer samples than this give no variance.
pub const MIN_SAMPLES: u64 = @K3@;

impl Running {
    pub const fn new() -> Self {
        Running { count: 0, mean: 0.0, m2: 0.0 }
    }

    pub fn push(&mut self, x: f64) {
        self.count += 1;
        let delta = x - self.mean;
        self.mean += delta / self.count as f64;
        self.m2 += delta * (x - self.mean);
    }

    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The sample variance, once there are enough samples.
    pub fn variance(&self) -> Option<f64> {
        (self.count >= MIN_SAMPLES).then(|| self.m2 / (self.count - 1) as f64)
    }

    pub fn count(&self) -> u64 {
        self.count
    }
}

impl Extend<f64> for Running {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, iter: I) {
        for x in iter {
            self.push(x);
        }
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_of_a_run() {
        let mut run = Running::new();
        assert_eq!(run.mean(), None);
        run.extend((1..=20).map(f64::from));
        assert_eq!(run.count(), 20);
        assert!((run.mean().unwrap() - 10.5).abs() < 1e-9);
    }
}
