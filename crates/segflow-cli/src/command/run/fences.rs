//! How often a worker was fenced. A successor fences it once, and so does a pause; two processes with one name fence each
//! other again and again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How many fences within [`WITHIN`] are too many.
const MAX: usize = 5;
const WITHIN: Duration = Duration::from_mins(2);

/// When a worker was fenced lately.
#[derive(Default)]
pub struct Fences(VecDeque<Instant>);

impl Fences {
    /// Adds a fence, and forgets those that are long over.
    ///
    /// # Errors
    /// If there were too many of them: what may be the cause.
    pub fn add(&mut self, now: Instant, why: &str) -> Result<()> {
        self.0.push_back(now);
        while self.0.front().is_some_and(|first| now.saturating_duration_since(*first) > WITHIN) {
            self.0.pop_front();
        }
        if self.0.len() < MAX {
            return Ok(());
        }
        bail!(
            "fenced {MAX} times within {} s, the last time: {why}. Either another process runs with the same `instance`: give \
             every process an `instance` of its own. Or this one stands still again and again for longer than \
             `kafka.transaction_timeout`: look at the machine's processors, memory and disk",
            WITHIN.as_secs()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many fences are taken at this pace before it is too much; none if it never is.
    fn too_many_at(pace: Duration) -> Option<usize> {
        let (began, mut fences) = (Instant::now(), Fences::default());
        (1..100_u32).find(|nth| fences.add(began + pace * *nth, "fenced").is_err()).map(|nth| nth as usize)
    }

    #[test]
    fn a_takeover_or_a_pause_a_minute_is_no_feud() {
        assert_eq!(too_many_at(Duration::from_secs(60)), None);
        assert_eq!(too_many_at(Duration::from_secs(31)), None);
        assert_eq!(too_many_at(Duration::from_secs(30)), Some(5));
        assert_eq!(too_many_at(Duration::from_secs(1)), Some(5));
    }

    #[test]
    fn the_message_says_what_may_be_the_cause() {
        let mut fences = Fences::default();
        let error = (0..5).find_map(|_| fences.add(Instant::now(), "beginning: producer fenced").err()).unwrap();
        let text = error.to_string();
        assert!(text.contains("fenced 5 times within 120 s, the last time: beginning: producer fenced"), "{text}");
        assert!(text.contains("give every process an `instance` of its own"), "{text}");
    }
}
