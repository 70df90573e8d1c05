//! Windows in rules: how they are written, and which of them a feature takes.

use super::arguments::{expected, text};
use super::scope::Scope;
use crate::feature::window::{Calendar, MAX_HOURS, Window};
use crate::rule::syntax::expr::Expr;
use crate::rule::syntax::lexer::Mistake;
use crate::segmentation::nearest::did_you_mean;
use crate::segmentation::parameters::MAX_HORIZON_DAYS;

const MONTH: &str = "month";
const QUARTER: &str = "quarter";
const YEAR: &str = "year";
const EPISODE: &str = "episode";

/// Which windows a feature takes, beside those of days and of the calendar.
#[derive(Clone, Copy)]
struct Besides {
    hours: bool,
    episode: bool,
}

impl Scope<'_> {
    /// Any window.
    pub(super) fn window(&self, feature: &str, expr: &Expr) -> Result<Window, Mistake> {
        let any = Besides { hours: true, episode: true };
        self.read(expr).ok_or_else(|| self.window_expected(feature, any, expr))
    }

    /// A window that is no episode.
    pub(super) fn window_without_episode(&self, feature: &str, expr: &Expr) -> Result<Window, Mistake> {
        match self.read(expr) {
            Some(window @ (Window::Calendar(_) | Window::Hours(_))) => Ok(window),
            _ => Err(self.window_expected(feature, Besides { hours: true, episode: false }, expr)),
        }
    }

    /// A window of whole days.
    pub(super) fn calendar_window(&self, feature: &str, expr: &Expr) -> Result<Calendar, Mistake> {
        match self.read(expr) {
            Some(Window::Calendar(calendar)) => Ok(calendar),
            _ => Err(self.window_expected(feature, Besides { hours: false, episode: false }, expr)),
        }
    }

    /// The window that is written, if the horizon reaches as far back.
    fn read(&self, expr: &Expr) -> Option<Window> {
        let horizon = self.parameters.horizon_days;
        written(text(expr), horizon).filter(|window| window.most_days() <= horizon)
    }

    fn window_expected(&self, feature: &str, besides: Besides, expr: &Expr) -> Mistake {
        let horizon = self.parameters.horizon_days;
        let found = text(expr);
        let mut what = match besides {
            Besides { hours: true, episode: true } => "a window".to_owned(),
            _ => format!("a window that `{feature}` takes,"),
        };
        what += &format!(" from \"1d\" to the horizon, \"{horizon}d\"");
        let hours = MAX_HOURS.min(24 * (horizon - 1));
        if besides.hours && hours > 0 {
            what += &format!(", from \"1h\" to \"{hours}h\"");
        }
        let words = words(horizon, besides.episode);
        if !words.is_empty() {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            what += &format!(", or {}", words.join(", "));
        }
        let near = match written(found, horizon) {
            Some(window) if (horizon + 1..=MAX_HORIZON_DAYS).contains(&window.most_days()) => {
                format!(", which needs the parameter `horizon: {}d`", window.most_days())
            }
            Some(_) => String::new(),
            None => did_you_mean(found, words),
        };
        expected(expr, &what, &near)
    }
}

/// The words that are windows and that the horizon allows.
fn words(horizon_days: i32, episode: bool) -> Vec<&'static str> {
    let mut words = vec![MONTH, QUARTER, YEAR];
    words.retain(|word| written(word, horizon_days).is_some_and(|window| window.most_days() <= horizon_days));
    words.extend(episode.then_some(EPISODE));
    words
}

/// Whether a text is a word that is a window.
pub(super) fn is_word(text: &str) -> bool {
    [MONTH, QUARTER, YEAR, EPISODE].contains(&text)
}

/// The window that a text is.
fn written(text: &str, horizon_days: i32) -> Option<Window> {
    match text {
        MONTH => return Some(Window::Calendar(Calendar::Month)),
        QUARTER => return Some(Window::Calendar(Calendar::Quarter)),
        YEAR => return Some(Window::Calendar(Calendar::Year)),
        EPISODE => return Some(Window::Episode(horizon_days)),
        _ => {}
    }
    match span_written(text)? {
        (..=0, _) => None,
        (days, 'd') => Some(Window::Calendar(Calendar::Days(days))),
        (hours, _) => (hours <= MAX_HOURS).then_some(Window::Hours(hours)),
    }
}

/// The number of days or hours that a text names as a window does.
pub(super) fn span_written(text: &str) -> Option<(i32, char)> {
    let unit = text.chars().next_back().filter(|unit| matches!(unit, 'd' | 'h'))?;
    let digits = text.strip_suffix(unit)?;
    let count = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    Some((count, unit))
}

/// A window as rules write it.
pub(super) fn spelled(window: Window) -> String {
    match window {
        Window::Calendar(calendar) => calendar_spelled(calendar),
        Window::Hours(hours) => format!("\"{hours}h\""),
        Window::Episode(_) => format!("\"{EPISODE}\""),
    }
}

/// A window of whole days as rules write it.
pub(super) fn calendar_spelled(calendar: Calendar) -> String {
    match calendar {
        Calendar::Days(days) => format!("\"{days}d\""),
        Calendar::Month => format!("\"{MONTH}\""),
        Calendar::Quarter => format!("\"{QUARTER}\""),
        Calendar::Year => format!("\"{YEAR}\""),
    }
}
