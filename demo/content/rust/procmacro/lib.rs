//! @Description@

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// The most fields for which code is generated.
const MAX_FIELDS: usize = @K1@;

/// Implements a `@noun@_name` function that gives the name of the type.
#[proc_macro_derive(@Type@, attributes(@noun@))]
pub fn derive_@noun@(input: TokenStream) -> TokenStream {
    let Some((name, fields)) = describe(input) else {
        return error("expected a struct or an enum");
    };
    if fields > MAX_FIELDS {
        return error("too many fields");
    }
    format!(
        "impl {name} {{ pub const fn @noun@_name() -> &'static str {{ \"{name}\" }} \
         pub const fn @noun@_fields() -> usize {{ {fields} }} }}"
    )
    .parse()
    .unwrap_or_else(|_| error("the generated code does not parse"))
}

/// The name of the type and how many commas its body has, plus one.
fn describe(input: TokenStream) -> Option<(String, usize)> {
    let mut tokens = input.into_iter();
    let mut name = None;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if matches!(word.to_string().as_str(), "struct" | "enum") => {
                name = tokens.next().map(|t| t.to_string());
            }
            TokenTree::Group(group) if name.is_some() && group.delimiter() == Delimiter::Brace => {
                let commas = group.stream().into_iter().filter(|t| t.to_string() == ",").count();
                return name.map(|n| (n, commas + 1));
            }
            _ => {}
        }
    }
    name.map(|n| (n, 0))
}

fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
//%edits
