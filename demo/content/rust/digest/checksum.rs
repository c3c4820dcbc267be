//! A rolling checksum. Fast, and no protection against an adversary.

/// The prime below 2^16 by which both sums are reduced.
const MODULUS: u32 = 65_521;

/// How many bytes can be added before the sums must be reduced.
const CHUNK: usize = @K1@;

/// The state of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct @Type@ {
    low: u32,
    high: u32,
}

impl @Type@ {
    pub const fn new() -> Self {
        @Type@ { low: 1, high: 0 }
    }

    pub fn update(&mut self, data: &[u8]) {
        for chunk in data.chunks(CHUNK) {
            for &byte in chunk {
                self.low += u32::from(byte);
                self.high += self.low;
            }
            self.low %= MODULUS;
            self.high %= MODULUS;
        }
    }

    pub fn finish(self) -> u32 {
        self.high << 16 | self.low
    }

    /// The checksum of one slice.
    pub fn of(data: &[u8]) -> u32 {
        let mut sum = Self::new();
        sum.update(data);
        sum.finish()
    }
}

impl Default for @Type@ {
    fn default() -> Self {
        Self::new()
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_equal_the_whole() {
        let data = b"@noun@ and some more bytes";
        let mut sum = @Type@::new();
        for part in data.chunks(5) {
            sum.update(part);
        }
        assert_eq!(sum.finish(), @Type@::of(data));
        assert_eq!(@Type@::of(b""), 1);
    }
}
