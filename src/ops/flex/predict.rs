//! Predictions from scores. See the note on `Arch::dispatch` in the parent.

use std::array;

#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;
use pulp::{Simd, WithSimd};

#[cfg(target_arch = "x86_64")]
use super::quads::{ArgmaxQuads, COLUMNS};
use super::{NAN, NO_PROBABILITY, Score, is_nan, is_probability};
use crate::ops::ClassSpec;

/// Predicts a block of labels.
pub(super) struct PredictLabels<'a, S> {
    pub scores: &'a [S],
    pub threshold: f64,
    pub probabilities: bool,
    pub pred: &'a mut [i32],
}

impl<S: Score> WithSimd for PredictLabels<'_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _simd: T) {
        let threshold = S::threshold(self.threshold);
        for (pred, score) in self.pred.iter_mut().zip(self.scores) {
            let score = score.wide();
            let label = i32::from(score > threshold);
            let no_label = if is_nan(score) { NAN } else { NO_PROBABILITY };
            let valid = !is_nan(score) & (!self.probabilities | is_probability::<S>(score));
            *pred = if valid { label } else { no_label };
        }
    }
}

/// Predicts a block of classes.
pub(super) struct PredictClasses<'a, S> {
    pub scores: &'a [S],
    pub start: usize,
    pub spec: ClassSpec,
    pub truth: &'a [i32],
    pub pred: &'a mut [i32],
}

impl<S: Score> WithSimd for PredictClasses<'_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _simd: T) {
        let Self {
            scores,
            start,
            spec,
            truth,
            pred,
        } = self;
        let (classes, inner) = (spec.classes, spec.extent.inner);
        let choose = |row: &[S], truth: i32| match spec.top_k {
            // What is left out anyway needs no prediction.
            _ if truth < 0 => 0,
            1 => argmax(row),
            k => among_top(row, truth as usize, k),
        };
        if inner > 1 && spec.top_k == 1 {
            return argmax_planes(scores, start, spec, pred);
        }
        if inner > 1 {
            let mut row = vec![scores[0]; classes];
            for (i, (pred, truth)) in pred.iter_mut().zip(truth).enumerate() {
                let (sample, place) = ((start + i) / inner, (start + i) % inner);
                let first = sample * classes * inner + place;
                row.iter_mut()
                    .zip(scores[first..].iter().step_by(inner))
                    .for_each(|(to, from)| *to = *from);
                *pred = choose(&row, *truth);
            }
            return;
        }
        let scores = &scores[start * classes..][..pred.len() * classes];
        let done = match spec.top_k > 1 || classes >= SHORT {
            true => 0,
            false => argmax_rows(scores, classes, pred),
        };
        let (pred, truth) = (&mut pred[done..], &truth[done..]);
        let rows = scores[done * classes..].chunks_exact(classes);
        for ((pred, truth), row) in pred.iter_mut().zip(truth).zip(rows) {
            *pred = choose(row, *truth);
        }
    }
}

/// Finds the index of the first highest score of each element of a block. The scores of a class are neighbors, those of
/// an element are not: `[samples, classes, inner]`.
#[inline(always)]
fn argmax_planes<S: Score>(scores: &[S], start: usize, spec: ClassSpec, pred: &mut [i32]) {
    let (classes, inner) = (spec.classes, spec.extent.inner);
    let mut done = 0;
    while done < pred.len() {
        let (sample, place) = ((start + done) / inner, (start + done) % inner);
        let n = (pred.len() - done).min(inner - place).min(PLACES);
        let plane = |class: usize| &scores[(sample * classes + class) * inner + place..][..n];
        let pred = &mut pred[done..done + n];
        let mut best = [S::threshold(0.0); PLACES];
        let mut nan = [false; PLACES];
        let (best, nan) = (&mut best[..n], &mut nan[..n]);
        for (((best, nan), pred), score) in
            best.iter_mut().zip(&mut *nan).zip(&mut *pred).zip(plane(0))
        {
            (*best, *pred) = (score.wide(), 0);
            *nan = is_nan(*best);
        }
        for class in 1..classes {
            let places = best.iter_mut().zip(&mut *nan).zip(&mut *pred);
            for (((best, nan), pred), score) in places.zip(plane(class)) {
                let score = score.wide();
                *nan |= is_nan(score);
                let better = score > *best;
                *best = if better { score } else { *best };
                *pred = if better { class as i32 } else { *pred };
            }
        }
        for (pred, nan) in pred.iter_mut().zip(nan) {
            *pred = if *nan { NAN } else { *pred };
        }
        done += n;
    }
}

/// The number of elements whose scores are compared at once.
const PLACES: usize = 256;

/// Rows below this length are short: several of them are compared at once.
const SHORT: usize = 2 * LANES;

/// Finds the index of the first highest score of each short row, for as many rows as are compared at once. Returns
/// their number.
#[inline(always)]
fn argmax_rows<S: Score>(scores: &[S], classes: usize, pred: &mut [i32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if classes >= COLUMNS
        && let (Some(scores), Some(simd)) = (S::singles(scores), V3::try_new())
    {
        return simd.vectorize(ArgmaxQuads {
            simd,
            scores,
            classes,
            pred,
            careful: argmax,
        });
    }
    match size_of::<S::Wide>() {
        8 => argmax_short::<S, 4>(scores, classes, pred),
        _ => argmax_short::<S, 8>(scores, classes, pred),
    }
}

/// Finds the index of the first highest score of each row, `ROWS` rows at once. Returns their number.
#[inline(always)]
fn argmax_short<S: Score, const ROWS: usize>(
    scores: &[S],
    classes: usize,
    pred: &mut [i32],
) -> usize {
    let (groups, rest) = pred.as_chunks_mut::<ROWS>();
    let rest = rest.len();
    for (pred, scores) in groups.iter_mut().zip(scores.chunks_exact(ROWS * classes)) {
        let rows: [&[S]; ROWS] = array::from_fn(|row| &scores[row * classes..][..classes]);
        let mut best: [S::Wide; ROWS] = array::from_fn(|row| rows[row][0].wide());
        let mut at = [0; ROWS];
        // A NaN shows in the sum, which costs less than asking each score.
        let mut sum: [S::Wide; ROWS] = array::from_fn(|_| S::threshold(0.0));
        // All rows go on in step.
        #[allow(clippy::needless_range_loop)]
        for class in 0..classes {
            for row in 0..ROWS {
                let score = rows[row][class].wide();
                let better = score > best[row];
                best[row] = if better { score } else { best[row] };
                at[row] = if better { class as i32 } else { at[row] };
                sum[row] = sum[row] + score;
            }
        }
        *pred = at;
        if sum.iter().any(|sum| is_nan(*sum)) {
            // Or infinite scores of both signs.
            pred.iter_mut()
                .zip(rows)
                .for_each(|(pred, row)| *pred = argmax(row));
        }
    }
    pred.len() - rest
}

/// The number of scores that are compared at once in rows longer than this.
const LANES: usize = 16;

/// The index of the first highest score.
#[inline(always)]
fn argmax<S: Score>(row: &[S]) -> i32 {
    if row.len() < SHORT {
        let (mut best, mut at, mut nan) = (row[0].wide(), 0, false);
        for (i, score) in row.iter().enumerate() {
            let score = score.wide();
            nan |= is_nan(score);
            let better = score > best;
            best = if better { score } else { best };
            at = if better { i as i32 } else { at };
        }
        return if nan { NAN } else { at };
    }
    let (mut best, mut nan) = ([row[0].wide(); LANES], [false; LANES]);
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            let score = chunk[lane].wide();
            nan[lane] |= is_nan(score);
            best[lane] = if score > best[lane] {
                score
            } else {
                best[lane]
            };
        }
    }
    let mut greatest = best[0];
    for score in best
        .into_iter()
        .chain(rest.iter().map(|score| score.wide()))
    {
        nan[0] |= is_nan(score);
        greatest = if score > greatest { score } else { greatest };
    }
    if nan.contains(&true) {
        return NAN;
    }
    let equal = |chunk: &[S]| {
        chunk
            .iter()
            .fold(false, |any, s| any | (s.wide() == greatest))
    };
    let chunk = row.chunks(4 * LANES).position(equal).unwrap_or_default();
    let from = chunk * 4 * LANES;
    let within = row[from..].iter().position(|s| s.wide() == greatest);
    (from + within.unwrap_or_default()) as i32
}

/// The target if fewer than `k` classes are ahead of it, by score and then by index; otherwise the index of the highest
/// score. Classes ahead are counted, which needs no sorting.
#[inline(always)]
fn among_top<S: Score>(row: &[S], truth: usize, k: usize) -> i32 {
    let own = row[truth].wide();
    let (mut ahead, mut nan) = (0u32, 0u32);
    for score in row {
        let score = score.wide();
        ahead += u32::from(score > own);
        nan += u32::from(is_nan(score));
    }
    if nan > 0 {
        return NAN;
    }
    if ahead < k as u32 {
        ahead += row[..truth]
            .iter()
            .map(|s| u32::from(s.wide() == own))
            .sum::<u32>();
    }
    if ahead < k as u32 {
        truth as i32
    } else {
        argmax(row)
    }
}
