//! The fewest edits of a translation that a greedy search finds, where a run of words may be shifted.
//!
//! The search, its limits and its preferences are those of Tercom as sacrebleu has them.

/// The largest number of words that are shifted at once, and of places by which they are shifted.
const SHIFT_SIZE: usize = 10;
const SHIFT_DISTANCE: usize = 50;
/// The number of shifts of a sentence that are tried.
const CANDIDATES: usize = 1000;
/// Words are compared up to this distance from the diagonal.
const BEAM: usize = 25;
/// The cost of places that are too far from the diagonal.
const INFINITE: u32 = 1 << 30;

/// The number of shifts and edits that make the reference of the hypothesis.
pub(super) fn edits_with_shifts(hypothesis: &[u64], reference: &[u64]) -> usize {
    if reference.is_empty() {
        return hypothesis.len();
    }
    let mut words = hypothesis.to_vec();
    let mut table = Table::new(words.len(), reference.len());
    table.fill(&words, reference, 0);
    let (mut shifts, mut tried) = (0, 0);
    loop {
        let shift = best_shift(&words, reference, &mut table, &mut tried);
        match shift {
            Some(shift) if shift.gain > 0 && tried < CANDIDATES => {
                shifts += 1;
                words = shifted(&words, &shift);
                table.fill(&words, reference, 0);
            }
            _ => return shifts + table.distance() as usize,
        }
    }
}

/// A run of words, and the place before which it is inserted.
struct Shift {
    gain: i64,
    start: usize,
    length: usize,
    to: usize,
}

/// The shift that saves most edits; of several the longest, the first, and the one to the first place.
fn best_shift(
    words: &[u64],
    reference: &[u64],
    table: &mut Table,
    tried: &mut usize,
) -> Option<Shift> {
    let before = i64::from(table.distance());
    let alignment = Alignment::of(table, words.len(), reference.len());
    let mut trial = table.clone();
    let mut best: Option<Shift> = None;
    let rank = |shift: &Shift| {
        (
            shift.gain,
            shift.length,
            std::cmp::Reverse(shift.start),
            std::cmp::Reverse(shift.to),
        )
    };
    for (start, at, length) in matching_runs(words, reference) {
        let is_wrong = |errors: &[bool], from: usize| errors[from..from + length].contains(&true);
        let is_wrong = is_wrong(&alignment.hypothesis, start) && is_wrong(&alignment.reference, at);
        let place = alignment.places[at];
        if !is_wrong || (start as i64..(start + length) as i64).contains(&place) {
            continue;
        }
        let mut last = None;
        for offset in 0..=length {
            let to = match (at + offset).checked_sub(1) {
                None => 0,
                Some(before) => (alignment.places[before] + 1) as usize,
            };
            if last.replace(to) == Some(to) {
                continue;
            }
            let mut shift = Shift {
                gain: 0,
                start,
                length,
                to,
            };
            let candidate = shifted(words, &shift);
            // Rows of the words before the first that moved are the same.
            trial.fill(&candidate, reference, start.min(to));
            shift.gain = before - i64::from(trial.distance());
            trial.copy_rows(table, start.min(to));
            *tried += 1;
            if best.as_ref().is_none_or(|best| rank(&shift) > rank(best)) {
                best = Some(shift);
            }
        }
        if *tried >= CANDIDATES {
            break;
        }
    }
    best
}

/// Runs of words that both sides have: where they start in the hypothesis and in the reference, and their length.
fn matching_runs<'a>(
    words: &'a [u64],
    reference: &'a [u64],
) -> impl Iterator<Item = (usize, usize, usize)> + 'a {
    let starts = (0..words.len()).flat_map(move |start| {
        let from = start.saturating_sub(SHIFT_DISTANCE);
        let to = reference.len().min(start + SHIFT_DISTANCE + 1);
        (from..to.max(from)).map(move |at| (start, at))
    });
    starts.flat_map(move |(start, at)| {
        let pairs = words[start..].iter().zip(&reference[at..]);
        let length = pairs.take(SHIFT_SIZE).take_while(|(a, b)| a == b).count();
        (1..=length).map(move |length| (start, at, length))
    })
}

fn shifted(words: &[u64], shift: &Shift) -> Vec<u64> {
    let Shift {
        start, length, to, ..
    } = *shift;
    let end = start + length;
    let run = &words[start..end];
    if to < start {
        return [&words[..to], run, &words[to..start], &words[end..]].concat();
    }
    // Beyond the run, or, if the place is within it, so many words further.
    let to = if to > end {
        to
    } else {
        words.len().min(length + to)
    };
    [
        &words[..start],
        &words[end..to.max(end)],
        run,
        &words[to.max(end)..],
    ]
    .concat()
}

/// What an edit does to the hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Both { is_hit: bool },
    Hypothesis,
    Reference,
}

/// Edit distances of all beginnings of two sequences, near the diagonal.
#[derive(Clone)]
struct Table {
    /// `[words + 1, width]`.
    costs: Vec<u32>,
    steps: Vec<Step>,
    width: usize,
}

impl Table {
    fn new(words: usize, reference: usize) -> Self {
        let width = reference + 1;
        let mut costs = vec![INFINITE; (words + 1) * width];
        (0..width).for_each(|j| costs[j] = j as u32);
        Self {
            steps: vec![Step::Reference; costs.len()],
            costs,
            width,
        }
    }

    /// The distance of the whole sequences.
    fn distance(&self) -> u32 {
        self.costs.last().copied().unwrap_or_default()
    }

    /// Fills the rows after the first `known` words.
    fn fill(&mut self, words: &[u64], reference: &[u64], known: usize) {
        let (n, width) = (words.len(), self.width);
        let ratio = match n {
            0 => 1.0,
            n => reference.len() as f64 / n as f64,
        };
        let beam = match (BEAM as f64) < ratio / 2.0 {
            true => (ratio / 2.0 + BEAM as f64).ceil() as usize,
            false => BEAM,
        };
        for i in known + 1..=n {
            let diagonal = (i as f64 * ratio).floor() as usize;
            let from = diagonal.saturating_sub(beam);
            let to = if i == n {
                width
            } else {
                width.min(diagonal + beam)
            };
            let (above, row) = self.costs.split_at_mut(i * width);
            let (above, row) = (&above[(i - 1) * width..], &mut row[..width]);
            let steps = &mut self.steps[i * width..(i + 1) * width];
            row.fill(INFINITE);
            for j in from..to {
                let (mut cost, mut step) = (INFINITE, Step::Hypothesis);
                let mut offer = |new: u32, with: Step| {
                    if new < cost {
                        (cost, step) = (new, with);
                    }
                };
                // In the order in which they are preferred.
                if j > 0 {
                    let is_hit = words[i - 1] == reference[j - 1];
                    offer(above[j - 1] + u32::from(!is_hit), Step::Both { is_hit });
                }
                offer(above[j] + 1, Step::Hypothesis);
                if j > 0 {
                    offer(row[j - 1] + 1, Step::Reference);
                }
                (row[j], steps[j]) = (cost, step);
            }
        }
    }

    /// Takes over the rows after the first `known` words.
    fn copy_rows(&mut self, from: &Self, known: usize) {
        let cells = (known + 1) * self.width..;
        self.costs[cells.clone()].copy_from_slice(&from.costs[cells]);
    }
}

/// Which words are wrong, and where in the hypothesis those of the reference are.
struct Alignment {
    hypothesis: Vec<bool>,
    reference: Vec<bool>,
    /// The last word of the hypothesis that stands at a word of the reference or before it; -1 if there is none.
    places: Vec<i64>,
}

impl Alignment {
    fn of(table: &Table, words: usize, reference: usize) -> Self {
        let mut alignment = Self {
            hypothesis: vec![true; words],
            reference: vec![true; reference],
            places: vec![-1; reference],
        };
        let (mut i, mut j) = (words, reference);
        while i > 0 || j > 0 {
            let step = table.steps[i * table.width + j];
            if j > 0 && step != Step::Hypothesis {
                alignment.places[j - 1] = i as i64 - 1;
            }
            match step {
                Step::Both { is_hit } if i > 0 && j > 0 => {
                    (i, j) = (i - 1, j - 1);
                    alignment.hypothesis[i] = !is_hit;
                    alignment.reference[j] = !is_hit;
                }
                Step::Reference if j > 0 => j -= 1,
                _ if i > 0 => i -= 1,
                _ => j -= 1,
            }
        }
        alignment
    }
}
