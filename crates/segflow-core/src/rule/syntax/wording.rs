//! The names of things in the messages of the lexer and the parser.

/// How messages name an expression and what stands in it.
#[derive(Debug)]
pub struct Wording {
    /// The whole text: `rule`.
    pub whole: &'static str,
    /// An article and [`Wording::whole`].
    pub a_whole: &'static str,
    /// A name that is read: `a feature`.
    pub a_name: &'static str,
    /// What to do about a text that is nested too deep.
    pub split: &'static str,
}

impl Wording {
    /// The wording of a segmentation's rules.
    pub const RULE: Self = Self {
        whole: "rule",
        a_whole: "a rule",
        a_name: "a feature",
        split: "split the rule, for instance into dimensions",
    };
}
