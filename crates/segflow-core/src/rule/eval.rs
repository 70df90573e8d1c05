//! Rules evaluated at an instant, every value with its expiry.

use std::cell::RefCell;

use super::arithmetic::apply;
use super::line::Line;
use super::{Node, Operand, SlotIndex};
use crate::feature::Feature;
use crate::feature::reading::{Moment, Reading, compare, compare_lines, is_in, is_line_in};
use crate::feature::view::View;
use crate::segmentation::Segmentation;
use crate::state::Membership;
use crate::timed::{Timed, Truth, and, or};

/// The rules of one segmentation at one moment over one set of facts in effect. Each feature is read at most once.
pub struct Evaluation<'a, 'v> {
    segmentation: &'a Segmentation,
    view: &'v View<'a>,
    /// When.
    pub moment: Moment<'a>,
    read: RefCell<Vec<Option<Timed<Reading<'a>>>>>,
}

impl<'a, 'v> Evaluation<'a, 'v> {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(segmentation: &'a Segmentation, view: &'v View<'a>, moment: Moment<'a>) -> Self {
        Self { segmentation, view, moment, read: RefCell::new(vec![None; segmentation.features.len()]) }
    }

    /// Whether a rule holds, where earlier dimensions stand as in `memberships`.
    #[must_use]
    pub fn eval(&self, node: &'a Node, memberships: &[Membership]) -> Timed<Truth> {
        match node {
            Node::And(nodes) => {
                nodes.iter().map(|node| self.eval(node, memberships)).reduce(and).expect("two or more operands")
            }
            Node::Or(nodes) => {
                nodes.iter().map(|node| self.eval(node, memberships)).reduce(or).expect("two or more operands")
            }
            Node::Not(node) => !self.eval(node, memberships),
            Node::Holds(slot) => {
                let reading = self.feature(*slot, memberships);
                let truth = match reading.value {
                    Reading::Bool(value) => value.into(),
                    _ => Truth::Unknown,
                };
                Timed::until(truth, reading.until)
            }
            Node::Known(slot) => self.known(*slot, memberships),
            Node::Unknown(slot) => !self.known(*slot, memberships),
            Node::Compare(a, operator, b) => match (self.reading(a, memberships), self.reading(b, memberships)) {
                (Some(a), Some(b)) => compare(a, *operator, b, self.moment),
                _ => compare_lines(self.line(a, memberships), *operator, self.line(b, memberships), self.moment),
            },
            Node::In(a, list) => match self.reading(a, memberships) {
                Some(a) => is_in(a, list, self.moment),
                None => is_line_in(self.line(a, memberships), list, self.moment),
            },
        }
    }

    /// One side of a comparison as text: money in major units, exact where arithmetic leaves fractions of a minor unit.
    /// None if it is absent.
    #[must_use]
    pub fn text(&self, operand: &'a Operand, memberships: &[Membership]) -> Option<String> {
        let (today, currency) = (self.moment.today, &self.segmentation.currency);
        if let Operand::Arithmetic(arithmetic) = operand {
            let line = self.line(operand, memberships).value?;
            return Some(line.text(today, arithmetic.kind, currency));
        }
        self.reading(operand, memberships)?.value.text(today, currency)
    }

    /// The value of a feature or literal; none of arithmetic, which has a line.
    fn reading(&self, operand: &'a Operand, memberships: &[Membership]) -> Option<Timed<Reading<'a>>> {
        match operand {
            Operand::Feature(slot) => Some(self.feature(*slot, memberships)),
            Operand::Literal(literal) => Some(Timed::always(Reading::of(literal))),
            Operand::Arithmetic(_) => None,
        }
    }

    /// The number that one side of a comparison is.
    fn line(&self, operand: &Operand, memberships: &[Membership]) -> Timed<Option<Line>> {
        match operand {
            Operand::Feature(slot) => self.feature(*slot, memberships).map(Reading::line),
            Operand::Literal(literal) => Timed::always(Reading::of(literal).line()),
            Operand::Arithmetic(parts) => {
                let (a, b) = (self.line(&parts.left, memberships), self.line(&parts.right, memberships));
                apply(a, parts.operation, b, self.moment)
            }
        }
    }

    /// The value of a feature.
    #[must_use]
    pub fn feature(&self, slot: SlotIndex, memberships: &[Membership]) -> Timed<Reading<'a>> {
        match self.segmentation.features[slot].feature {
            Feature::Segment(dimension) => Timed::always(self.segment(dimension, memberships)),
            Feature::SegmentDays(dimension) => Timed::always(self.segment_days(dimension, memberships)),
            ref feature => {
                let known = self.read.borrow()[slot];
                known.unwrap_or_else(|| {
                    let reading = self.view.read(feature, self.moment);
                    self.read.borrow_mut()[slot] = Some(reading);
                    reading
                })
            }
        }
    }

    fn known(&self, slot: SlotIndex, memberships: &[Membership]) -> Timed<Truth> {
        let reading = self.feature(slot, memberships);
        Timed::until((reading.value != Reading::Absent).into(), reading.until)
    }

    fn segment(&self, dimension: usize, memberships: &[Membership]) -> Reading<'a> {
        let current = memberships.get(dimension).and_then(|membership| membership.current);
        let segments = &self.segmentation.dimensions[dimension].segments;
        current.map_or(Reading::Absent, |current| Reading::Text(&segments[usize::from(current)].name))
    }

    fn segment_days(&self, dimension: usize, memberships: &[Membership]) -> Reading<'a> {
        let entered = memberships.get(dimension).and_then(|membership| membership.entered_at);
        entered.map_or(Reading::Absent, |at| Reading::Since(self.moment.zone.date_of(at)))
    }
}
