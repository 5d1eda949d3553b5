//! The highest scores of short rows on x86-64: eight rows at once, transposed four columns at a time.
//!
//! Compilers do not generate this code. Reading eight rows in step takes one load per score, and transposing them a
//! quarter of that.

use std::{
    arch::x86_64::{__m128, __m256, _CMP_GT_OQ, _CMP_UNORD_Q},
    array,
};

use pulp::{NullaryFnOnce, cast, x86::V3};

/// The number of rows that are compared at once, which are the lanes of a vector.
const ROWS: usize = 8;
/// The number of columns that are transposed at once. No row may be shorter.
pub(super) const COLUMNS: usize = 4;

/// Predicts the index of the first highest score of each row, for as many rows as fill vectors. Returns their number.
pub(super) struct ArgmaxQuads<'a, F> {
    pub simd: V3,
    pub scores: &'a [f32],
    pub classes: usize,
    pub pred: &'a mut [i32],
    /// Predicts a row that may have a NaN.
    pub careful: F,
}

impl<F: Fn(&[f32]) -> i32> NullaryFnOnce for ArgmaxQuads<'_, F> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        let (avx, avx2, classes) = (self.simd.avx, self.simd.avx2, self.classes);
        let one = avx._mm256_set1_epi32(1);
        let (groups, _) = self.pred.as_chunks_mut::<ROWS>();
        let scores = self.scores.chunks_exact(ROWS * classes);
        for (pred, scores) in groups.iter_mut().zip(scores) {
            let rows: [&[f32]; ROWS] = array::from_fn(|row| &scores[row * classes..][..classes]);
            let mut best = avx._mm256_set1_ps(f32::NEG_INFINITY);
            let mut at = avx._mm256_setzero_ps();
            // A NaN shows in the sum, which costs less than asking each score.
            let mut sum = avx._mm256_setzero_ps();
            let mut first = 0;
            loop {
                let columns = columns(self.simd, &rows, first);
                let mut index = avx._mm256_set1_epi32(first as i32);
                for scores in columns {
                    let better = avx._mm256_cmp_ps::<_CMP_GT_OQ>(scores, best);
                    at = avx._mm256_blendv_ps(at, cast(index), better);
                    best = avx._mm256_max_ps(scores, best);
                    index = avx2._mm256_add_epi32(index, one);
                }
                let [a, b, c, d] = columns;
                let [ab, cd] = [avx._mm256_add_ps(a, b), avx._mm256_add_ps(c, d)];
                sum = avx._mm256_add_ps(sum, avx._mm256_add_ps(ab, cd));
                if first + COLUMNS == classes {
                    break;
                }
                // The last columns may be seen twice; they are not greater than themselves.
                first = (first + COLUMNS).min(classes - COLUMNS);
            }
            *pred = cast(at);
            if avx._mm256_movemask_ps(avx._mm256_cmp_ps::<_CMP_UNORD_Q>(sum, sum)) != 0 {
                // Or infinite scores of both signs.
                pred.iter_mut()
                    .zip(rows)
                    .for_each(|(pred, row)| *pred = (self.careful)(row));
            }
        }
        groups.len() * ROWS
    }
}

/// Columns of eight rows, from the `first` on.
#[inline(always)]
fn columns(simd: V3, rows: &[&[f32]; ROWS], first: usize) -> [__m256; COLUMNS] {
    let avx = simd.avx;
    let quad = |row: usize| -> __m128 {
        let quad: [f32; COLUMNS] = array::from_fn(|column| rows[row][first..][..COLUMNS][column]);
        cast(quad)
    };
    let [a, b, c, d] = array::from_fn(|row| {
        let low = avx._mm256_castps128_ps256(quad(row));
        avx._mm256_insertf128_ps::<1>(low, quad(row + ROWS / 2))
    });
    let (ab_low, ab_high) = (avx._mm256_unpacklo_ps(a, b), avx._mm256_unpackhi_ps(a, b));
    let (cd_low, cd_high) = (avx._mm256_unpacklo_ps(c, d), avx._mm256_unpackhi_ps(c, d));
    [
        avx._mm256_shuffle_ps::<0x44>(ab_low, cd_low),
        avx._mm256_shuffle_ps::<0xee>(ab_low, cd_low),
        avx._mm256_shuffle_ps::<0x44>(ab_high, cd_high),
        avx._mm256_shuffle_ps::<0xee>(ab_high, cd_high),
    ]
}
