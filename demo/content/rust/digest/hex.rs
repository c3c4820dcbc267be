//! Bytes as hexadecimal digits and back.

use std::fmt;

/// Why a text is not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    OddLength(usize),
    NotADigit { at: usize },
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HexError::OddLength(n) => write!(f, "{n} digits do not make whole bytes"),
            HexError::NotADigit { at } => write!(f, "no digit at {at}"),
        }
    }
}

impl std::error::Error for HexError {}

/// Texts longer than this are cut when shown.
pub const SHOWN: usize = @K2@;

pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
    out
}

pub fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = text.as_bytes();
    if digits.len() % 2 != 0 {
        return Err(HexError::OddLength(digits.len()));
    }
    let digit = |at: usize| (digits[at] as char).to_digit(16).ok_or(HexError::NotADigit { at });
    (0..digits.len()).step_by(2).map(|at| Ok((digit(at)? << 4 | digit(at + 1)?) as u8)).collect()
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        assert_eq!(decode("abc"), Err(HexError::OddLength(3)));
        assert_eq!(decode("0g"), Err(HexError::NotADigit { at: 1 }));
    }
}
