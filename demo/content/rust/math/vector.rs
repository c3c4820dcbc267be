//! Small vectors with three components.

use core::ops::{Add, Mul, Neg, Sub};

/// A direction or a place in space.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct @Type@ {
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

/// Lengths below this count as zero.
pub const EPSILON: f64 = 1e-@K3@;

impl @Type@ {
    pub const ZERO: @Type@ = @Type@::new(0.0, 0.0, 0.0);

    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        @Type@ { x, y, z }
    }

    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub fn cross(self, other: Self) -> Self {
        @Type@::new(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    /// The square of the length, which needs no root.
    pub fn norm_squared(self) -> f64 {
        self.dot(self)
    }

    /// Moves from `self` to `other` as `t` goes from 0 to 1.
    pub fn lerp(self, other: Self, t: f64) -> Self {
        self + (other - self) * t
    }

    pub fn is_tiny(self) -> bool {
        self.norm_squared() < EPSILON * EPSILON
    }
}

impl Add for @Type@ {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        @Type@::new(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for @Type@ {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        self + -o
    }
}

impl Neg for @Type@ {
    type Output = Self;
    fn neg(self) -> Self {
        @Type@::new(-self.x, -self.y, -self.z)
    }
}

impl Mul<f64> for @Type@ {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        @Type@::new(self.x * k, self.y * k, self.z * k)
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_is_orthogonal() {
        let a = @Type@::new(1.0, 2.0, 3.0);
        let b = @Type@::new(-2.0, 0.5, 4.0);
        assert!(a.cross(b).dot(a).abs() < 1e-12);
        assert_eq!(a.lerp(b, 0.0), a);
        assert!(@Type@::ZERO.is_tiny());
    }
}
