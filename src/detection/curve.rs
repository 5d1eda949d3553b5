use std::collections::BTreeMap;

use super::match_table::{IGNORED, MATCHED, MatchTable};

/// The detections of a class, best score first, and the number of its true objects.
pub(super) struct RankedClass {
    pub label: i64,
    /// For each range of areas, the number of true objects.
    pub truths: Vec<u64>,
    /// For each detection, its index in the table, and its rank among those of its class in its image.
    pub detections: Vec<(u32, u32)>,
}

/// The curve of precision over recall.
pub(super) struct Curve {
    /// For each threshold of recall, the greatest precision at this recall or a greater one; 0 if it is not reached.
    pub precision: Vec<f64>,
    /// For each threshold of recall, the score of the detection that reaches it; 0 if it is not reached.
    pub scores: Vec<f64>,
    /// The recall of all detections.
    pub recall: f64,
}

/// Ranks the detections of each class of a table by descending score. Equal scores are ranked by their images.
pub(super) fn ranked_classes(table: &MatchTable) -> Vec<RankedClass> {
    let ranks = table.image_ranks();
    let areas = table.layout()[1];
    let mut classes: BTreeMap<i64, Vec<_>> = BTreeMap::new();
    for cell in table.cells() {
        classes.entry(cell.label).or_default().push(cell);
    }
    let ranked = classes.into_iter().map(|(label, mut cells)| {
        cells.sort_by_key(|cell| ranks[cell.image]);
        let truths =
            (0..areas).map(|area| cells.iter().map(|cell| table.truths(cell.at, area)).sum());
        let detections = cells.iter().flat_map(|cell| {
            let all = cell.found.clone().zip(0..);
            all.map(|(detection, rank)| (detection as u32, rank))
        });
        let mut detections: Vec<(u32, u32)> = detections.collect();
        let score = |(detection, _): &(u32, u32)| table.scores()[*detection as usize];
        detections.sort_by(|a, b| score(b).total_cmp(&score(a)));
        RankedClass {
            label,
            truths: truths.collect(),
            detections,
        }
    });
    ranked.collect()
}

impl RankedClass {
    /// The curve of the best `max` detections of each image, at a range of areas and a threshold of overlap. There must
    /// be true objects.
    pub(super) fn curve(
        &self,
        table: &MatchTable,
        [area, threshold]: [usize; 2],
        max: usize,
        recalls: &[f64],
    ) -> Curve {
        let (stride, [thresholds, _]) = (table.stride(), table.layout());
        let at = area * thresholds + threshold;
        let truths = self.truths[area] as f64;
        // The precision and the score at each detection that is right.
        let mut right: Vec<(f64, f64)> = Vec::new();
        let (mut wrong, mut first) = (0u64, None);
        for &(detection, rank) in &self.detections {
            if rank as usize >= max {
                continue;
            }
            let score = table.scores()[detection as usize];
            first.get_or_insert(score);
            match table.flags(stride, detection as usize, at) {
                flags if flags & IGNORED != 0 => {}
                MATCHED => {
                    let hits = right.len() as f64 + 1.0;
                    // The last term is pycocotools', which divides by it where there is nothing.
                    right.push((hits / (wrong as f64 + hits + f64::EPSILON), score));
                }
                _ => wrong += 1,
            }
        }
        let recall = right.len() as f64 / truths;
        let mut best = 0.0f64;
        for (precision, _) in right.iter_mut().rev() {
            best = best.max(*precision);
            *precision = best;
        }
        let mut curve = Curve {
            precision: vec![0.0; recalls.len()],
            scores: vec![0.0; recalls.len()],
            recall,
        };
        let mut hit = 0;
        for (i, threshold) in recalls.iter().enumerate() {
            if *threshold <= 0.0 {
                // The first detection reaches it, whether it is right or not.
                curve.precision[i] = best;
                curve.scores[i] = first.unwrap_or(0.0);
                continue;
            }
            while hit < right.len() && ((hit + 1) as f64 / truths) < *threshold {
                hit += 1;
            }
            let Some((precision, score)) = right.get(hit) else {
                break;
            };
            (curve.precision[i], curve.scores[i]) = (*precision, *score);
        }
        curve
    }

    /// The recall of the best `max` detections of each image.
    pub(super) fn recall(
        &self,
        table: &MatchTable,
        [area, threshold]: [usize; 2],
        max: usize,
    ) -> f64 {
        let (stride, [thresholds, _]) = (table.stride(), table.layout());
        let at = area * thresholds + threshold;
        let counted = self
            .detections
            .iter()
            .filter(|(_, rank)| (*rank as usize) < max);
        let right = counted
            .filter(|(detection, _)| table.flags(stride, *detection as usize, at) == MATCHED);
        right.count() as f64 / self.truths[area] as f64
    }
}

/// The mean, or NaN of nothing.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = numbers.fold((0.0, 0u64), |(sum, n), number| (sum + number, n + 1));
    sum / n as f64
}
