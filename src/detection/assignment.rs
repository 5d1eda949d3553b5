/// How the detections of a class in an image were assigned to its true objects, at one threshold: for each detection,
/// the object that it matches.
///
/// Detections are assigned one after the other, by descending score. Each is assigned to the most similar object that
/// is not taken, if the similarity reaches the threshold. If several are equally similar, it is the last of them. A
/// detection is assigned to an ignored object only if no other object reaches the threshold, and crowds can be assigned
/// many times. This is the rule of pycocotools.
pub(super) struct Assignment<'a> {
    /// `[found, truth]`, detections by descending score.
    pub similarity: &'a [f64],
    pub truths: usize,
    pub is_crowd: &'a [bool],
    pub is_ignored: &'a [bool],
    /// The objects; those that are ignored come last.
    pub order: &'a [u32],
}

impl Assignment<'_> {
    /// Calls `matched` with each detection that matches an object, and the object. `taken` is working memory.
    pub(super) fn run(
        &self,
        threshold: f64,
        taken: &mut Vec<bool>,
        mut matched: impl FnMut(usize, usize),
    ) {
        taken.clear();
        taken.resize(self.truths, false);
        let floor = threshold.min(1.0 - 1e-10);
        for (found, row) in self.similarity.chunks_exact(self.truths.max(1)).enumerate() {
            let (mut best, mut at) = (floor, None);
            for &truth in self.order {
                let truth = truth as usize;
                if taken[truth] && !self.is_crowd[truth] {
                    continue;
                }
                let is_counted = at.is_some_and(|at: usize| !self.is_ignored[at]);
                if is_counted && self.is_ignored[truth] {
                    break;
                }
                if row[truth] >= best {
                    (best, at) = (row[truth], Some(truth));
                }
            }
            if let Some(truth) = at {
                taken[truth] = true;
                matched(found, truth);
            }
        }
    }
}

/// The objects of an image, sorted by ascending class. Objects of the same class keep their order.
pub(super) fn by_class(labels: &[i64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_by_key(|object| labels[*object as usize]);
    order
}
