//! Rows of the catalogue: what a feature is called, what it takes, what it says, and what it is computed from.
//!
//! The macro `features!` declares an enum of features together with their rows, so that a feature without a row, or a
//! row without a feature, cannot be written.

use super::window::{Calendar, Window};
use crate::event::{Channel, FailureCode, Families};
use crate::value_type::ValueType;

/// The most invoices that `days_late.*` looks back on.
pub const MAX_INVOICES: usize = 12;
/// The most days past due that `overdue.amount_aged` asks for: ten years.
pub const MAX_AGE_DAYS: i32 = 3_650;

/// A place in `Segmentation::attributes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttributeIndex(pub usize);

/// A place in `Segmentation::dimensions`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DimensionIndex(pub usize);

/// A feature as rules name it, and the constructors of its variants of the enum `F`.
#[derive(Debug)]
pub struct Row<F: 'static> {
    /// Dotted, as the catalogue spells it.
    pub name: &'static str,
    /// What its value is, in a sentence.
    pub meaning: &'static str,
    /// The type of its value.
    pub kind: ValueType,
    /// Its arguments, and what they build.
    pub form: Form<F>,
}

/// The arguments of a feature, and what they build.
#[derive(Debug)]
pub enum Form<F: 'static> {
    /// None: `balance`.
    Plain(F),
    /// None, or debt types: `overdue.amount("LOAN", "CARD")`.
    Debt(fn(Vec<String>) -> F),
    /// Days past due, 1 to [`MAX_AGE_DAYS`], perhaps up to so many: `overdue.amount_aged(31, 60)`.
    Aged(fn(i32, Option<i32>) -> F),
    /// A window: `payments.sum("90d")`.
    Windowed(fn(Window) -> F),
    /// A window of whole days: `roll("90d")`.
    Rolled(fn(Calendar) -> F),
    /// A window that is no episode: `episodes("90d")`.
    Begun(fn(Window) -> F),
    /// A window, perhaps a channel: `contacts.outbound("90d", "CALL")`.
    Channelled(fn(Window, Option<Channel>) -> F),
    /// A window that is no episode, perhaps a channel: `self_cure_ratio("90d", "CALL")`.
    Cured(fn(Window, Option<Channel>) -> F),
    /// A window, perhaps a failure code: `payments.failed("90d", "DECLINED")`.
    Failed(fn(Window, Option<FailureCode>) -> F),
    /// A window and a channel: `response_ratio("90d", "CALL")`.
    Answered(fn(Window, Channel) -> F),
    /// A channel: `contacts.reachable("CALL")`.
    Channel(fn(Channel) -> F),
    /// How many invoices, 1 to [`MAX_INVOICES`]: `days_late.median(6)`.
    Invoices(fn(usize) -> F),
    /// A declared attribute of type date: `days_since(profile.NAME)`.
    Date(fn(AttributeIndex) -> F),
    /// An earlier dimension: `segment("guard")`.
    Dimension(fn(DimensionIndex) -> F),
    /// The name of an experiment: `bucket("arm")`.
    Experiment(fn(String) -> F),
}

impl<F> Form<F> {
    /// What stands between the parentheses.
    #[must_use]
    pub const fn takes(&self) -> &'static str {
        match self {
            Self::Plain(_) => "no arguments",
            Self::Debt(_) => "nothing, or debt types",
            Self::Aged(_) => "days past due, and perhaps up to how many",
            Self::Windowed(_) => "a window",
            Self::Rolled(_) => "a window of days or of the calendar",
            Self::Begun(_) => "a window of days, of hours or of the calendar",
            Self::Channelled(_) => "a window, and perhaps a channel",
            Self::Cured(_) => "a window of days, of hours or of the calendar, and perhaps a channel",
            Self::Failed(_) => "a window, and perhaps a failure code",
            Self::Answered(_) => "a window and a channel",
            Self::Channel(_) => "a channel",
            Self::Invoices(_) => "a number of invoices from 1 to 12",
            Self::Date(_) => "a declared attribute of type date",
            Self::Dimension(_) => "an earlier dimension",
            Self::Experiment(_) => "the name of an experiment",
        }
    }

    /// An example of each number of arguments; there is at least one.
    #[must_use]
    pub const fn examples(&self) -> &'static [&'static str] {
        match self {
            Self::Plain(_) => &[""],
            Self::Debt(_) => &["", "(\"LOAN\")", "(\"LOAN\", \"CARD\")"],
            Self::Aged(_) => &["(90)", "(31, 60)"],
            Self::Windowed(_) | Self::Rolled(_) | Self::Begun(_) => &["(\"90d\")"],
            Self::Channelled(_) | Self::Cured(_) => &["(\"90d\")", "(\"90d\", \"CALL\")"],
            Self::Failed(_) => &["(\"90d\")", "(\"90d\", \"DECLINED\")"],
            Self::Answered(_) => &["(\"90d\", \"CALL\")"],
            Self::Channel(_) => &["(\"CALL\")"],
            Self::Invoices(_) => &["(6)"],
            Self::Date(_) => &["(profile.NAME)"],
            Self::Dimension(_) => &["(\"guard\")"],
            Self::Experiment(_) => &["(\"arm\")"],
        }
    }
}

/// What a feature is computed from beside its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reads {
    /// The families of events whose facts it is a function of.
    pub families: Families,
    /// What it does with the attribute `customer_since`.
    pub customer_since: CustomerSince,
}

/// What a feature whose arguments do not name the attribute `customer_since` does with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CustomerSince {
    /// It does not read the attribute.
    NotRead,
    /// It compares the attribute with something; its own value does not tell the attribute's.
    Compared,
    /// Its value tells the attribute's.
    Told,
}

impl Reads {
    /// Neither facts nor attributes.
    pub const NOTHING: Self = Self::of(Families::NONE);

    /// The facts of these families.
    #[must_use]
    pub const fn of(families: Families) -> Self {
        Self { families, customer_since: CustomerSince::NotRead }
    }
}

/// What the arguments of a feature refer to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct References {
    /// The window that it looks back on.
    pub window: Option<Window>,
    /// The declared attribute that it names.
    pub attribute: Option<AttributeIndex>,
    /// The earlier dimension that it names.
    pub dimension: Option<DimensionIndex>,
}

impl References {
    /// What either refers to; no feature names two of a kind.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            window: self.window.or(other.window),
            attribute: self.attribute.or(other.attribute),
            dimension: self.dimension.or(other.dimension),
        }
    }
}

/// An argument of a feature.
pub trait Argument {
    /// What it refers to.
    fn references(&self) -> References {
        References::default()
    }
}

impl Argument for Window {
    fn references(&self) -> References {
        References { window: Some(*self), ..References::default() }
    }
}

impl Argument for Calendar {
    fn references(&self) -> References {
        Window::Calendar(*self).references()
    }
}

impl Argument for AttributeIndex {
    fn references(&self) -> References {
        References { attribute: Some(*self), ..References::default() }
    }
}

impl Argument for DimensionIndex {
    fn references(&self) -> References {
        References { dimension: Some(*self), ..References::default() }
    }
}

impl Argument for Channel {}
impl Argument for FailureCode {}
impl Argument for String {}
impl Argument for usize {}
impl Argument for i32 {}
impl Argument for Vec<String> {}

impl<A: Argument> Argument for Option<A> {
    fn references(&self) -> References {
        self.as_ref().map_or_else(References::default, A::references)
    }
}

/// Declares an enum of features and their rows of the catalogue. A feature stands here once, as
///
/// ```text
/// /// What its value is, in a sentence.
/// Count(window: Window) = "payments.count", Windowed, Int, Reads::of(PAYMENTS);
/// ```
///
/// with its arguments, its name, its [`Form`], its [`ValueType`], and what it [`Reads`].
macro_rules! features {
    (
        $(#[doc = $about:literal])+
        $features:ident
        $(
            #[doc = $meaning:literal]
            $feature:ident $(($($argument:ident: $type:ty),+))? = $name:literal, $form:ident, $kind:ident, $reads:expr;
        )+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum $features {
            $(
                #[doc = concat!("`", $name, "`:", $meaning)]
                $feature $(($($type),+))?,
            )+
        }

        impl $features {
            /// The rows of the catalogue, in its order.
            pub const ROWS: &'static [$crate::feature::row::Row<Self>] = &[$(
                $crate::feature::row::Row {
                    name: $name,
                    meaning: $meaning.trim_ascii(),
                    kind: $crate::value_type::ValueType::$kind,
                    form: $crate::feature::row::Form::$form(Self::$feature),
                },
            )+];

            /// What it is computed from.
            #[must_use]
            pub const fn reads(&self) -> $crate::feature::row::Reads {
                match self {
                    $(Self::$feature { .. } => $reads,)+
                }
            }

            /// What its arguments refer to.
            #[must_use]
            pub fn references(&self) -> $crate::feature::row::References {
                #[allow(unused_imports, reason = "some features take no arguments")]
                use $crate::feature::row::{Argument as _, References};
                match self {
                    $(Self::$feature $(($($argument),+))? => References::default() $($(.and($argument.references()))+)?,)+
                }
            }
        }
    };
}

pub(super) use features;
