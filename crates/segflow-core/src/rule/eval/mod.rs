//! Rules evaluated at an instant, every value with its expiry.

pub mod arithmetic;
pub(super) mod compare;
pub mod linear;

use std::cell::Cell;
use std::rc::Rc;

use crate::feature::membership::MembershipFeature;
use crate::feature::reading::{Moment, Reading};
use crate::feature::row::{AttributeIndex, DimensionIndex};
use crate::feature::view::View;
use crate::feature::{FactFeature, Feature};
use crate::rule::{Node, Operand, Rule, SlotIndex};
use crate::segmentation::Segmentation;
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
    /// Until when every reading and every comparison stands that was evaluated.
    stands: Cell<Timestamp>,
}

/// The instant since when a reading is known to stand, and the reading.
type MemoReading<'a> = (Timestamp, Timed<Reading<'a>>);

impl<'a, 'v> Evaluation<'a, 'v> {
    /// An evaluation that has read nothing yet.
    #[must_use]
    pub fn new(segmentation: &'a Segmentation, view: &'v View<'a>, moment: Moment<'a>) -> Self {
        let read = segmentation.features.iter().map(|_| Cell::new(None)).collect();
        Self { segmentation, view, moment, read, stands: Cell::new(Timestamp::NEVER) }
    }

    /// The evaluation of the same facts at another moment. Readings that still stand are kept.
    #[must_use]
    pub fn at(&self, moment: Moment<'a>) -> Self {
        let Self { segmentation, view, ref read, .. } = *self;
        Self { segmentation, view, moment, read: Rc::clone(read), stands: Cell::new(Timestamp::NEVER) }
    }

    /// Whether the present value of a declared attribute cannot be read as its type.
    #[must_use]
    pub fn is_unreadable(&self, attribute: AttributeIndex) -> bool {
        self.view.is_unreadable(attribute)
    }

    /// Whether a rule holds, until when, and until when it has this outcome with this expiry if no new fact arrives and
    /// the dimensions that it reads stay.
    ///
    /// The expiry of an outcome alone does not say the latter, since an outcome may outlive some of its grounds. A false
    /// `&&` stays false for as long as its longest-lived false operand. Before that another operand may change, and the
    /// expiry of the `&&` with it.
    pub(crate) fn outcome(&self, rule: &'a Rule, memberships: &[Membership]) -> (Timed<Truth>, Timestamp) {
        self.stands.set(Timestamp::NEVER);
        let held = self.eval(&rule.root, memberships);
        (held, self.stands.get())
    }

    fn rest_on<T>(&self, timed: Timed<T>) -> Timed<T> {
        self.stands.set(self.stands.get().min(timed.until));
        timed
    }

    /// Whether a rule holds; `memberships` say where the customer stands in earlier dimensions.
    #[must_use]
    pub fn eval(&self, node: &'a Node, memberships: &[Membership]) -> Timed<Truth> {
        match node {
            Node::And(nodes) => self.joined(nodes, Truth::False, and, memberships),
            Node::Or(nodes) => self.joined(nodes, Truth::True, or, memberships),
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

    /// The operands of a conjunction or disjunction, joined. One that settles it for ever makes the others indifferent.
    fn joined(
        &self,
        nodes: &'a [Node],
        settles: Truth,
        join: fn(Timed<Truth>, Timed<Truth>) -> Timed<Truth>,
        memberships: &[Membership],
    ) -> Timed<Truth> {
        let (first, others) = nodes.split_first().expect("two or more operands");
        let mut joined = self.eval(first, memberships);
        for node in others {
            if joined == Timed::always(settles) {
                break;
            }
            joined = join(joined, self.eval(node, memberships));
        }
        joined
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
        let known = &self.segmentation.features[slot];
        match &known.feature {
            Feature::Facts(feature) => self.fact_feature(slot, feature, known.of_episode),
            Feature::Membership(feature) => Timed::always(self.membership_feature(feature, memberships)),
        }
    }

    fn fact_feature(&self, slot: SlotIndex, feature: &FactFeature, of_episode: bool) -> Timed<Reading<'a>> {
        let at = self.moment.at;
        if let Some((since, reading)) = self.read[slot].get()
            && (since..reading.until).contains(&at)
        {
            return self.rest_on(reading);
        }
        let reading = match of_episode {
            true => feature.read_of_episode(self.view, self.moment),
            false => feature.read_plainly(self.view, self.moment),
        };
        self.read[slot].set(Some((at, reading)));
        self.rest_on(reading)
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

    fn segment(&self, DimensionIndex(dimension): DimensionIndex, memberships: &[Membership]) -> Reading<'a> {
        let current = memberships.get(dimension).and_then(|membership| membership.current);
        let segments = &self.segmentation.dimensions[dimension].segments;
        current.map_or(Reading::Absent, |current| Reading::Text(&segments[usize::from(current)].name))
    }

    fn segment_days(&self, DimensionIndex(dimension): DimensionIndex, memberships: &[Membership]) -> Reading<'a> {
        let entered = memberships.get(dimension).and_then(|membership| membership.entered_at);
        entered.map_or(Reading::Absent, |at| Reading::Since(self.moment.zone.date_of(at)))
    }
}
