//! Breaks text into lines of limited width.

/// The width used by [`@Type@::default`], in characters.
pub const DEFAULT_WIDTH: usize = @K2@;

/// How text is to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct @Type@ {
    width: usize,
    indent: usize,
}

impl Default for @Type@ {
    fn default() -> Self {
        @Type@ { width: DEFAULT_WIDTH, indent: 0 }
    }
}

impl @Type@ {
    pub fn width(mut self, width: usize) -> Self {
        self.width = width.max(1);
        self
    }

    /// Spaces before every line but the first.
    pub fn indent(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    /// Breaks at white space. A word longer than the line stays whole.
    pub fn wrap(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let used = line.chars().count();
            let fresh = line.trim().is_empty();
            if !fresh && used + 1 + word.chars().count() > self.width {
                lines.push(std::mem::take(&mut line));
                line.push_str(&" ".repeat(self.indent));
            } else if !fresh {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.trim().is_empty() {
            lines.push(line);
        }
        lines
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_too_long() {
        let text = "the @noun@ is broken into several lines of text";
        let lines = @Type@::default().width(16).wrap(text);
        assert!(lines.iter().all(|l| l.chars().count() <= 16 || !l.contains(' ')));
        assert_eq!(lines.join(" "), text);
    }
}
