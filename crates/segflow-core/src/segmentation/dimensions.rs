//! The key `dimensions`: the dimensions, their segments in order of precedence, and the rules of the segments.

use std::collections::{BTreeMap, BTreeSet};

use super::error::Problems;
use super::fields::{A_NAME, name, span};
use super::header::Header;
use super::rules::Rules;
use super::yaml::{Map, Text, Yaml};
use super::{Dimension, Dimensions, Segment, Slot};
use crate::rule::typing::scope::Outline;
use crate::rule::{Node, Rule};
use crate::time::Span;

/// The most dimensions of a file, and the most segments with a rule of a dimension.
const MAX_NAMES: usize = 64;
/// The most keys of a treatment.
const MAX_TREATMENT_KEYS: usize = 64;
/// The longest value of a treatment, in bytes; a key has at most 64.
const MAX_TREATMENT_BYTES: usize = 1_024;

/// Reads every dimension, how many rules they have, and what these read; without a header, rules are parsed and not
/// checked.
pub(super) fn read(
    file: &Map,
    header: Option<Header<'_>>,
    problems: &mut Problems,
    warnings: &mut Problems,
) -> Option<(Vec<Dimension>, usize, Vec<Slot>)> {
    let yaml = problems.required(file, "a segmentation", "dimensions")?;
    let items = problems.list(yaml, "a list of dimensions")?;
    if !(1..=MAX_NAMES).contains(&items.len()) {
        problems.add(yaml.position(), format!("expected 1 to {MAX_NAMES} dimensions, found {}", items.len()));
        return None;
    }
    let outlines: Vec<Outline> = items.iter().map(outline).collect();
    let horizon_days = header.as_ref().map_or(i32::MAX, |header| header.parameters.horizon_days);
    let rules = Rules::new(header, &outlines);
    let mut reader = Reader { horizon_days, rules, problems, warnings };
    let mut names = BTreeSet::new();
    let read = |(index, item)| reader.dimension(index, item, &mut names);
    let dimensions: Vec<Option<Dimension>> = items.iter().enumerate().map(read).collect();
    let (mut dimensions, slots) = (dimensions.into_iter().collect::<Option<Vec<_>>>()?, reader.rules.into_slots());
    let rules = number_rules(&mut dimensions, &slots);
    for place in 0..dimensions.len() {
        dimensions[place].rests_on = rests_on(place, &dimensions);
    }
    Some((dimensions, rules, slots))
}

/// Numbers the rules, notes what each reads, and returns how many there are.
fn number_rules(dimensions: &mut [Dimension], slots: &[Slot]) -> usize {
    let mut next = 0;
    for segment in dimensions.iter_mut().flat_map(|dimension| &mut dimension.segments) {
        let Segment { when, remain, bypass, .. } = segment;
        let mut number = |rule: &mut Rule| {
            rule.number(next, slots);
            next += 1;
        };
        when.iter_mut().chain(bypass).for_each(&mut number);
        match (when, remain) {
            (Some(when), Some(remain)) if when.root == remain.root => remain.reads = when.reads,
            (_, remain) => remain.iter_mut().for_each(number),
        }
    }
    next
}

/// What a dimension rests on; `rests_on` of every earlier one is known already.
fn rests_on(place: usize, dimensions: &[Dimension]) -> Dimensions {
    let segments = dimensions[place].segments.iter();
    let rules = segments.flat_map(|segment| [&segment.when, &segment.remain, &segment.bypass]).flatten();
    let read = rules.fold(Dimensions::NONE, |all, rule| all | rule.reads.dimensions);
    let earlier = (0..place).filter(|earlier| read.contain(*earlier));
    earlier.fold(Dimensions::at(place), |all, earlier| all | dimensions[earlier].rests_on)
}

/// The names of a dimension as far as they can be read. Their problems are reported when the dimension is read.
fn outline(item: &Yaml) -> Outline {
    let named = |yaml: &Yaml| match yaml {
        Yaml::Text(text) => Some(text.value.clone()),
        Yaml::Map(map) => match map.get("name") {
            Some(Yaml::Text(text)) => Some(text.value.clone()),
            _ => None,
        },
        Yaml::List(..) => None,
    };
    let map = if let Yaml::Map(map) = item { Some(map) } else { None };
    let segments = match map.and_then(|map| map.get("segments")) {
        Some(Yaml::List(_, items)) => items.as_slice(),
        _ => &[],
    };
    let otherwise = map.and_then(|map| map.get("otherwise"));
    Outline {
        name: named(item).unwrap_or_default(),
        segments: segments.iter().chain(otherwise).filter_map(named).collect(),
    }
}

struct Reader<'a> {
    horizon_days: i32,
    rules: Rules<'a>,
    problems: &'a mut Problems,
    warnings: &'a mut Problems,
}

impl Reader<'_> {
    fn dimension<'y>(&mut self, index: usize, item: &'y Yaml, names: &mut BTreeSet<&'y str>) -> Option<Dimension> {
        let owner = "a dimension";
        let map = self.problems.map(item, "a dimension: a map with `name`, `segments` and `otherwise`")?;
        self.problems.only_keys(map, owner, &["name", "segments", "otherwise"]);
        let name = self.name(map, owner, names, "`dimensions`");
        let mut segment_names = BTreeSet::new();
        let items = self.problems.required(map, owner, "segments").and_then(|yaml| {
            let items = self.problems.list(yaml, "a list of segments")?;
            if !(1..=MAX_NAMES).contains(&items.len()) {
                let message = format!("expected 1 to {MAX_NAMES} segments besides `otherwise`, found {}", items.len());
                self.problems.add(yaml.position(), message);
            }
            Some(items)
        });
        let items = items.unwrap_or_default();
        let segments = items.iter().map(|item| self.segment(index, item, &mut segment_names)).collect::<Vec<_>>();
        let otherwise = self.problems.required(map, owner, "otherwise");
        let otherwise = otherwise.and_then(|yaml| self.otherwise(yaml, &mut segment_names));
        let segments: Option<Vec<_>> = segments.into_iter().chain([otherwise]).collect();
        Some(Dimension { name: name?, segments: segments?, rests_on: Dimensions::at(index) })
    }

    fn name<'y>(&mut self, map: &'y Map, owner: &str, names: &mut BTreeSet<&'y str>, among: &str) -> Option<String> {
        let yaml = self.problems.required(map, owner, "name")?;
        self.unique_name(yaml, names, among)
    }

    fn unique_name<'y>(&mut self, yaml: &'y Yaml, names: &mut BTreeSet<&'y str>, among: &str) -> Option<String> {
        let read = self.problems.value(yaml, A_NAME, name);
        if let (Some(_), Yaml::Text(text)) = (&read, yaml) {
            self.problems.unique(names, &text.value, text.position, among);
        }
        read
    }

    fn otherwise<'y>(&mut self, yaml: &'y Yaml, names: &mut BTreeSet<&'y str>) -> Option<Segment> {
        let among = "the segments of a dimension, `otherwise` included";
        let (name, treatment) = match yaml {
            Yaml::Map(map) => {
                self.problems.only_keys(map, "`otherwise`", &["name", "treatment"]);
                (self.name(map, "`otherwise`", names, among), self.treatment(map))
            }
            other => (self.unique_name(other, names, among), BTreeMap::new()),
        };
        let name = name?;
        Some(Segment { name, when: None, remain: None, hold: None, keep: None, bypass: None, treatment })
    }

    fn segment<'y>(&mut self, dimension: usize, item: &'y Yaml, names: &mut BTreeSet<&'y str>) -> Option<Segment> {
        let owner = "a segment";
        let map = self.problems.map(item, "a segment: a map with `name` and `when`")?;
        self.problems.only_keys(map, owner, &["name", "when", "stay", "for", "keep", "bypass", "treatment"]);
        let name = self.name(map, owner, names, "the segments of a dimension");
        let when = self.problems.required(map, owner, "when").and_then(|yaml| self.rule(dimension, yaml));
        let stay = map.get("stay").and_then(|yaml| self.rule(dimension, yaml));
        let keep = self.span(map, "keep");
        let segment = Segment {
            remain: when.clone().map(|when| joined(when, stay)),
            hold: self.span(map, "for"),
            keep,
            bypass: map.get("bypass").and_then(|yaml| self.rule(dimension, yaml)),
            treatment: self.treatment(map),
            name: name?,
            when,
        };
        self.check_keep(map, &segment.name);
        segment.when.is_some().then_some(segment)
    }

    fn check_keep(&mut self, map: &Map, segment: &str) {
        match (map.entry("keep"), map.entry("bypass")) {
            (None, Some((bypass, _))) => {
                self.problems
                    .add(bypass.position, "expected `keep` beside `bypass`, found none: there is nothing to bypass");
            }
            (Some((keep, _)), None) => {
                let message = format!("segment `{segment}` has `keep` without `bypass`: nothing ends the stay early");
                self.warnings.add(keep.position, message);
            }
            _ => {}
        }
    }

    fn rule(&mut self, dimension: usize, yaml: &Yaml) -> Option<Rule> {
        let text = self.problems.text(yaml, "a rule")?;
        self.rules.read(dimension, text, self.problems, self.warnings)
    }

    fn span(&mut self, map: &Map, key: &str) -> Option<Span> {
        let horizon = self.horizon_days;
        let expected = format!("days such as 7d or hours such as 48h, at least 1 and at most the horizon, {horizon}d");
        self.problems.or(Some(map), key, None, &expected, |text| {
            let span = span(text)?;
            let within = match span {
                Span::Days(days) => days <= horizon,
                Span::Hours(hours) => i64::from(hours) <= 24 * i64::from(horizon),
            };
            within.then_some(Some(span))
        })
    }

    fn treatment(&mut self, map: &Map) -> BTreeMap<String, String> {
        let Some(yaml) = map.get("treatment") else {
            return BTreeMap::new();
        };
        let Some(map) = self.problems.map(yaml, "a map of texts to texts") else {
            return BTreeMap::new();
        };
        if map.entries.len() > MAX_TREATMENT_KEYS {
            let message =
                format!("expected at most {MAX_TREATMENT_KEYS} keys in a treatment, found {}", map.entries.len());
            self.problems.add(map.position, message);
        }
        map.entries.iter().filter_map(|(key, value)| self.treatment_entry(key, value)).collect()
    }

    fn treatment_entry(&mut self, key: &Text, value: &Yaml) -> Option<(String, String)> {
        if key.value.is_empty() || key.value.len() > 64 {
            self.problems.add(key.position, format!("expected a key of 1 to 64 bytes, found {}", key.found()));
        }
        let expected = format!("a text of 1 to {MAX_TREATMENT_BYTES} bytes");
        let read = |text: &str| (text.len() <= MAX_TREATMENT_BYTES).then(|| text.to_owned());
        Some((key.value.clone(), self.problems.value(value, &expected, read)?))
    }
}

/// The rule to remain: `when || stay`, flattened.
fn joined(when: Rule, stay: Option<Rule>) -> Rule {
    let Some(stay) = stay else { return when };
    let parts = |root| match root {
        Node::Or(parts) => parts,
        root => vec![root],
    };
    let text = format!("({}) || ({})", when.text, stay.text);
    let root = Node::Or([parts(when.root), parts(stay.root)].concat());
    Rule::new(text, root)
}
