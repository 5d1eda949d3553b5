use std::{
    fmt::{self, Debug},
    ops::Range,
    sync::Arc,
};

use burn::tensor::{Bool, DType, Tensor};

use crate::{
    Fault, Faults, LabelExample, MetricError, Result,
    combinator::Draw,
    ops::{self, HostTensor, RowFormula, Wide, is_host, widest},
    state::{Pending, Unread},
};

/// The values of the samples of a batch.
///
/// It is made from a tensor with [`of`](Self::of), which stays on its device, or from numbers in host memory with
/// [`numbers`](Self::numbers).
#[derive(Debug, Clone)]
pub struct Measured {
    pub(super) values: Values,
    pub(super) weights: Weights,
    /// The number of values, if it is known before anything is read.
    count: Option<usize>,
    /// The number of numbers per value.
    pub(super) width: usize,
    /// The number of consecutive values that belong to one sample and share its weight.
    pub(super) per_sample: usize,
    /// Finds a wrong label of the batch, to show it in an error.
    pub(super) example: Option<Example>,
}

/// Finds a wrong label of a batch.
#[derive(Clone)]
pub(super) struct Example(Arc<dyn Fn() -> Option<LabelExample> + Send + Sync>);

impl Example {
    pub fn find(&self) -> Option<LabelExample> {
        (self.0)()
    }
}

impl Debug for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Example")
    }
}

/// The source of values.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// A tensor expression.
    Tensor(Box<TensorValues>),
    /// A loop on the host, which runs once its tensors are in host memory.
    Loop(Unread<Arc<dyn HostLoop>>),
}

/// The results of a tensor expression for the samples of a batch.
#[derive(Debug, Clone)]
pub(super) struct TensorValues {
    /// `[samples, numbers]`.
    pub numbers: Tensor<2>,
    /// The samples outside the domain of the measure: `[samples]`.
    pub outside: Option<Tensor<1, Bool>>,
    /// The samples that count: `[samples]`. Others are ignored.
    pub counted: Option<Tensor<1, Bool>>,
    /// The faults that were found in labels and scores: the number of each kind, `[1]`.
    pub faults: Vec<(Fault, Tensor<1>)>,
}

/// The weights of samples.
#[derive(Debug, Clone)]
pub(super) enum Weights {
    Equal,
    Tensor(Box<Tensor<1>>),
    Host(Arc<[f64]>),
}

/// A loop over samples, and their weights if there are any.
pub(super) type Weighted = (Arc<dyn HostLoop>, Option<Arc<[f64]>>);

/// A loop over samples in host memory, which can run on several threads.
pub(crate) trait HostLoop: Debug + Send + Sync {
    /// The number of samples.
    fn samples(&self) -> usize;

    /// The number of numbers per sample.
    fn numbers(&self) -> usize {
        1
    }

    /// Whether a number may be NaN, which means that the sample does not have it, such as the score of a class that
    /// does not occur in an image. Otherwise NaN is a fault.
    fn has_gaps(&self) -> bool {
        false
    }

    /// The number of samples that is worth a thread.
    fn block(&self) -> usize;

    /// Measures some samples.
    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>);
}

/// A range of samples to measure, and the results.
pub(crate) struct Block<'a> {
    /// `[samples, numbers]`.
    pub numbers: &'a mut [f64],
    /// The weights, which are set to 0 for ignored samples.
    pub weights: &'a mut [f64],
    pub faults: Faults,
}

impl Block<'_> {
    /// Ignores a sample that is outside the domain of the measure, and counts the fault.
    pub fn outside(&mut self, sample: usize) {
        self.weights[sample] = 0.0;
        self.faults.add(Fault::Domain, 1);
    }
}

impl Measured {
    /// Creates the values from a tensor with one number per sample: `[samples]`.
    pub fn of(values: Tensor<1>) -> Self {
        Self::of_several(values.unsqueeze_dim(1))
    }

    /// Creates the values from several numbers per sample: `[samples, numbers]`.
    pub(crate) fn of_several(numbers: Tensor<2>) -> Self {
        let width = numbers.dims()[1];
        let values = TensorValues {
            numbers: numbers.inner(),
            outside: None,
            counted: None,
            faults: Vec::new(),
        };
        let count = Some(values.numbers.dims()[0]);
        Self {
            count,
            ..Self::new(Values::Tensor(Box::new(values)), width)
        }
    }

    /// Creates the values from numbers in host memory, one per sample.
    pub fn numbers(values: Vec<f64>) -> Self {
        let count = Some(values.len());
        let known: Arc<dyn HostLoop> = Arc::new(Known { values, numbers: 1 });
        let samples = Unread::new(move |_| known.clone());
        Self {
            count,
            ..Self::new(Values::Loop(samples), 1)
        }
    }

    /// Creates the values that a loop on the host computes from tensors, once they are in host memory. Each value has
    /// this many numbers.
    pub(crate) fn on_host<L: HostLoop + 'static>(width: usize, tensors: Unread<L>) -> Self {
        let samples = tensors.map(|own| Arc::new(own) as Arc<dyn HostLoop>);
        Self::new(Values::Loop(samples), width)
    }

    /// Measures pairs of rows, `[samples, _]`. On hosts a formula is applied row by row, and on other devices an
    /// equivalent tensor expression is evaluated.
    pub(crate) fn of_rows(
        a: Tensor<2>,
        b: Tensor<2>,
        formula: impl RowFormula,
        expression: impl FnOnce(Tensor<2>, Tensor<2>) -> Self,
    ) -> Self {
        if !is_host(&a.device()) {
            return expression(a, b);
        }
        let widths = [a.dims()[1], b.dims()[1]];
        let rows = Unread::new(move |tensors: Vec<HostTensor>| RowLoop {
            sides: tensors.try_into().expect("two tensors were added"),
            widths,
            formula: formula.clone(),
        });
        let count = Some(a.dims()[0]);
        Self {
            count,
            ..Self::on_host(1, rows.with(a).with(b))
        }
    }

    fn new(values: Values, width: usize) -> Self {
        Self {
            values,
            weights: Weights::Equal,
            count: None,
            width,
            per_sample: 1,
            example: None,
        }
    }

    /// Marks the samples that are outside the domain of the measure, `[samples]`, which makes them faults.
    pub fn outside(mut self, samples: Tensor<1, Bool>) -> Self {
        if let Values::Tensor(values) = &mut self.values {
            values.outside = Some(samples);
        }
        self
    }

    /// Sets which samples count, and the faults that were found in labels and scores: the number of each kind, `[1]`.
    pub(crate) fn counted(
        mut self,
        samples: Tensor<1, Bool>,
        faults: Vec<(Fault, Tensor<1>)>,
    ) -> Self {
        if let Values::Tensor(values) = &mut self.values {
            values.counted = Some(samples);
            values.faults = faults;
        }
        self
    }

    /// Sets the weights of the samples, `[samples]`, if there are any.
    pub fn weighted(mut self, weights: Option<Tensor<1>>) -> Self {
        self.weights = weights.map_or(Weights::Equal, |weights| {
            Weights::Tensor(Box::new(weights.inner()))
        });
        self
    }

    /// Sets how many consecutive values belong to one sample.
    pub(crate) fn per_sample(mut self, values: usize) -> Self {
        self.per_sample = values;
        self
    }

    /// Sets the function that finds a wrong label of the batch, which an error about wrong labels shows.
    pub(crate) fn showing(
        mut self,
        example: impl Fn() -> Option<LabelExample> + Send + Sync + 'static,
    ) -> Self {
        self.example = Some(Example(Arc::new(example)));
        self
    }

    /// Checks that there are as many weights as samples, as far as this is known without reading anything.
    pub(super) fn checked(self) -> Result<Self> {
        if let (Some(count), Weights::Tensor(weights)) = (self.count, &self.weights) {
            let samples = count / self.per_sample;
            if weights.dims() != [samples] {
                let expected = format!("[{samples}], one per sample");
                return Err(MetricError::shape("weights", expected, &weights.dims()));
            }
        }
        Ok(self)
    }

    /// The loop over the values and the weights of the samples, in host memory.
    pub(super) fn unread(self) -> Unread<Weighted> {
        let samples = match self.values {
            Values::Loop(samples) => samples,
            Values::Tensor(values) => values.unread(),
        };
        match self.weights {
            Weights::Equal => samples.map(|samples| (samples, None)),
            Weights::Host(weights) => samples.map(move |samples| (samples, Some(weights.clone()))),
            Weights::Tensor(weights) => samples.and(*weights).map(|(samples, weights)| {
                let weights = weights.map(|weights| Arc::from(weights.read::<f64>().as_ref()));
                (samples, weights)
            }),
        }
    }

    /// Converts the batch so that its values are not measured again, however often they are used. Waits for the device
    /// if the host measures.
    pub(super) fn settled(self) -> Result<Self> {
        let (count, width, per_sample) = (self.count, self.width, self.per_sample);
        if matches!(&self.values, Values::Tensor(values) if !is_host(&values.numbers.device())) {
            return Ok(self);
        }
        let example = self.example.clone();
        let (samples, weights) = self.unread().read_now()?;
        let known: Arc<dyn HostLoop> = Arc::new(Settled::of(samples.as_ref()));
        Ok(Self {
            values: Values::Loop(Unread::new(move |_| known.clone())),
            weights: weights.map_or(Weights::Equal, Weights::Host),
            count,
            width,
            per_sample,
            example,
        })
    }

    /// The samples that are drawn from a settled batch, represented by weights.
    pub(super) fn drawn(&self, draw: &Draw) -> Self {
        let mut drawn = self.clone();
        match &self.values {
            Values::Tensor(values) => {
                let samples = values.numbers.dims()[0] / self.per_sample;
                if let Some(times) = draw.weights(samples, &values.numbers.device()) {
                    drawn.weights = Weights::Tensor(Box::new(match &self.weights {
                        Weights::Tensor(weights) => {
                            ops::times_weights(Some(weights.as_ref().clone()), times)
                        }
                        _ => times,
                    }));
                }
            }
            Values::Loop(samples) => {
                let samples = samples.clone().read(&mut Default::default());
                let samples = samples.samples() / self.per_sample;
                if let Some(times) = draw.times(samples) {
                    let times = times.into_iter().map(f64::from);
                    drawn.weights = Weights::Host(match &self.weights {
                        Weights::Host(weights) => {
                            times.zip(weights.iter()).map(|(n, w)| n * w).collect()
                        }
                        _ => times.collect(),
                    });
                }
            }
        }
        drawn
    }
}

impl TensorValues {
    fn unread(self) -> Unread<Arc<dyn HostLoop>> {
        let numbers = self.numbers.dims()[1];
        let flags = [self.outside.is_some(), self.counted.is_some()];
        let kinds: Vec<Fault> = self.faults.iter().map(|(fault, _)| *fault).collect();
        let read = Unread::new(move |tensors: Vec<HostTensor>| {
            let mut tensors = tensors.into_iter();
            let mut next = |is_there: bool| is_there.then(|| tensors.next()).flatten();
            let values = next(true).map_or_else(Vec::new, |values| values.read().into_owned());
            let [outside, counted] = flags.map(|is_there| {
                let mask = next(is_there);
                mask.map(|mask| mask.labels().iter().map(|flag| *flag != 0).collect())
            });
            let mut faults = Faults::default();
            for (fault, n) in kinds.iter().zip(tensors) {
                faults.add(*fault, n.read::<f64>().iter().sum::<f64>() as u64);
            }
            Arc::new(Settled {
                known: Known { values, numbers },
                outside,
                counted,
                has_gaps: false,
                faults,
            }) as Arc<dyn HostLoop>
        });
        let read = read.with(self.numbers);
        let read = match self.outside {
            None => read,
            Some(outside) => read.with_ints(outside.int()),
        };
        let read = match self.counted {
            None => read,
            Some(counted) => read.with_ints(counted.int()),
        };
        let faults = self.faults.into_iter();
        faults.fold(read, |read, (_, n)| read.with(n))
    }
}

/// Values in host memory, each of this many numbers.
#[derive(Debug)]
struct Known {
    values: Vec<f64>,
    numbers: usize,
}

/// The number of numbers that is worth a thread.
const CHUNK: usize = 1 << 14;

impl HostLoop for Known {
    fn samples(&self) -> usize {
        self.values.len() / self.numbers.max(1)
    }

    fn numbers(&self) -> usize {
        self.numbers
    }

    fn block(&self) -> usize {
        CHUNK
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let values = &self.values[samples.start * self.numbers..samples.end * self.numbers];
        block.numbers.copy_from_slice(values);
    }
}

/// Values that have been measured, with their weights and faults.
#[derive(Debug)]
struct Settled {
    known: Known,
    outside: Option<Vec<bool>>,
    counted: Option<Vec<bool>>,
    /// See [`HostLoop::has_gaps`].
    has_gaps: bool,
    /// The faults, which are counted with the first sample.
    faults: Faults,
}

impl Settled {
    fn of(samples: &dyn HostLoop) -> Self {
        let (values, weights, faults) = super::values::measure_all(samples, None, 1);
        Self {
            known: Known {
                values,
                numbers: samples.numbers(),
            },
            outside: None,
            counted: Some(weights.into_iter().map(|weight| weight != 0.0).collect()),
            has_gaps: samples.has_gaps(),
            faults,
        }
    }
}

impl HostLoop for Settled {
    fn samples(&self) -> usize {
        self.known.samples()
    }

    fn numbers(&self) -> usize {
        self.known.numbers
    }

    fn has_gaps(&self) -> bool {
        self.has_gaps
    }

    fn block(&self) -> usize {
        CHUNK
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        if samples.start == 0 {
            block.faults += self.faults;
        }
        self.known.measure(samples.clone(), block);
        if let Some(counted) = &self.counted {
            let weights = block.weights.iter_mut().zip(&counted[samples.clone()]);
            weights.for_each(|(weight, counts)| *weight = if *counts { *weight } else { 0.0 });
        }
        if let Some(outside) = &self.outside {
            for (i, is_outside) in outside[samples].iter().enumerate() {
                if *is_outside {
                    block.outside(i);
                }
            }
        }
    }
}

/// Applies a formula to the pairs of rows of two tensors.
#[derive(Debug)]
struct RowLoop<F> {
    /// Both sides have the same type.
    sides: [HostTensor; 2],
    widths: [usize; 2],
    formula: F,
}

impl<F: RowFormula> RowLoop<F> {
    fn run<N: ops::Readable + Into<f64>>(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let [a, b] = self.sides.each_ref().map(HostTensor::read::<N>);
        let rows = |width: usize| samples.start * width..samples.end * width;
        widest(RowPairs {
            sides: [&a[rows(self.widths[0])], &b[rows(self.widths[1])]],
            widths: self.widths,
            formula: &self.formula,
            block,
        });
    }
}

impl<F: RowFormula> HostLoop for RowLoop<F> {
    fn samples(&self) -> usize {
        self.sides[0].len() / self.widths[0]
    }

    fn block(&self) -> usize {
        (CHUNK / self.widths[0]).max(1)
    }

    fn measure(&self, samples: Range<usize>, block: &mut Block<'_>) {
        let double = self.sides.iter().any(|side| side.dtype() == DType::F64);
        match double {
            true => self.run::<f64>(samples, block),
            false => self.run::<f32>(samples, block),
        }
    }
}

struct RowPairs<'a, 'b, N, F> {
    sides: [&'a [N]; 2],
    widths: [usize; 2],
    formula: &'a F,
    block: &'a mut Block<'b>,
}

impl<N: Copy + Into<f64>, F: RowFormula> Wide for RowPairs<'_, '_, N, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let ([a, b], [a_width, b_width]) = (self.sides, self.widths);
        let (mut a_row, mut b_row) = (vec![0.0; a_width], vec![0.0; b_width]);
        let widen = |to: &mut [f64], from: &[N]| {
            to.iter_mut()
                .zip(from)
                .for_each(|(to, x)| *to = (*x).into());
        };
        let rows = a.chunks_exact(a_width).zip(b.chunks_exact(b_width));
        for (i, (a, b)) in rows.enumerate() {
            widen(&mut a_row, a);
            widen(&mut b_row, b);
            match self.formula.value(&a_row, &b_row) {
                Some(value) => self.block.numbers[i] = value,
                None => self.block.outside(i),
            }
        }
    }
}
