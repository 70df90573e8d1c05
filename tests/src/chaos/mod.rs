//! The chaos run: three processes of Segflow under load on a real broker, a fault every so often, and the checker.

mod fault;
mod load;
mod recovery;
mod run;
mod watch;
mod zone;

pub use fault::Fault;
pub use load::{Delivered, Load, Sender};
pub use recovery::{Mode, recovery};
pub use run::{ChaosSettings, run};
pub use zone::midnight_within;
