//! Rules evaluated at an instant, every value with its expiry.

pub mod arithmetic;
pub(super) mod compare;
pub mod linear;

use std::cell::Cell;
use std::rc::Rc;

use crate::event::Families;
use crate::feature::membership::MembershipFeature;
use crate::feature::reading::{Moment, Reading};
use crate::feature::row::{AttributeIndex, DimensionIndex};
use crate::feature::view::View;
use crate::feature::{FactFeature, Feature};
use crate::rule::{Node, Operand, SlotIndex};
use crate::segmentation::{Dimensions, Segmentation};
use crate::state::Membership;
use crate::time::Timestamp;
use crate::timed::{Timed, Truth, and, or};
use arithmetic::apply;
use compare::{compare, compare_lines, is_in, is_line_in, line};
use linear::Linear;

/// The rules of one segmentation at one moment over one set of facts in effect. Each feature is read at most once, and
/// again only once its reading has expired.
pub struct Evaluation<'a, 'v> {
    segmentation: &'a Segmentation,
    view: &'v View<'a>,
    /// The moment.
    pub moment: Moment<'a>,
    /// The last reading of each slot.
    read: Rc<[Cell<Option<MemoReading<'a>>>]>,
    grounds: Cell<Grounds>,
}

/// The instant since when a reading is known to stand, and the reading.
type MemoReading<'a> = (Timestamp, Timed<Reading<'a>>);

/// What evaluations rested on. While none of it changes, each evaluation has the same result and the same expiry.
///
/// The expiry of a result alone does not say that, since a result may outlive some of its grounds. A false `&&` stays
/// false for as long as its longest-lived false operand. Before that another operand may change, and the expiry of the
/// `&&` with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grounds {
    /// The first later instant at which a reading or a comparison could differ.
    pub until: Timestamp,
    /// The dimensions that were read.
    pub dimensions: Dimensions,
    /// The families whose facts were read.
    pub families: Families,
}

impl Grounds {
    const NONE: Self = Self { until: Timestamp::NEVER, dimensions: Dimensions::NONE, families: Families::NONE };
}

impl<'a, 'v> Evaluation<'a, 'v> {
    /// An evaluation that has read nothing yet.
    #[must_use]
    pub fn new(segmentation: &'a Segmentation, view: &'v View<'a>, moment: Moment<'a>) -> Self {
        let read = segmentation.features.iter().map(|_| Cell::new(None)).collect();
        Self { segmentation, view, moment, read, grounds: Cell::new(Grounds::NONE) }
    }

    /// The evaluation of the same facts at another moment. Readings that still stand are kept.
    #[must_use]
    pub fn at(&self, moment: Moment<'a>) -> Self {
        let Self { segmentation, view, ref read, .. } = *self;
        Self { segmentation, view, moment, read: Rc::clone(read), grounds: Cell::new(Grounds::NONE) }
    }

    /// Whether the present value of a declared attribute cannot be read as its type.
    #[must_use]
    pub fn is_unreadable(&self, attribute: AttributeIndex) -> bool {
        self.view.is_unreadable(attribute)
    }

    /// The grounds of all that was evaluated since the last call.
    pub(crate) fn take_grounds(&self) -> Grounds {
        self.grounds.replace(Grounds::NONE)
    }

    /// Notes that a decision that rests on this evaluation may change at an instant.
    pub(crate) fn rest_until(&self, until: Timestamp) {
        let grounds = self.grounds.get();
        self.grounds.set(Grounds { until: grounds.until.min(until), ..grounds });
    }

    fn rest_on<T>(&self, timed: Timed<T>) -> Timed<T> {
        self.rest_until(timed.until);
        timed
    }

    /// Whether a rule holds; `memberships` say where the customer stands in earlier dimensions.
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
            Node::Compare(a, operator, b) => {
                self.rest_on(match (self.reading(a, memberships), self.reading(b, memberships)) {
                    (Some(a), Some(b)) => compare(a, *operator, b, self.moment),
                    _ => compare_lines(self.line(a, memberships), *operator, self.line(b, memberships), self.moment),
                })
            }
            Node::In(a, list) => self.rest_on(match self.reading(a, memberships) {
                Some(a) => is_in(a, list, self.moment),
                None => is_line_in(self.line(a, memberships), list, self.moment),
            }),
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

    /// The value of a feature or literal; none for arithmetic, which [`Self::line`] computes.
    fn reading(&self, operand: &'a Operand, memberships: &[Membership]) -> Option<Timed<Reading<'a>>> {
        match operand {
            Operand::Feature(slot) => Some(self.feature(*slot, memberships)),
            Operand::Literal(literal) => Some(Timed::always(literal.reading())),
            Operand::Arithmetic(_) => None,
        }
    }

    /// The number that one side of a comparison is.
    fn line(&self, operand: &Operand, memberships: &[Membership]) -> Timed<Option<Linear>> {
        match operand {
            Operand::Feature(slot) => self.feature(*slot, memberships).map(line),
            Operand::Literal(literal) => Timed::always(line(literal.reading())),
            Operand::Arithmetic(parts) => {
                let (a, b) = (self.line(&parts.left, memberships), self.line(&parts.right, memberships));
                self.rest_on(apply(a, parts.operation, b, self.moment))
            }
        }
    }

    /// The value of a feature.
    #[must_use]
    pub fn feature(&self, slot: SlotIndex, memberships: &[Membership]) -> Timed<Reading<'a>> {
        match &self.segmentation.features[slot].feature {
            Feature::Facts(feature) => self.fact_feature(slot, feature),
            Feature::Membership(feature) => Timed::always(self.membership_feature(feature, memberships)),
        }
    }

    fn fact_feature(&self, slot: SlotIndex, feature: &FactFeature) -> Timed<Reading<'a>> {
        let at = self.moment.at;
        let grounds = self.grounds.get();
        self.grounds.set(Grounds { families: grounds.families | feature.reads().families, ..grounds });
        let known = self.read[slot].get().filter(|(since, reading)| (*since..reading.until).contains(&at));
        self.rest_on(known.map_or_else(
            || {
                let reading = feature.read(self.view, self.moment);
                self.read[slot].set(Some((at, reading)));
                reading
            },
            |(_, reading)| reading,
        ))
    }

    fn membership_feature(&self, feature: &MembershipFeature, memberships: &[Membership]) -> Reading<'a> {
        match feature {
            MembershipFeature::Segment(dimension) => self.segment(*dimension, memberships),
            MembershipFeature::SegmentDays(dimension) => self.segment_days(*dimension, memberships),
        }
    }

    fn known(&self, slot: SlotIndex, memberships: &[Membership]) -> Timed<Truth> {
        let reading = self.feature(slot, memberships);
        Timed::until((reading.value != Reading::Absent).into(), reading.until)
    }

    fn rest_on_dimension(&self, dimension: usize) {
        let grounds = self.grounds.get();
        self.grounds.set(Grounds { dimensions: grounds.dimensions | Dimensions::at(dimension), ..grounds });
    }

    fn segment(&self, DimensionIndex(dimension): DimensionIndex, memberships: &[Membership]) -> Reading<'a> {
        self.rest_on_dimension(dimension);
        let current = memberships.get(dimension).and_then(|membership| membership.current);
        let segments = &self.segmentation.dimensions[dimension].segments;
        current.map_or(Reading::Absent, |current| Reading::Text(&segments[usize::from(current)].name))
    }

    fn segment_days(&self, DimensionIndex(dimension): DimensionIndex, memberships: &[Membership]) -> Reading<'a> {
        self.rest_on_dimension(dimension);
        let entered = memberships.get(dimension).and_then(|membership| membership.entered_at);
        entered.map_or(Reading::Absent, |at| Reading::Since(self.moment.zone.date_of(at)))
    }
}
