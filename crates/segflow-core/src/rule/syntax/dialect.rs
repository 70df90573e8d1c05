//! What tells rules from the other expressions of this syntax.

/// How an expression is named in messages, and what it may hold.
#[derive(Debug)]
pub struct Dialect {
    /// The whole text: `rule`.
    pub whole: &'static str,
    /// An article and [`Dialect::whole`].
    pub a_whole: &'static str,
    /// A name that is read: `a feature`.
    pub a_name: &'static str,
    /// What to do about a text that is nested too deep.
    pub split: &'static str,
    /// Whether a name may have steps in brackets, as in `lines[0]`.
    pub has_steps: bool,
}

impl Dialect {
    /// The dialect of a segmentation's rules.
    pub const RULE: Self = Self {
        whole: "rule",
        a_whole: "a rule",
        a_name: "a feature",
        split: "split the rule, for instance into dimensions",
        has_steps: false,
    };
}
