//! Pearson's chi-squared statistic, and what it says of an association.

use crate::state::{Cell, ContingencyTable};

/// `phi^2 = chi^2 / n`, with the correction of Yates if the table is 2x2 and it is wanted.
pub(super) fn phi_squared(table: &ContingencyTable, yates: bool) -> f64 {
    let two_by_two = table.rows.len() == 2 && table.columns.len() == 2;
    let chi_squared = match yates && two_by_two {
        true => corrected(table),
        false => chi_squared(table),
    };
    chi_squared / table.n as f64
}

fn expected(table: &ContingencyTable, row: usize, column: usize) -> f64 {
    table.rows[row] as f64 * table.columns[column] as f64 / table.n as f64
}

/// `sum (o - e)^2 / e`, in time that is linear in the number of cells that are not 0.
///
/// An empty cell contributes what is expected of it: of a row, its share of the columns in which it has nothing.
fn chi_squared(table: &ContingencyTable) -> f64 {
    let mut filled = vec![0; table.rows.len()];
    let mut sum = 0.0;
    for Cell { row, column, count } in table.cells.iter().copied() {
        let expected = expected(table, row, column);
        let gap = count as f64 - expected;
        sum += gap * gap / expected;
        filled[row] += table.columns[column];
    }
    let n = table.n as f64;
    let rows = table.rows.iter().zip(filled);
    let empty = rows.map(|(row, filled)| *row as f64 * ((table.n - filled) as f64 / n));
    sum + empty.sum::<f64>()
}

/// The same of a 2x2 table, each cell moved towards what is expected by up to a half.
fn corrected(table: &ContingencyTable) -> f64 {
    let mut counts = [[0.0; 2]; 2];
    for cell in &table.cells {
        counts[cell.row][cell.column] = cell.count as f64;
    }
    let cells = [(0, 0), (0, 1), (1, 0), (1, 1)];
    let term = |(row, column): (usize, usize)| {
        let expected = expected(table, row, column);
        let gap = ((counts[row][column] - expected).abs() - 0.5).max(0.0);
        gap * gap / expected
    };
    cells.into_iter().map(term).sum()
}

/// How strong an association is, and the numbers of categories that say how strong it could be; less what chance gives if
/// that is wanted (Bergsma, 2013).
pub(super) struct Strength {
    pub phi_squared: f64,
    pub rows: f64,
    pub columns: f64,
}

impl Strength {
    /// `None` if it could have no strength at all.
    pub(super) fn of(table: &ContingencyTable, bias_correction: bool) -> Option<Self> {
        let (r, c) = (table.rows.len() as u64, table.columns.len() as u64);
        if r == 1 || c == 1 {
            return None;
        }
        let phi_squared = phi_squared(table, bias_correction);
        let (rows, columns) = (r as f64, c as f64);
        if !bias_correction {
            return Some(Self {
                phi_squared,
                rows,
                columns,
            });
        }
        // As many categories as samples leave none after the correction.
        if r == table.n || c == table.n {
            return None;
        }
        let others = (table.n - 1) as f64;
        let corrected = |categories: f64| categories - (categories - 1.0).powi(2) / others;
        let chance = (rows - 1.0) * (columns - 1.0) / others;
        Some(Self {
            phi_squared: (phi_squared - chance).max(0.0),
            rows: corrected(rows),
            columns: corrected(columns),
        })
    }
}
