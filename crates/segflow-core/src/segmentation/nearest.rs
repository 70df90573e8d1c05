//! Names in messages: the valid one nearest to an unknown one, lists of them, and long texts cut short.

/// For a name of more bytes, no near name is looked for.
const MAX_BYTES: usize = 128;

/// The candidate at the least edit distance, the first of equals. A transposition counts once, and case does not count.
/// None if the distance is more than a third of the longer name.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .filter(|_| name.len() <= MAX_BYTES)
        .map(|candidate| (strsim::osa_distance(&wanted, &candidate.to_lowercase()), candidate))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, candidate)| distance * 3 <= name.len().max(candidate.len()))
        .map(|(_, candidate)| candidate)
}

/// `; did you mean `x`?`, or nothing where nothing is near.
#[must_use]
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |candidate| format!("; did you mean `{candidate}`?"))
}

/// Names as a message lists them: `a`, `b`, `c`.
#[must_use]
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A text as messages quote it: its first 60 characters, on one line.
#[must_use]
pub fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let names = ["overdue.amount", "overdue.days", "next_due.days"];
        assert_eq!(nearest("overdue_days", names), Some("overdue.days"));
        assert_eq!(nearest("OVERDUE.DAYS", names), Some("overdue.days"));
        assert_eq!(nearest("overdue.dasy", names), Some("overdue.days"));
        assert_eq!(nearest("weather", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest(&"o".repeat(129), [&*"o".repeat(128)]), None);
        assert_eq!(nearest("overdue.days", []), None);
        assert_eq!(did_you_mean("next_due.day", names), "; did you mean `next_due.days`?");
    }
}
