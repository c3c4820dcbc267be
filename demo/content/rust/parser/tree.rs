//! The tree that parsing yields, kept in one flat vector.

/// The number of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

#[derive(Clone, Debug, PartialEq)]
struct Node {
    label: String,
    parent: Option<NodeId>,
    depth: u16,
}

/// Nodes in the order in which they were opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
}

/// How deep a tree may grow before parsing stops.
pub const MAX_DEPTH: u16 = @K1@;

impl Tree {
    pub fn new() -> Self {
        Tree::default()
    }

    /// Adds a node below `parent`, or `None` when the tree would get too deep.
    pub fn push(&mut self, label: impl Into<String>, parent: Option<NodeId>) -> Option<NodeId> {
        let depth = match parent {
            Some(NodeId(p)) => self.nodes.get(p as usize)?.depth + 1,
            None => 0,
        };
        if depth > MAX_DEPTH {
            return None;
        }
        let id = NodeId(u32::try_from(self.nodes.len()).ok()?);
        self.nodes.push(Node { label: label.into(), parent, depth });
        Some(id)
    }

    pub fn label(&self, id: NodeId) -> &str {
        &self.nodes[id.0 as usize].label
    }

    /// Walks from a node to the root, the node itself first.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        core::iter::successors(Some(id), move |n| self.nodes[n.0 as usize].parent)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
//%edits

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_end_at_the_root() {
        let mut tree = Tree::new();
        let root = tree.push("@noun@", None).unwrap();
        let leaf = tree.push("leaf", Some(root)).unwrap();
        assert_eq!(tree.ancestors(leaf).count(), 2);
        assert_eq!(tree.label(root), "@noun@");
    }
}
