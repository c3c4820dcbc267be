//! Titles as parts of an address.

/// Slugs are cut to this many bytes.
pub const MAX_SLUG: usize = @K1@;

/// Lower case, words joined by dashes, everything else left out.
pub fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len().min(MAX_SLUG));
    for ch in title.chars() {
        if out.len() >= MAX_SLUG {
            break;
        }
        if ch.is_ascii_alphanumeric() {
            out.push(ch.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// A slug that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slug(String);

impl Slug {
    /// Takes a text only if it already is a slug.
    pub fn new(text: &str) -> Option<Slug> {
        (!text.is_empty() && slug(text) == text).then(|| Slug(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_does_not_belong() {
        assert_eq!(slug("  The @noun@, again! "), "the-@noun@-again");
        assert_eq!(Slug::new("Not One"), None);
    }
}
