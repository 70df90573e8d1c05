//! Records with something wrong: bytes that were changed, and JSON whose parts were taken out, exchanged or retyped.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use segflow_wire::envelope::Line;
use serde_json::{Value, json};

/// The record, mutated by a seed: one time in four its bytes, otherwise one to three parts of its JSON.
pub fn mutated(line: &Line, seed: u64) -> Line {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut line = line.clone();
    let Some(bytes) = &mut line.value else {
        line.value = Some(vec![rng.random(); rng.random_range(0..4)]);
        return line;
    };
    if rng.random_ratio(1, 4) {
        change_bytes(bytes, &mut rng);
        return line;
    }
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    for _ in 0..rng.random_range(1..=3) {
        let places = places(&value);
        let place = &places[rng.random_range(0..places.len())];
        change(&mut value, place, &mut rng);
    }
    *bytes = serde_json::to_vec(&value).unwrap();
    line
}

/// The record without a part of its value.
pub fn without(line: &Line, pointer: &str) -> Line {
    let mut value: Value = serde_json::from_slice(line.value.as_deref().unwrap()).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
    parent.as_object_mut().unwrap().shift_remove(name).unwrap_or_else(|| panic!("no {pointer}"));
    Line { value: Some(serde_json::to_vec(&value).unwrap()), ..line.clone() }
}

/// A text, of which a seed exchanges, takes out or repeats one to three pieces of up to twelve bytes.
pub fn mutated_text(text: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut text = text.to_vec();
    for _ in 0..rng.random_range(1..=3) {
        let piece = |rng: &mut ChaCha8Rng, length: usize| {
            let start = rng.random_range(0..length);
            start..(start + rng.random_range(1..=12)).min(length)
        };
        let (from, to) = (piece(&mut rng, text.len()), piece(&mut rng, text.len()));
        match rng.random_range(0..4) {
            0 => drop(text.drain(from)),
            1 => drop(text.splice(from, [rng.random()])),
            _ => {
                let other = text[to].to_vec();
                text.splice(from, other);
            }
        }
    }
    text
}

fn change_bytes(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    let at = rng.random_range(0..bytes.len());
    match rng.random_range(0..4) {
        0 => bytes[at] = rng.random(),
        1 => bytes.truncate(at),
        2 => drop(bytes.remove(at)),
        _ => bytes.insert(at, rng.random()),
    }
}

/// The pointer of every part but the whole.
fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    walk(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{at}/{index}"), places));
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(value, "", &mut places);
    places
}

/// Puts something else in a part's place; sometimes the part goes, or stands twice.
fn change(whole: &mut Value, place: &str, rng: &mut impl Rng) {
    let other = match rng.random_range(0..16) {
        0 => json!(null),
        1 => json!(true),
        2 => json!(i64::MAX),
        3 => json!(-1),
        4 => json!(1e300),
        5 => json!(0.1),
        6 => json!(""),
        7 => json!("\u{0}\u{feff}é💶"),
        8 => json!("x".repeat(2_000)),
        9 => json!("12.345"),
        10 => json!("99999999999999999999999999999999999999999999"),
        11 => json!("2026-02-30"),
        12 => json!([]),
        13 => json!({}),
        14 => json!([[{"a": [1]}]]),
        _ => return remove(whole, place),
    };
    if let Some(part) = whole.pointer_mut(place) {
        *part = other;
    }
}

fn remove(whole: &mut Value, place: &str) {
    let Some((parent, name)) = place.rsplit_once('/') else { return };
    match whole.pointer_mut(parent) {
        Some(Value::Object(entries)) => drop(entries.shift_remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.remove(name.parse().unwrap())),
        _ => {}
    }
}
