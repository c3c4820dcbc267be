//! Splits input into tokens without copying it.

use core::fmt;

/// The longest identifier that is accepted, in bytes.
pub const MAX_IDENT: usize = @K2@;

/// What a [`@Type@`] is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ident,
    Number,
    Punct(char),
}

/// A piece of the input with the place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct @Type@<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
}

/// Why the input could not be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexError {
    TooLong { start: usize },
    Unexpected { ch: char, start: usize },
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LexError::TooLong { start } => write!(f, "identifier at byte {start} is too long"),
            LexError::Unexpected { ch, start } => write!(f, "unexpected {ch:?} at byte {start}"),
        }
    }
}

/// Iterates over the tokens of a text.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    input: &'a str,
    pos: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Self {
        Lexer { input, pos: 0 }
    }

    /// The part of the input that has not been read yet.
    pub fn rest(&self) -> &'a str {
        &self.input[self.pos..]
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.pos += len;
        &rest[..len]
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<@Type@<'a>, LexError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.take_while(char::is_whitespace);
        let start = self.pos;
        let first = self.rest().chars().next()?;
        let (kind, text) = if first.is_alphabetic() || first == '_' {
            (Kind::Ident, self.take_while(|c| c.is_alphanumeric() || c == '_'))
        } else if first.is_ascii_digit() {
            (Kind::Number, self.take_while(|c| c.is_ascii_digit() || c == '.'))
        } else if first.is_ascii_punctuation() {
            self.pos += first.len_utf8();
            (Kind::Punct(first), &self.input[start..self.pos])
        } else {
            self.pos = self.input.len();
            return Some(Err(LexError::Unexpected { ch: first, start }));
        };
        if text.len() > MAX_IDENT {
            return Some(Err(LexError::TooLong { start }));
        }
        Some(Ok(@Type@ { kind, text, start }))
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_a_call() {
        let kinds: Vec<_> = Lexer::new("@noun@(1.5, x)").map(|t| t.unwrap().kind).collect();
        assert_eq!(
            kinds,
            [Kind::Ident, Kind::Punct('('), Kind::Number, Kind::Punct(','), Kind::Ident, Kind::Punct(')')]
        );
    }
}
