//! The crash simulation: the real worker over a model of a cluster in which everything that can go wrong goes wrong,
//! as a seed says.

mod check;
pub mod fault;
mod fleet;
mod history;
mod member;
pub mod mishap;
mod past;
mod process;
mod run;
mod world;

pub use fault::{Fault, OUTCOMES, Outcome, STEPS, Sabotage, SimulationStep};
pub use history::segmentation;
pub use mishap::{MISHAPS, Mishaps};
pub use run::{Report, run};
