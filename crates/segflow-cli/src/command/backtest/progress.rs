//! The line that shows how far a backtest has come.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use segflow_backtest::feeder::Progress;

/// Shows progress, with rate and time left, while `done` runs.
pub fn shown<T>(progress: &Progress, done: impl FnOnce() -> T) -> T {
    const LOOKED_EVERY: Duration = Duration::from_millis(100);
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {eta} left");
    bar.set_style(style.expect("a progress line of our own"));
    let (started, ended) = (Instant::now(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let records = progress.records.load(Ordering::Relaxed);
                bar.set_length(progress.total.load(Ordering::Relaxed));
                bar.set_position(progress.done.load(Ordering::Relaxed));
                let rate = u128::from(records) * 1_000 / started.elapsed().as_millis().max(1);
                bar.set_message(format!("{records} records, {rate} a second"));
                std::thread::park_timeout(LOOKED_EVERY);
            }
        });
        let result = done();
        ended.store(true, Ordering::Relaxed);
        looking.thread().unpark();
        bar.finish_and_clear();
        result
    })
}
