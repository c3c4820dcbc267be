//! Writes rows of text in columns.

/// The space between two columns.
const GAP: usize = @K3@;

/// Collects rows and pads them to equal widths.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new() -> Self {
        Table::default()
    }

    pub fn row<I, S>(&mut self, cells: I) -> &mut Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }

    /// The table as text, one line for each row.
    pub fn render(&self) -> String {
        let widths = self.widths();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                line.push_str(cell);
                let pad = width - cell.chars().count() + GAP;
                line.extend(std::iter::repeat(' ').take(pad));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new();
        table.row(["name", "size"]).row(["@noun@", "1"]);
        let text = table.render();
        let starts: Vec<_> = text.lines().map(|l| l.rfind(' ')).collect();
        assert_eq!(starts.len(), 2);
        assert!(!text.contains(" \n"));
    }
}
