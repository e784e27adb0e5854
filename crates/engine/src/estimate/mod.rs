//! Fill probabilities, learned from the messages of a level-3 book and from its trades while they come.
//!
//! [`Estimator`] is told what happens (`estimator`), lets time pass between (`passing`) and is asked (`answer`).
//! What it keeps: the resting orders (`orders`), rates of one side (`flow`), cancels by age (`hazard`), all of them
//! fading (`decay`); which orders that left were traded (`resolve`); orders in thought and what became of them
//! (`shadow`), kept (`record`) for the correction of a model (`isotonic`) and for the model that is nothing else
//! (`incidence`). `predict` turns rates and a queue into a probability by `crate::fill`; `chain` says how long the
//! other side lasts.
//!
//! A model that counts trades as if they came one by one is far too sure of itself where they come in clusters, and an
//! analytic number is no probability before outcomes have corrected it. So every [`Estimate`] says whether they have.

mod answer;
mod chain;
mod decay;
mod estimator;
mod flow;
mod hazard;
mod incidence;
mod isotonic;
mod orders;
mod passing;
mod predict;
mod record;
mod resolve;
mod shadow;
mod types;

pub use estimator::Estimator;
pub use incidence::{End, cumulative_incidence};
pub use types::{
    Ahead, Amount, Definition, Estimate, Kind, Model, Options, OrderEvent, Query, Rates, RestingOrder, Until, View,
    ViewLevel,
};
