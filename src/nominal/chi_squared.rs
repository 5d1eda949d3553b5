//! Pearson's chi-squared statistic, and the strength of association computed from it.

use crate::state::{Cell, ContingencyTable};

/// Computes `phi^2 = chi^2 / n`, with the correction of Yates if it is requested and the table is 2x2.
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

/// Computes `sum (o - e)^2 / e`, in time that is linear in the number of cells that are not 0.
///
/// An empty cell contributes its expected count. The empty cells of a row together contribute the row's share of the
/// columns in which it has no count.
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

/// Computes the same for a 2x2 table in which each cell is moved towards its expected count by up to a half.
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

/// The strength of an association, and the numbers of categories that limit it.
///
/// With bias correction, the part that is expected by chance is subtracted (Bergsma, 2013).
pub(super) struct Strength {
    pub phi_squared: f64,
    pub rows: f64,
    pub columns: f64,
}

impl Strength {
    /// Computes the strength, or returns `None` if the table allows no association at all.
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
        // If there are as many categories as samples, the correction leaves none of them.
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
