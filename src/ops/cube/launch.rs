//! Launches of the kernels: the sizes, the buffers and the types that each needs.

use burn::{
    backend::{TensorMetadata, cubecl::dtype_to_storage_type, ops::FloatTensorOps},
    tensor::{DType, Shape},
};
use burn_cubecl::{
    CubeBackend,
    kernel::into_contiguous,
    ops::numeric::{empty_device_contiguous_dtype, zeros_client},
    tensor::CubeTensor,
};
use cubecl::{calculate_cube_count_elemwise, prelude::*};

use super::kernels::{self, Table};
use crate::ops::{ClassSpec, ClassTable, Extent, LabelSpec, LabelTable, Predictions, ScoreSpec};

/// The information that a kernel has about the batch and the table.
pub(super) struct Layout {
    table: Table,
    per_sample: bool,
    /// Classes or labels.
    width: usize,
    /// A number above all labels.
    labels: usize,
    /// The number of elements of a sample between two of its classes or labels.
    inner: usize,
    elements: usize,
    cells: usize,
    ignore_index: Option<i64>,
}

impl Layout {
    pub(super) fn of_classes(spec: ClassSpec) -> Self {
        let Extent { samples, inner } = spec.extent;
        Self {
            table: match spec.table {
                ClassTable::PerClass | ClassTable::PerSample => Table::Classes,
                ClassTable::Confusion => Table::Confusion,
                ClassTable::Errors => Table::ClassErrors,
            },
            per_sample: spec.table == ClassTable::PerSample,
            width: spec.classes,
            labels: spec.classes,
            inner,
            elements: samples * inner,
            cells: spec.cells(),
            ignore_index: spec.ignore_index,
        }
    }

    pub(super) fn of_labels(spec: LabelSpec) -> Self {
        let Extent { samples, inner } = spec.extent;
        Self {
            table: match spec.table {
                LabelTable::Global | LabelTable::PerSample => Table::Labels,
                LabelTable::Errors => Table::LabelErrors,
            },
            per_sample: spec.table == LabelTable::PerSample,
            width: spec.labels,
            labels: 2,
            inner,
            elements: samples * spec.labels * inner,
            cells: spec.cells(),
            ignore_index: spec.ignore_index,
        }
    }

    fn len(&self) -> usize {
        self.cells + crate::Faults::OF_TABLES
    }

    /// The index to ignore as the kernels compare it, which is in 32 bits. An index outside 32 bits is not a label that
    /// a kernel can see.
    fn ignored(&self) -> Option<i32> {
        self.ignore_index
            .and_then(|index| i32::try_from(index).ok())
    }
}

fn launch_size(client: &Client, elements: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(client, elements);
    (calculate_cube_count_elemwise(client, elements, dim), dim)
}

fn empty_i32(like: &CubeTensor, elements: usize) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    empty_device_contiguous_dtype(client, device, Shape::new([elements]), DType::I32)
}

pub(super) fn predicted_classes(
    preds: Predictions<CubeBackend>,
    target: &CubeTensor,
    spec: ClassSpec,
) -> CubeTensor {
    let scores = match preds {
        Predictions::Scores(scores) => into_contiguous(scores),
        Predictions::Labels(labels) => return into_contiguous(labels),
    };
    let elements = spec.extent.samples * spec.extent.inner;
    let output = empty_i32(&scores, elements);
    let (count, dim) = launch_size(&output.client, elements);
    let types = [scores.dtype(), target.dtype()].map(dtype_to_storage_type);
    kernels::predict_classes::launch(
        &output.client,
        count,
        dim,
        scores.into_tensor_arg(),
        target.clone().into_tensor_arg(),
        output.clone().into_tensor_arg(),
        spec.classes as u32,
        spec.extent.inner as u32,
        spec.top_k as u32,
        types,
    );
    output
}

pub(super) fn predicted_labels(preds: Predictions<CubeBackend>, spec: LabelSpec) -> CubeTensor {
    let scores = match preds {
        Predictions::Scores(scores) => into_contiguous(scores),
        Predictions::Labels(labels) => return into_contiguous(labels),
    };
    let elements = scores.shape().num_elements();
    let output = empty_i32(&scores, elements);
    let (count, dim) = launch_size(&output.client, elements);
    let types = dtype_to_storage_type(scores.dtype());
    kernels::predict_labels::launch(
        &output.client,
        count,
        dim,
        scores.into_tensor_arg(),
        output.clone().into_tensor_arg(),
        spec.threshold as f32,
        spec.probabilities,
        types,
    );
    output
}

pub(super) fn count(preds: CubeTensor, target: CubeTensor, layout: Layout) -> CubeTensor {
    let (client, device) = (target.client.clone(), target.device.clone());
    let output = zeros_client(client, device, Shape::new([layout.len()]), DType::I32);
    let (cubes, dim) = launch_size(&output.client, layout.elements);
    let types = [preds.dtype(), target.dtype()].map(dtype_to_storage_type);
    kernels::count_cells::launch(
        &output.client,
        cubes,
        dim,
        preds.into_tensor_arg(),
        target.into_tensor_arg(),
        output.clone().into_tensor_arg(),
        layout.width as u32,
        layout.labels as i32,
        layout.inner as u32,
        layout.cells as u32,
        layout.ignored().unwrap_or_default(),
        layout.table,
        layout.per_sample,
        layout.ignored().is_some(),
        types,
    );
    output
}

/// The maximum number of units that sum weights, each in its own table, and of the cells of all these tables.
const UNITS: usize = 4096;
const PARTIAL_CELLS: usize = 1 << 22;

pub(super) fn weigh(
    preds: CubeTensor,
    target: CubeTensor,
    weights: CubeTensor,
    layout: Layout,
) -> CubeTensor {
    let weights = into_contiguous(weights);
    let partials = partial_tables(&target, layout.elements, layout.len());
    let (cubes, dim) = launch_size(&partials.client, partials.shape()[0]);
    let samples = weights.shape().num_elements();
    let types = [preds.dtype(), target.dtype(), weights.dtype()].map(dtype_to_storage_type);
    kernels::weigh_cells::launch(
        &partials.client,
        cubes,
        dim,
        preds.into_tensor_arg(),
        target.into_tensor_arg(),
        weights.into_tensor_arg(),
        partials.clone().into_tensor_arg(),
        layout.width as u32,
        layout.labels as i32,
        layout.inner as u32,
        layout.cells as u32,
        layout.ignored().unwrap_or_default(),
        (layout.elements / samples) as u32,
        layout.table,
        layout.per_sample,
        layout.ignored().is_some(),
        types,
    );
    sum_tables(partials)
}

/// Creates an empty table for each unit that sums the weights of this many elements: `[units, len]`.
fn partial_tables(like: &CubeTensor, elements: usize, len: usize) -> CubeTensor {
    let (client, device) = (like.client.clone(), like.device.clone());
    let units = elements.min(UNITS).min(PARTIAL_CELLS / len).max(1);
    zeros_client(client, device, Shape::new([units, len]), DType::F32)
}

fn sum_tables(partials: CubeTensor) -> CubeTensor {
    let len = partials.shape()[1];
    let sums = CubeBackend::float_sum_dim(partials, 0);
    CubeBackend::float_reshape(sums, Shape::new([len]))
}

/// Counts each score in its cell of a histogram.
pub(super) fn count_bins(
    scores: CubeTensor,
    target: CubeTensor,
    thresholds: CubeTensor,
    spec: ScoreSpec,
) -> CubeTensor {
    let len = spec.len(thresholds.shape().num_elements());
    let cells = bin_cells(scores, target, thresholds, spec);
    let (client, device) = (cells.client.clone(), cells.device.clone());
    let output = zeros_client(client, device, Shape::new([len]), DType::I32);
    let (count, dim) = launch_size(&output.client, spec.scores());
    kernels::count_at::launch(
        &output.client,
        count,
        dim,
        cells.into_tensor_arg(),
        output.clone().into_tensor_arg(),
    );
    output
}

/// Adds the weight of each score to its cell of a histogram.
pub(super) fn weigh_bins(
    scores: CubeTensor,
    target: CubeTensor,
    weights: CubeTensor,
    thresholds: CubeTensor,
    spec: ScoreSpec,
) -> CubeTensor {
    let len = spec.len(thresholds.shape().num_elements());
    let weights = into_contiguous(weights);
    let cells = bin_cells(scores, target, thresholds, spec);
    let partials = partial_tables(&cells, spec.scores(), len);
    let (count, dim) = launch_size(&partials.client, partials.shape()[0]);
    let types = dtype_to_storage_type(weights.dtype());
    kernels::weigh_at::launch(
        &partials.client,
        count,
        dim,
        cells.into_tensor_arg(),
        weights.into_tensor_arg(),
        partials.clone().into_tensor_arg(),
        len as u32,
        spec.width as u32,
        spec.extent.inner as u32,
        spec.exclusive,
        types,
    );
    sum_tables(partials)
}

/// The cell of a histogram in which each score is counted.
fn bin_cells(
    scores: CubeTensor,
    target: CubeTensor,
    thresholds: CubeTensor,
    spec: ScoreSpec,
) -> CubeTensor {
    let (scores, target) = (into_contiguous(scores), into_contiguous(target));
    let thresholds = into_contiguous(thresholds);
    let output = empty_i32(&scores, spec.scores());
    let (count, dim) = launch_size(&output.client, spec.targets());
    // In which scores are compared with thresholds.
    let wide = match scores.dtype() {
        DType::F64 => DType::F64,
        _ => DType::F32,
    };
    let types = [scores.dtype(), target.dtype(), wide].map(dtype_to_storage_type);
    // An index beyond 32 bits is no label that a kernel can meet.
    let ignored = spec
        .ignore_index
        .and_then(|index| i32::try_from(index).ok());
    kernels::find_bins::launch(
        &output.client,
        count,
        dim,
        scores.into_tensor_arg(),
        target.into_tensor_arg(),
        thresholds.into_tensor_arg(),
        output.clone().into_tensor_arg(),
        spec.width as u32,
        spec.extent.inner as u32,
        ignored.unwrap_or_default(),
        spec.exclusive,
        ignored.is_some(),
        types,
    );
    output
}
