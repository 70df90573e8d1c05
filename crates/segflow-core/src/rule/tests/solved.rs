//! Solved arithmetic against that of every single day, and at the bounds of its numbers.

use crate::feature::reading::{Moment, Reading};
use crate::rule::eval::arithmetic::apply;
use crate::rule::eval::compare::{compare, compare_lines, line};
use crate::rule::eval::linear::Linear;
use crate::rule::{Operation, Operator};
use crate::segmentation::tests::hostile::Dice;
use crate::time::{Date, Timestamp, Zone};
use crate::timed::{Timed, Truth};
use crate::value_type::ValueType;

const OPERATIONS: [Operation; 4] = [Operation::Add, Operation::Subtract, Operation::Multiply, Operation::Divide];

/// Compared by cross-multiplication these need more than 128 bits.
#[test]
fn fractions_compare_without_overflow() {
    let fraction = |numerator, denominator| Linear::fraction(numerator, denominator).expect("a positive denominator");
    let product = |a: Linear, b: Linear| a.times(b).expect("it fits");
    let one = product(fraction(i64::MAX, i64::MAX - 1), fraction(i64::MAX - 2, 1 << 40));
    let other = product(fraction(i64::MAX - 1, i64::MAX - 2), fraction(i64::MAX - 2, 1 << 40));
    let day = Date(20_000);
    assert_eq!(one.compare(other, day), std::cmp::Ordering::Less);
    assert_eq!(other.compare(one, day), std::cmp::Ordering::Greater);
    assert_eq!(one.compare(one, day), std::cmp::Ordering::Equal);
    let (one, other) = (Linear::whole(0).minus(one).expect("it fits"), Linear::whole(0).minus(other).expect("it fits"));
    assert_eq!(one.compare(other, day), std::cmp::Ordering::Greater);
}

fn moment(zone: &Zone) -> Moment<'_> {
    Moment::new("2026-03-10T12:00:00Z".parse().expect("an instant"), zone)
}

#[test]
fn nothing_overflows() {
    let zone = Zone::named("Europe/Rome").expect("a zone");
    let moment = moment(&zone);
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, 1_000_000_000_000_000_000, i64::MAX - 1, i64::MAX];
    let dates = [i32::MIN, -25_567, 0, 84_005, i32::MAX].map(Date);
    let readings: Vec<Reading<'_>> = (ends.iter().map(|value| Reading::Int(*value)))
        .chain(ends.iter().flat_map(|a| ends.iter().map(|b| Reading::Ratio(*a, *b))))
        .chain(dates.iter().flat_map(|date| [Reading::Since(*date), Reading::Until(*date)]))
        .collect();
    let currency = crate::money::Currency::new("UYW").expect("a currency of 4 decimals");
    let mut values: Vec<Timed<Option<Linear>>> = readings.iter().map(|a| Timed::always(line(*a))).collect();
    let mut dice = Dice(0x0ff5e7);
    for _ in 0..200_000 {
        let (a, b) = (values[dice.below(values.len())], values[dice.below(values.len())]);
        let (one, other) = (readings[dice.below(readings.len())], readings[dice.below(readings.len())]);
        let next = apply(a, OPERATIONS[dice.below(4)], b, moment);
        for timed in [
            compare_lines(a, Operator::Less, b, moment),
            compare_lines(next, Operator::GreaterOrEqual, b, moment),
            compare(Timed::always(one), Operator::Equal, Timed::always(other), moment),
        ] {
            assert!(timed.until > moment.at, "{a:?} {b:?} {timed:?}");
        }
        if let Some(line) = next.value {
            for kind in [ValueType::Money, ValueType::Int, ValueType::Ratio] {
                assert!(!line.text(moment.today, kind, &currency).is_empty());
            }
            let place = dice.below(values.len());
            values[place] = next;
        }
    }
}

/// A tree of operations over readings.
enum Tree {
    Leaf(Reading<'static>),
    Join(Box<Tree>, Operation, Box<Tree>),
}

impl Tree {
    fn random(dice: &mut Dice, depth: usize) -> Self {
        if depth == 0 || dice.below(4) == 0 {
            let small = |dice: &mut Dice| i64::try_from(dice.below(40)).expect("small") - 20;
            let date = Date(20_522 + i32::try_from(dice.below(100)).expect("small") - 50);
            return Self::Leaf(match dice.below(5) {
                0 => Reading::Int(small(dice)),
                1 => Reading::Ratio(small(dice), 1 + i64::try_from(dice.below(9)).expect("small")),
                2 => Reading::Until(date),
                3 if dice.below(8) == 0 => Reading::Absent,
                _ => Reading::Since(date),
            });
        }
        let operation = OPERATIONS[dice.below(4)];
        Self::Join(Box::new(Self::random(dice, depth - 1)), operation, Box::new(Self::random(dice, depth - 1)))
    }

    fn solved(&self, moment: Moment<'_>) -> Timed<Option<Linear>> {
        match self {
            Self::Leaf(reading) => Timed::always(line(*reading)),
            Self::Join(a, operation, b) => apply(a.solved(moment), *operation, b.solved(moment), moment),
        }
    }

    /// The fraction of one day, worked out for that day alone.
    fn on(&self, day: Date) -> Option<(i128, i128)> {
        match self {
            Self::Leaf(reading) => match *reading {
                Reading::Int(value) => Some((value.into(), 1)),
                Reading::Ratio(numerator, denominator) => Some((numerator.into(), denominator.into())),
                Reading::Since(date) => Some((day.days_since(date).into(), 1)),
                Reading::Until(date) => Some((date.days_since(day).into(), 1)),
                _ => None,
            },
            Self::Join(a, operation, b) => {
                let ((a, b), (c, d)) = (a.on(day)?, b.on(day)?);
                match operation {
                    Operation::Add => Some((a * d + c * b, b * d)),
                    Operation::Subtract => Some((a * d - c * b, b * d)),
                    Operation::Multiply => Some((a * c, b * d)),
                    Operation::Divide if c == 0 => None,
                    Operation::Divide => Some((a * d * c.signum(), b * c.abs())),
                }
            }
        }
    }

    fn truth(&self, operator: Operator, bound: i64, day: Date) -> Truth {
        self.on(day).map_or(Truth::Unknown, |(numerator, denominator)| {
            operator.holds(numerator.cmp(&(i128::from(bound) * denominator))).into()
        })
    }
}

/// Solved comparisons are those of every single day, and expire no later than the first that differs; where no line is
/// multiplied with or divided by a moving one, exactly then.
#[test]
fn solved_arithmetic_equals_that_of_every_day() {
    let zone = Zone::named("UTC").expect("a zone");
    let moment = moment(&zone);
    let mut dice = Dice(0xa11_da75);
    let (mut turned, mut solved_turns) = (0, 0);
    for _ in 0..20_000 {
        let tree = Tree::random(&mut dice, 3);
        let operator = [Operator::Less, Operator::GreaterOrEqual, Operator::Equal, Operator::NotEqual][dice.below(4)];
        let bound = i64::try_from(dice.below(60)).expect("small") - 30;
        let line = tree.solved(moment);
        let timed = compare_lines(line, operator, Timed::always(Some(Linear::whole(bound))), moment);
        let now = tree.truth(operator, bound, moment.today);
        assert_eq!(timed.value, now);
        let first =
            (1..300).map(|days| moment.today.plus_days(days)).find(|day| tree.truth(operator, bound, *day) != now);
        let first = first.map_or(Timestamp::NEVER, |day| zone.midnight(day));
        assert!(timed.until <= first || first == Timestamp::NEVER, "{timed:?}, but it differs at {first}");
        turned += usize::from(first != Timestamp::NEVER);
        if line.until == Timestamp::NEVER && timed.until <= zone.midnight(moment.today.plus_days(299)) {
            assert_eq!(timed.until, first);
            solved_turns += usize::from(first > moment.next_midnight());
        }
    }
    assert!(turned > 1_000 && solved_turns > 500, "{turned} {solved_turns}");
}
