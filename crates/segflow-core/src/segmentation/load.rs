//! A segmentation file becomes a `Segmentation`, or a list of what is wrong with it.

use sha2::{Digest as _, Sha256};

use super::attributes::Attributes;
use super::debt_types;
use super::dimensions;
use super::error::{LoadError, Position, Problem, Problems};
use super::fields::{self, A_NAME, span, whole};
use super::header::Header;
use super::nearest::nearest;
use super::yaml::{self, Map, Yaml};
use super::{Segmentation, Slot};
use crate::feature::context::Parameters;
use crate::money::Currency;
use crate::time::{Span, Zone};

/// A segmentation, with warnings for its author.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// It is valid.
    pub segmentation: Segmentation,
    /// In file order.
    pub warnings: Vec<Problem>,
}

const KEYS: [&str; 11] = [
    "name",
    "version",
    "currency",
    "timezone",
    "attributes",
    "sensitive",
    "protected",
    "debt_types",
    "parameters",
    "actionable_within",
    "dimensions",
];

/// The longest `actionable_within`, in hours: a year.
const MAX_ACTIONABLE_HOURS: i32 = 8_760;

impl Segmentation {
    /// The largest file, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads a segmentation file; `file` is its name in messages.
    ///
    /// # Errors
    ///
    /// Every problem, with its position. A file that is not YAML has that one problem. The names and types in rules are
    /// checked only once attributes, currency and parameters are sound. Each rule reports its first mistake.
    pub fn load(file: &str, bytes: impl AsRef<[u8]>) -> Result<Loaded, LoadError> {
        let bytes = bytes.as_ref();
        let mut problems = Problems::default();
        let mut warnings = Problems::default();
        let segmentation = read_text(bytes, &mut problems).and_then(|text| {
            let hash = hex::encode(Sha256::digest(bytes));
            let segmentation = read(text, hash, &mut problems, &mut warnings)?;
            Some(Segmentation { text: bytes.to_vec(), ..segmentation })
        });
        match segmentation.filter(|_| problems.is_empty()) {
            Some(segmentation) => Ok(Loaded { segmentation, warnings: warnings.sorted(file) }),
            None => Err(LoadError { problems: problems.sorted(file) }),
        }
    }
}

/// The text of a file; none if it is too large or not UTF-8.
pub fn read_text<'a>(bytes: &'a [u8], problems: &mut Problems) -> Option<&'a str> {
    if bytes.len() > Segmentation::MAX_BYTES {
        let message = format!("expected a file of at most {} bytes, found {}", Segmentation::MAX_BYTES, bytes.len());
        problems.add(Position::START, message);
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") => {
            problems.add(Position::START, "expected UTF-8, found UTF-16: save the file as UTF-8");
            None
        }
        Err(error) => {
            let sound = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let last = sound.rsplit('\n').next().unwrap_or_default();
            let position = Position { line: sound.matches('\n').count() + 1, column: last.chars().count() + 1 };
            problems.add(position, "expected UTF-8, found a byte that is not");
            None
        }
    }
}

fn read(text: &str, hash: String, problems: &mut Problems, warnings: &mut Problems) -> Option<Segmentation> {
    let document = yaml::read(text, "segmentation", problems)?;
    let file = problems.map(&document, "a segmentation: a map that begins with `name`")?;
    let owner = "a segmentation";
    problems.only_keys(file, owner, &KEYS);
    let name = problems.required(file, owner, "name").and_then(|yaml| problems.value(yaml, A_NAME, fields::name));
    let version = problems.required(file, owner, "version").and_then(|yaml| {
        problems.value(yaml, "a whole number from 1 to 4294967295", |text| whole(text).filter(|version| *version >= 1))
    });
    let zone = problems.required(file, owner, "timezone").and_then(|yaml| zone(yaml, problems));
    let actionable = format!("hours or days from 1h to {MAX_ACTIONABLE_HOURS}h");
    let actionable_within_ms = problems.or(Some(file), "actionable_within", 24 * 3_600_000, &actionable, actionable_ms);

    let before = problems.len();
    let currency = currency(file, problems);
    let parameters = currency.as_ref().map(|currency| Parameters::read(file, currency, problems));
    let attributes = Attributes::read(file, problems);
    let debt_types = debt_types::read(file, problems);
    let header = match (&currency, &parameters) {
        (Some(currency), Some(parameters)) if problems.len() == before => {
            Some(Header { attributes: &attributes, debt_types: debt_types.as_deref(), currency, parameters })
        }
        _ => None,
    };
    let (dimensions, rules, features) = dimensions::read(file, header, problems, warnings)?;
    if !problems.is_empty() {
        return None;
    }
    Some(Segmentation {
        name: name?,
        version: version?,
        hash,
        text: Vec::new(),
        currency: currency?,
        zone: zone?,
        attributes: attributes.declared,
        parameters: parameters?,
        actionable_within_ms,
        reads_history: features.iter().any(Slot::reads_history),
        rules,
        dimensions,
        features,
    })
}

fn currency(file: &Map, problems: &mut Problems) -> Option<Currency> {
    let yaml = problems.required(file, "a segmentation", "currency")?;
    problems.value(yaml, "an ISO 4217 code of three capital letters such as GBP", Currency::new)
}

/// The time zone; its name must be in the bundled database, spelled alike.
pub fn zone(yaml: &Yaml, problems: &mut Problems) -> Option<Zone> {
    let text = problems.text(yaml, "an IANA time zone such as Europe/London")?;
    let names: Vec<String> = jiff::tz::TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    if names.contains(&text.value) {
        return Zone::named(&text.value);
    }
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let near = nearest(&text.value, names.iter().map(String::as_str))
        .or_else(|| names.iter().map(String::as_str).find(|name| city(name) == city(&text.value)));
    let near = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    let message = format!("expected an IANA time zone such as Europe/London, found {}{near}", text.found());
    problems.add(text.position, message);
    None
}

/// Milliseconds of elapsed time; here a day is 24 hours.
fn actionable_ms(text: &str) -> Option<i64> {
    let hours = match span(text)? {
        Span::Hours(hours) => hours,
        Span::Days(days) => days.checked_mul(24)?,
    };
    (hours <= MAX_ACTIONABLE_HOURS).then(|| i64::from(hours) * 3_600_000)
}
