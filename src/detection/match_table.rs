use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{DetectionMatches, image_total::ImageTable};
use crate::{
    MetricError, Result,
    encoding::{number::list, packed},
};

/// The total of [`DetectionMatches`]: for each class of each image, the scores of the detections and what they match,
/// and the number of true objects.
///
/// A detection takes 8 bytes, and 2 bits per threshold and range of areas: 18 bytes with COCO's 10 thresholds and 4
/// ranges. A class that occurs in an image takes 16 bytes, and 4 per range of areas.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchTable {
    /// The number of thresholds, 0 if the table is empty.
    thresholds: u32,
    /// The number of ranges of areas, 0 if the table is empty.
    areas: u32,
    /// For each image, its id, or [`NO_ID`].
    #[serde(with = "packed")]
    image_ids: Vec<i64>,
    /// For each cell, which is a class of an image, the image.
    #[serde(with = "packed")]
    images: Vec<u32>,
    /// For each cell, the class.
    #[serde(with = "packed")]
    labels: Vec<i64>,
    /// For each cell, the number of detections.
    #[serde(with = "packed")]
    found: Vec<u32>,
    /// For each cell and range of areas, the number of true objects that count.
    #[serde(with = "packed")]
    truths: Vec<u32>,
    /// For each detection of each cell, the score, in descending order.
    #[serde(with = "list")]
    scores: Vec<f64>,
    /// For each detection, two bits per range of areas and threshold: whether it matches an object, and whether it is
    /// ignored.
    #[serde(with = "packed")]
    flags: Vec<u8>,
}

/// The id of an image that was given none.
const NO_ID: i64 = i64::MIN;

impl MatchTable {
    pub(super) fn of(statistic: &DetectionMatches) -> Self {
        Self {
            thresholds: statistic.thresholds.of_overlap().len() as u32,
            areas: statistic.areas.len() as u32,
            ..Self::default()
        }
    }

    /// The number of bytes of the flags of a detection.
    pub(super) fn stride(&self) -> usize {
        (2 * self.thresholds as usize * self.areas as usize).div_ceil(8)
    }

    /// The number of images.
    pub fn images(&self) -> usize {
        self.image_ids.len()
    }

    /// The number of detections.
    pub fn detections(&self) -> usize {
        self.scores.len()
    }

    /// The number of bytes that the table takes.
    pub fn bytes(&self) -> usize {
        8 * self.image_ids.len()
            + 16 * self.labels.len()
            + 4 * self.truths.len()
            + 8 * self.scores.len()
            + self.flags.len()
    }

    pub(super) fn add_image(&mut self, id: Option<i64>) {
        self.image_ids.push(id.unwrap_or(NO_ID));
    }

    /// Adds a class of the last image, with the scores of its detections in descending order.
    pub(super) fn add_cell(
        &mut self,
        label: i64,
        scores: impl Iterator<Item = f64>,
    ) -> CellMut<'_> {
        self.images.push(self.image_ids.len() as u32 - 1);
        self.labels.push(label);
        let before = self.scores.len();
        self.scores.extend(scores);
        self.found.push((self.scores.len() - before) as u32);
        let stride = self.stride();
        self.flags.resize(self.scores.len() * stride, 0);
        CellMut {
            flags: &mut self.flags[before * stride..],
            stride,
            truths: &mut self.truths,
        }
    }

    /// The table in which each image occurs as often as `times` says.
    pub(super) fn repeated(&self, times: &[f32]) -> Self {
        let (areas, stride) = (self.areas as usize, self.stride());
        let mut repeated = Self {
            thresholds: self.thresholds,
            areas: self.areas,
            ..Self::default()
        };
        // Where the first copy of each image is.
        let mut first = Vec::with_capacity(times.len());
        for (id, times) in self.image_ids.iter().zip(times) {
            first.push(repeated.image_ids.len() as u32);
            repeated
                .image_ids
                .extend(std::iter::repeat_n(*id, *times as usize));
        }
        for cell in self.cells() {
            for copy in 0..times[cell.image] as u32 {
                repeated.images.push(first[cell.image] + copy);
                repeated.labels.push(cell.label);
                repeated.found.push(cell.found.len() as u32);
                repeated
                    .truths
                    .extend(&self.truths[cell.at * areas..(cell.at + 1) * areas]);
                repeated.scores.extend(&self.scores[cell.found.clone()]);
                let flags = cell.found.start * stride..cell.found.end * stride;
                repeated.flags.extend(&self.flags[flags]);
            }
        }
        repeated
    }

    /// The cells, in the order in which images came.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> {
        let mut start = 0;
        let cells = self.images.iter().zip(&self.labels).zip(&self.found);
        cells.enumerate().map(move |(at, ((image, label), found))| {
            let end = start + *found as usize;
            let cell = Cell {
                at,
                image: *image as usize,
                label: *label,
                found: start..end,
            };
            start = end;
            cell
        })
    }

    /// The rank of each image: those without an id in their order, and then the others by their ids.
    pub(super) fn image_ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.image_ids.len() as u32).collect();
        order.sort_by_key(|image| self.image_ids[*image as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, image) in order.into_iter().enumerate() {
            ranks[image as usize] = rank as u32;
        }
        ranks
    }

    pub(super) fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The number of true objects of a cell in a range of areas.
    pub(super) fn truths(&self, cell: usize, area: usize) -> u64 {
        u64::from(self.truths[cell * self.areas as usize + area])
    }

    /// Whether a detection matches an object, and whether it is ignored, at a range of areas and a threshold.
    #[inline]
    pub(super) fn flags(&self, stride: usize, detection: usize, at: usize) -> u8 {
        self.flags[detection * stride + at / 4] >> (2 * (at % 4)) & 3
    }

    pub(super) fn layout(&self) -> [usize; 2] {
        [self.thresholds as usize, self.areas as usize]
    }

    /// Checks that the table is empty, or has these numbers of thresholds and ranges of areas.
    pub(super) fn check_layout(&self, thresholds: usize, areas: usize) -> Result<()> {
        let own = self.layout();
        match self.image_ids.is_empty() || own == [thresholds, areas] {
            true => Ok(()),
            false => Err(MetricError::State {
                expected: format!("matches at {thresholds} thresholds and {areas} ranges of areas"),
                got: format!("{} and {}", own[0], own[1]),
            }),
        }
    }
}

/// A class of an image: which detections it has.
pub(super) struct Cell {
    pub at: usize,
    pub image: usize,
    pub label: i64,
    pub found: Range<usize>,
}

/// A cell that is being filled.
pub(super) struct CellMut<'a> {
    flags: &'a mut [u8],
    stride: usize,
    truths: &'a mut Vec<u32>,
}

/// A detection matches an object.
pub(super) const MATCHED: u8 = 1;
/// A detection counts neither as right nor as wrong.
pub(super) const IGNORED: u8 = 2;

impl CellMut<'_> {
    /// Adds the number of true objects in the next range of areas.
    pub(super) fn count_truth(&mut self, objects: usize) {
        self.truths.push(objects as u32);
    }

    /// Marks a detection as one that matches an object, which may be ignored.
    pub(super) fn set_matched(&mut self, detection: usize, at: usize, is_ignored: bool) {
        let flags = if is_ignored {
            MATCHED | IGNORED
        } else {
            MATCHED
        };
        self.flags[detection * self.stride + at / 4] |= flags << (2 * (at % 4));
    }

    /// Ignores a detection where it matches no object.
    pub(super) fn ignore_unmatched(&mut self, detection: usize, places: Range<usize>) {
        for at in places {
            let byte = &mut self.flags[detection * self.stride + at / 4];
            if *byte >> (2 * (at % 4)) & MATCHED == 0 {
                *byte |= IGNORED << (2 * (at % 4));
            }
        }
    }
}

impl ImageTable for MatchTable {
    fn append(&mut self, other: Self) {
        if other.image_ids.is_empty() {
            return;
        }
        if self.image_ids.is_empty() {
            *self = other;
            return;
        }
        let offset = self.image_ids.len() as u32;
        self.image_ids.extend(other.image_ids);
        self.images.extend(
            other
                .images
                .into_iter()
                .map(|image| image.saturating_add(offset)),
        );
        self.labels.extend(other.labels);
        self.found.extend(other.found);
        self.truths.extend(other.truths);
        self.scores.extend(other.scores);
        self.flags.extend(other.flags);
    }

    fn check_merge(&self, other: &Self) -> Result<()> {
        match self.image_ids.is_empty() || other.image_ids.is_empty() {
            true => Ok(()),
            false => other.check_layout(self.thresholds as usize, self.areas as usize),
        }
    }

    fn is_consistent(&self) -> bool {
        let cells = self.images.len();
        let sum = self
            .found
            .iter()
            .try_fold(0usize, |sum, n| sum.checked_add(*n as usize));
        let bits = (2 * u64::from(self.thresholds)).checked_mul(u64::from(self.areas));
        let stride = bits.map(|bits| bits.div_ceil(8));
        self.labels.len() == cells
            && self.found.len() == cells
            && Some(self.truths.len()) == cells.checked_mul(self.areas as usize)
            && sum == Some(self.scores.len())
            && stride.and_then(|stride| stride.checked_mul(self.scores.len() as u64))
                == Some(self.flags.len() as u64)
            && self
                .images
                .iter()
                .all(|image| (*image as usize) < self.image_ids.len())
            && u32::try_from(self.image_ids.len()).is_ok()
            && !self.scores.iter().any(|score| score.is_nan())
    }
}
