//! The state of exact curves: all scores, partitioned by class and target.

use std::{cell::OnceCell, rc::Rc, sync::Arc};

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    classes::Classes,
    partition::ReadScores,
    points::{Curves, Points, ScoreForm},
};
use crate::{
    Faults, Result,
    ops::{ScoreSpec, is_host},
    state::{Deferred, Fold, Pending, ReadRequests, ReadResults},
};

/// A batch of scores with their targets, on its device.
#[derive(Debug, Clone)]
pub struct ScoredBatch {
    /// `[samples * width * inner]`.
    pub(crate) scores: Tensor<1>,
    /// One target per score, or `[samples * inner]` for a task with exclusive classes.
    pub(crate) target: Tensor<1, Int>,
    /// `[samples]`.
    pub(crate) weights: Option<Tensor<1>>,
    pub(crate) spec: ScoreSpec,
}

impl Pending for ScoredBatch {
    type Read = ReadScores;

    fn is_ready(&self) -> bool {
        is_host(&self.scores.device())
    }

    fn bytes(&self) -> usize {
        let weights = self.weights.as_ref();
        self.scores.dims()[0] * self.scores.dtype().size()
            + self.target.dims()[0] * self.target.dtype().size()
            + weights.map_or(0, |weights| weights.dims()[0] * weights.dtype().size())
    }

    fn register(&self, requests: &mut ReadRequests) {
        requests.add(self.scores.clone());
        requests.add(self.target.clone());
        if let Some(weights) = &self.weights {
            requests.add(weights.clone());
        }
    }

    fn read(self, results: &mut ReadResults) -> ReadScores {
        let (scores, target) = (results.take(), results.take());
        let weights = self.weights.map(|_| results.take());
        ReadScores {
            scores,
            target,
            weights: weights.map(|weights| weights.read().into_owned()),
            spec: self.spec,
        }
    }
}

/// All scores, with the positives and negatives of each class kept apart, so that no labels have to be kept.
///
/// It takes 4 bytes per score (8 for `f64` scores, 16 with weights), and at most an eighth more for growth. Scores on a
/// GPU stay there with their targets until they are read, which happens once.
pub type AllScores = Deferred<ScoresTotal>;

/// The host form of [`AllScores`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScoresTotal {
    faults: Faults,
    classes: Classes,
    #[serde(skip)]
    sorted: bool,
}

impl ScoresTotal {
    /// Whether there are no scores.
    pub(super) fn is_empty(&self) -> bool {
        self.classes
            .lengths()
            .iter()
            .all(|length| *length == (0, 0))
    }

    /// The number of classes.
    pub(super) fn width(&self) -> usize {
        self.classes.len()
    }

    /// The points of each class.
    pub(super) fn points(&self, form: ScoreForm) -> Vec<Arc<Points>> {
        self.classes.points(form)
    }

    /// The points of all classes as one.
    pub(super) fn pooled(&self, form: ScoreForm) -> Arc<Points> {
        self.classes.pooled(form)
    }
}

impl Fold for ScoresTotal {
    type Pending = ScoredBatch;
    type View<'a> = AllCurves<'a>;

    const LIMIT: usize = usize::MAX;

    fn add(&mut self, batch: ReadScores) {
        self.faults += self.classes.add(&batch);
        self.sorted = false;
    }

    fn try_add(&mut self, batch: ReadScores) -> Result<()> {
        if self.classes.holds(&batch) {
            let before = self.classes.lengths();
            let faults = self.classes.add(&batch);
            if faults != Faults::default() {
                self.classes.truncate(&before);
            }
            faults.check()?;
        } else {
            // The existing scores change their type only if the batch is valid.
            let mut classes = Classes::default();
            classes.add(&batch).check()?;
            self.classes = std::mem::take(&mut self.classes).merge(classes);
        }
        self.sorted = false;
        Ok(())
    }

    fn merge(&mut self, other: Self) {
        self.faults += other.faults;
        self.sorted = false;
        self.classes = std::mem::take(&mut self.classes).merge(other.classes);
    }

    /// Sorts the scores, once for all metrics that read them.
    fn finish(&mut self) {
        if !self.sorted {
            self.classes.sort();
            self.sorted = true;
        }
    }

    fn view(&self) -> AllCurves<'_> {
        AllCurves::new(self)
    }

    fn faults(&self) -> Faults {
        self.faults
    }
}

/// The curves of [`AllScores`], computed when they are first needed, and once for all metrics.
#[derive(Debug, Clone)]
pub struct AllCurves<'a> {
    total: &'a ScoresTotal,
    made: Rc<Made>,
    form: ScoreForm,
}

#[derive(Debug, Default)]
struct Made {
    classes: OnceCell<Vec<Arc<Points>>>,
    pooled: OnceCell<Arc<Points>>,
}

impl<'a> AllCurves<'a> {
    pub(super) fn new(total: &'a ScoresTotal) -> Self {
        Self {
            total,
            made: Rc::default(),
            form: ScoreForm::default(),
        }
    }

    /// Says what the scores are.
    pub(super) fn of_form(self, form: ScoreForm) -> Self {
        Self { form, ..self }
    }
}

impl Curves for AllCurves<'_> {
    fn is_empty(&self) -> bool {
        self.total.is_empty()
    }

    fn classes(&self) -> &[Arc<Points>] {
        self.made
            .classes
            .get_or_init(|| self.total.points(self.form))
    }

    fn pooled(&self) -> &Arc<Points> {
        match self.total.width() {
            1 => &self.classes()[0],
            _ => self
                .made
                .pooled
                .get_or_init(|| self.total.pooled(self.form)),
        }
    }
}
