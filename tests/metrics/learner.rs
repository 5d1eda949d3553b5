//! What the hook logs for an epoch is the metric of all outputs of that epoch at once: a small model is
//! trained for real.
#![cfg(all(feature = "train", feature = "flex"))]

use std::{cell::RefCell, fs, path::Path, sync::Arc};

use crate::training::{Silent, directory, logged};
use burn::{
    data::{
        dataloader::{DataLoader, DataLoaderBuilder, batcher::Batcher},
        dataset::InMemDataset,
    },
    module::Module,
    nn::{Linear, LinearConfig, loss::CrossEntropyLossConfig},
    optim::AdamConfig,
    tensor::{Device, Int, Tensor, TensorData},
    train::{
        ClassificationOutput, EvaluatorBuilder, ExecutionStrategy, InferenceStep, Learner,
        LearnerModel, LearningResult, MultiDeviceOptim, SupervisedTraining, TrainOutput, TrainStep,
        metric::{Adaptor, LossMetric, store::Split},
    },
};
use burn_metrics::{
    image::{ImagesInput, PeakSignalNoiseRatio},
    prelude::*,
    train::{early_stopping, keep_best},
};

const CLASSES: usize = 3;
const EPOCHS: usize = 3;

thread_local! {
    /// Whether a batch was one of training, with its scores and labels.
    static OUTPUTS: RefCell<Vec<(bool, Tensor<2>, Tensor<1, Int>)>> = const { RefCell::new(Vec::new()) };
}

#[derive(Module, Debug)]
struct Model {
    linear: Linear,
}

impl Model {
    fn new(device: &Device) -> Self {
        Self::of_classes(CLASSES, device)
    }

    fn of_classes(classes: usize, device: &Device) -> Self {
        device.seed(3);
        Self {
            linear: LinearConfig::new(2, classes).init(device),
        }
    }

    fn forward(&self, batch: Batch, training: bool) -> ClassificationOutput {
        let scores = self.linear.forward(batch.points);
        let loss = match scores.dims()[1] {
            // Anything that can be learned.
            1 => scores.clone().square().mean(),
            _ => {
                let loss = CrossEntropyLossConfig::new().init(&scores.device());
                loss.forward(scores.clone(), batch.labels.clone())
            }
        };
        let output = (
            training,
            scores.clone().inner(),
            batch.labels.clone().inner(),
        );
        OUTPUTS.with_borrow_mut(|outputs| outputs.push(output));
        ClassificationOutput::new(loss, scores, batch.labels)
    }
}

impl TrainStep for Model {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = self.forward(batch, true);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Model {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> ClassificationOutput {
        self.forward(batch, false)
    }
}

#[derive(Clone, Debug)]
struct Batch {
    points: Tensor<2>,
    labels: Tensor<1, Int>,
}

#[derive(Clone)]
struct Points;

impl Batcher<(f32, f32, i64), Batch> for Points {
    fn batch(&self, items: Vec<(f32, f32, i64)>, device: &Device) -> Batch {
        let points: Vec<f32> = items.iter().flat_map(|(x, y, _)| [*x, *y]).collect();
        let labels: Vec<i64> = items.iter().map(|(_, _, label)| *label).collect();
        Batch {
            points: Tensor::from_data(TensorData::new(points, [items.len(), 2]), device),
            labels: Tensor::from_data(TensorData::new(labels, [items.len()]), device),
        }
    }
}

/// Points on a spiral, of unequal numbers a class, so that the mean over batches is not that of all.
fn loader(n: usize) -> Arc<dyn DataLoader<Batch>> {
    let point = |i: usize| {
        let angle = i as f32 * 0.7;
        let (x, y) = (angle.sin() * 2.0, angle.cos());
        let label = if x > 1.2 { 2 } else { i64::from(y > 0.3) };
        (x, y, label)
    };
    let dataset = InMemDataset::new((0..n).map(point).collect());
    DataLoaderBuilder::new(Points).batch_size(16).build(dataset)
}

fn metrics() -> Collection<ClassificationInput> {
    Collection::new()
        .with(Accuracy::multiclass(CLASSES))
        .with_named("Macro F1", F1::multiclass(CLASSES))
        .with_named("Top-2 accuracy", Accuracy::multiclass(CLASSES).top_k(2))
        .with(ConfusionMatrix::multiclass(CLASSES))
        .with(Auroc::multiclass(CLASSES).from_logits())
        .with(Roc::multiclass(CLASSES).from_logits())
}

fn train(
    directory: &Path,
    register: impl FnOnce(SupervisedTraining<Model>) -> SupervisedTraining<Model>,
) -> LearningResult<Model> {
    OUTPUTS.take();
    let training = SupervisedTraining::new(directory, loader(100), loader(50))
        .num_epochs(EPOCHS)
        .with_application_logger(None)
        .renderer(Box::new(Silent));
    register(training).launch(Learner::new(
        Model::new(&Device::flex().autodiff()),
        AdamConfig::new().init(),
        0.05,
    ))
}

/// The values of all outputs of each epoch at once.
fn expected(training: bool) -> Vec<Values> {
    let outputs: Vec<_> = OUTPUTS.with_borrow(|outputs| {
        let of_split = outputs
            .iter()
            .filter(|(of_training, ..)| *of_training == training);
        of_split
            .map(|(_, scores, labels)| (scores.clone(), labels.clone()))
            .collect()
    });
    let batches = outputs.len() / EPOCHS;
    assert!(batches > 1);
    let epochs = outputs.chunks(batches).map(|epoch| {
        let (scores, labels): (Vec<_>, Vec<_>) = epoch.iter().cloned().unzip();
        let mut metrics = metrics();
        metrics
            .update((Tensor::cat(scores, 0), Tensor::cat(labels, 0)))
            .unwrap();
        metrics.compute().unwrap()
    });
    epochs.collect()
}

#[test]
fn a_collection_logs_the_values_of_whole_epochs() {
    let directory = directory("collection");
    let result = train(&directory, |training| {
        training.metrics(metrics()).metrics((LossMetric::new(),))
    });
    assert!(result.error.is_none(), "{:?}", result.error);
    for (split, training, batches) in [("train", true, 7), ("valid", false, 4)] {
        for (epoch, values) in expected(training).iter().enumerate() {
            for (file, name) in [
                ("Accuracy", "Accuracy"),
                ("Macro_F1", "Macro F1"),
                ("Top-2_accuracy", "Top-2 accuracy"),
                ("AUROC", "AUROC"),
            ] {
                let lines = logged(&directory, split, epoch + 1, file);
                assert_eq!(
                    lines.len(),
                    batches + 1,
                    "one line a batch and one for the epoch"
                );
                let number = values.number(name).unwrap();
                assert_eq!(
                    lines[batches],
                    format!("{number},final"),
                    "{split} {epoch} {name}"
                );
            }
            let confusion = logged(&directory, split, epoch + 1, "Confusion_matrix").join("\n");
            assert_eq!(confusion, values.report("Confusion matrix").unwrap());
        }
    }
    let values = expected(false);
    assert!(
        values[2].number("Accuracy").unwrap() > values[0].number("Accuracy").unwrap(),
        "it learns"
    );
    fs::remove_dir_all(directory).ok();
}

/// Names that differ only in what separates folders have a file each.
#[test]
fn each_name_has_a_file_of_its_own() {
    let directory = directory("names");
    let accuracy = || Accuracy::multiclass(CLASSES);
    let metrics = || {
        Collection::new()
            .with_named("a/b", accuracy())
            .with_named("a_b", accuracy().top_k(2))
            .with_named("a\\b", accuracy().average(PerClass).map(|scores| scores[0]))
    };
    let best = accuracy().named("a/b");
    let training = SupervisedTraining::new(&directory, loader(100), loader(50))
        .num_epochs(1)
        .with_application_logger(None)
        .renderer(Box::new(Silent))
        .metrics(metrics())
        .early_stopping(early_stopping(&best, Split::Valid, 3).unwrap());
    let model = Model::new(&Device::flex().autodiff());
    let result = training.launch(Learner::new(model, AdamConfig::new().init(), 0.05));
    assert!(result.error.is_none(), "{:?}", result.error);
    let batches = logged(&directory, "train", 1, "a_b").len();
    for file in ["a\u{2215}b", "a\u{2216}b"] {
        assert_eq!(logged(&directory, "train", 1, file).len(), batches);
    }
    fs::remove_dir_all(directory).ok();
}

#[test]
fn several_devices_log_the_numbers_of_one() {
    let log = |name: &str, strategy: ExecutionStrategy| {
        let directory = directory(name);
        let training = SupervisedTraining::new(&directory, loader(100), loader(50))
            .num_epochs(2)
            .with_application_logger(None)
            .renderer(Box::new(Silent))
            .with_training_strategy(strategy.into())
            .metrics(metrics());
        // Nothing is learned, so that the outputs are the same.
        let optimizer = AdamConfig::new().init();
        let model = Model::new(&Device::flex().autodiff());
        let result = training.launch(Learner::new(model, optimizer, 0.0));
        assert!(result.error.is_none(), "{:?}", result.error);
        let epochs = [("train", 1), ("train", 2), ("valid", 1), ("valid", 2)];
        let last = epochs.map(|(split, epoch)| {
            let files = ["Accuracy", "Macro_F1", "Top-2_accuracy", "AUROC"];
            files.map(|file| logged(&directory, split, epoch, file).pop().unwrap())
        });
        let matrix = logged(&directory, "train", 2, "Confusion_matrix");
        fs::remove_dir_all(directory).ok();
        (last, matrix)
    };
    let device = || Device::flex().autodiff();
    let one = log("one-device", ExecutionStrategy::SingleDevice(device()));
    let devices = vec![device(), device()];
    for (name, optim) in [
        ("two-devices", MultiDeviceOptim::OptimMainDevice),
        ("two-devices-sharded", MultiDeviceOptim::OptimSharded),
    ] {
        let strategy = ExecutionStrategy::MultiDevice(devices.clone(), optim);
        assert_eq!(log(name, strategy), one);
    }
}

#[test]
fn metrics_register_as_they_are() {
    let directory = directory("single");
    let accuracy = Accuracy::multiclass(CLASSES);
    let error_rate = (1.0 - accuracy.clone()).named("Error rate");
    let result = train(&directory, |training| {
        training
            .metrics(accuracy.logged())
            .metrics(error_rate.logged())
            .metrics(Recall::multiclass(CLASSES).logged().on_step(false))
    });
    assert!(result.error.is_none(), "{:?}", result.error);
    for (epoch, values) in expected(false).iter().enumerate() {
        let accuracy = values.number("Accuracy").unwrap();
        let lines = logged(&directory, "valid", epoch + 1, "Accuracy");
        assert_eq!(lines.last().unwrap(), &format!("{accuracy},final"));
        let lines = logged(&directory, "valid", epoch + 1, "Error_rate");
        assert_eq!(lines.last().unwrap(), &format!("{},final", 1.0 - accuracy));
        assert_eq!(
            logged(&directory, "valid", epoch + 1, "Recall").len(),
            1,
            "only of the epoch"
        );
    }
    fs::remove_dir_all(directory).ok();
}

#[test]
fn early_stopping_and_checkpoints_follow_a_metric() {
    let directory = directory("early");
    let accuracy = Accuracy::multiclass(CLASSES);
    // Constant from the first epoch on, so that the second one stops.
    let constant = accuracy.clone().map(|_| 1.0);
    assert!(
        early_stopping(&constant, Split::Valid, 1).is_err(),
        "neither higher nor lower is better"
    );
    let always = AlwaysTheSame;
    let result = train(&directory, |training| {
        training
            .metrics(accuracy.clone().logged())
            .metrics(always.logged())
            .early_stopping(early_stopping(&AlwaysTheSame, Split::Valid, 1).unwrap())
            .with_checkpointing_strategy(keep_best(&accuracy, Split::Valid).unwrap())
            .with_default_checkpointers()
    });
    assert!(result.error.is_none(), "{:?}", result.error);
    let last = logged(&directory, "valid", 2, "Always");
    assert_eq!(last.last().unwrap(), "1,final");
    assert!(
        !directory.join("valid/epoch-3").exists(),
        "training stopped after two epochs"
    );
    let saved = fs::read_dir(directory.join("checkpoint")).unwrap().count();
    assert!(
        saved >= 3,
        "model, optimizer and scheduler of the best epoch"
    );
    fs::remove_dir_all(directory).ok();
}

/// A user's metric that never becomes better.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
struct AlwaysTheSame;

impl Statistic for AlwaysTheSame {
    type Input = ClassificationInput;
    type State = burn_metrics::state::Count;

    fn update(&self, count: &mut Self::State, _: ClassificationInput) -> Result<()> {
        count.add(1);
        Ok(())
    }
}

impl Metric for AlwaysTheSame {
    type Statistic = Self;
    type Value = f64;

    fn statistic(&self) -> &Self {
        self
    }

    fn compute(&self, _: u64) -> Result<f64> {
        Ok(1.0)
    }

    fn meta(&self) -> Meta {
        Meta::new("Always").higher_is_better()
    }
}

#[test]
fn errors_name_the_metric() {
    let directory = directory("errors");
    // The model has three classes.
    let result = train(&directory, |training| {
        training.metrics(Accuracy::multiclass(5).logged())
    });
    let error = result
        .error
        .expect("a wrong number of classes stops the training")
        .to_string();
    assert!(error.contains("train/Accuracy"), "{error}");
    assert!(
        error.contains("expected shape [batch, classes = 5, ...], got [16, 3]"),
        "{error}"
    );
    fs::remove_dir_all(directory).ok();
}

#[test]
fn the_evaluator_logs_the_value_of_the_whole_split() {
    let directory = directory("evaluator");
    let model = Model::new(&Device::flex());
    OUTPUTS.take();
    let evaluator = EvaluatorBuilder::new(&directory)
        .with_application_logger(None)
        .renderer(Box::new(Silent))
        .metrics(metrics())
        .build(model);
    let result = evaluator.eval_all([("small", loader(50)), ("large", loader(90))]);
    assert!(result.error.is_none(), "{:?}", result.error);
    let outputs = OUTPUTS.take();
    for (name, from, to) in [("small", 0, 4), ("large", 4, 10)] {
        let mut all = metrics();
        for (_, scores, labels) in &outputs[from..to] {
            all.update((scores.clone(), labels.clone())).unwrap();
        }
        let expected = all.compute().unwrap().number("Macro F1").unwrap();
        let file = directory.join(format!("test/{name}/Macro_F1.log"));
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(text.trim(), format!("{expected},final"), "{name}");
    }
    fs::remove_dir_all(directory).ok();
}

/// Points of two classes, or of the second one only, for which there is no AUROC.
fn two_classes(n: usize, both: bool) -> Arc<dyn DataLoader<Batch>> {
    let point = |i: usize| {
        (
            i as f32 / n as f32,
            0.5,
            if both { i as i64 % 2 } else { 1 },
        )
    };
    let dataset = InMemDataset::new((0..n).map(point).collect());
    DataLoaderBuilder::new(Points).batch_size(16).build(dataset)
}

#[test]
fn training_goes_on_when_a_metric_is_undefined() {
    let auroc = || Auroc::binary().from_logits();
    let metrics = || {
        Collection::new()
            .with(Accuracy::binary().from_logits())
            .with_named("F1", F1::binary().from_logits())
            .with_named("AUROC", auroc())
            .with_named("ROC", Roc::binary().from_logits())
    };
    let auroc = auroc().named("AUROC");
    let train = |directory: &Path, patience: usize| {
        let training =
            SupervisedTraining::new(directory, two_classes(100, true), two_classes(50, false));
        let training = training
            .num_epochs(EPOCHS)
            .with_application_logger(None)
            .renderer(Box::new(Silent))
            .metrics(metrics())
            .early_stopping(early_stopping(&auroc, Split::Valid, patience).unwrap())
            .with_checkpointing_strategy(keep_best(&auroc, Split::Valid).unwrap())
            .with_default_checkpointers();
        let model = Model::of_classes(1, &Device::flex().autodiff());
        let result = training.launch(Learner::new(model, AdamConfig::new().init(), 0.05));
        assert!(result.error.is_none(), "{:?}", result.error);
    };
    let patient = directory("undefined");
    train(&patient, EPOCHS + 1);
    for epoch in 1..=EPOCHS {
        for name in ["Accuracy", "F1"] {
            let lines = logged(&patient, "valid", epoch, name);
            let number = lines.last().unwrap().strip_suffix(",final").unwrap();
            assert!(
                number.parse::<f64>().unwrap().is_finite(),
                "{epoch}: {name}"
            );
        }
        let lines = logged(&patient, "valid", epoch, "AUROC");
        assert_eq!(
            lines,
            ["NaN,final"],
            "no value of any batch, none of the epoch"
        );
        let lines = logged(&patient, "valid", epoch, "ROC");
        assert_eq!(
            lines,
            ["undefined: no negative sample was seen, so there is no value"]
        );
        let lines = logged(&patient, "train", epoch, "AUROC");
        let number = lines.last().unwrap().strip_suffix(",final").unwrap();
        assert!(
            number.parse::<f64>().unwrap().is_finite(),
            "{epoch}: training has both classes"
        );
    }
    let saved = fs::read_dir(patient.join("checkpoint")).map_or(0, Iterator::count);
    assert_eq!(saved, 0, "no epoch was the best");
    fs::remove_dir_all(patient).ok();

    // An undefined epoch is no improvement.
    let impatient = directory("undefined-early");
    train(&impatient, 1);
    assert!(impatient.join("valid/epoch-2").exists());
    assert!(!impatient.join("valid/epoch-3").exists());
    fs::remove_dir_all(impatient).ok();
}

#[test]
fn an_evaluator_goes_on_when_a_metric_is_undefined() {
    let directory = directory("undefined-evaluator");
    let evaluator = EvaluatorBuilder::new(&directory)
        .with_application_logger(None)
        .renderer(Box::new(Silent))
        .metrics(Accuracy::binary().from_logits().logged())
        .metrics(Auroc::binary().from_logits().named("AUROC").logged())
        .build(Model::of_classes(1, &Device::flex()));
    let result = evaluator.eval_all([("positives", two_classes(50, false))]);
    assert!(result.error.is_none(), "{:?}", result.error);
    let read = |name: &str| {
        let file = directory.join(format!("test/positives/{name}.log"));
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    assert!(read("Accuracy").trim().ends_with(",final"));
    assert_eq!(read("AUROC").trim(), "NaN,final");
    fs::remove_dir_all(directory).ok();
}

/// One metric of every family and of every wrapper goes into a Learner. Compiling is the test.
#[allow(dead_code)]
fn every_family_registers<M, O>(training: SupervisedTraining<M>) -> SupervisedTraining<M>
where
    M: LearnerModel + TrainStep<Output = O> + InferenceStep<Output = O>,
    O: Adaptor<ClassificationInput>
        + Adaptor<GroupedInput>
        + Adaptor<RegressionInput>
        + Adaptor<EnsembleInput>
        + Adaptor<CalibrationInput>
        + Adaptor<ClickInput>
        + Adaptor<SamplesInput>
        + Adaptor<AggregationInput>
        + Adaptor<ClusteringInput>
        + Adaptor<PointsInput>
        + Adaptor<NominalInput>
        + Adaptor<RatingsInput>
        + Adaptor<ImagesInput>,
{
    training
        .metrics(Accuracy::binary().logged())
        .metrics(Accuracy::binary().confidence_interval(0.9).logged())
        .metrics(StatScores::binary().logged())
        .metrics(ConfusionMatrix::binary().logged())
        .metrics(BinaryCohenKappa::binary().logged())
        .metrics(MatthewsCorrCoef::binary().logged())
        .metrics(<MultilabelExactMatch>::multilabel(3).logged())
        .metrics(Auroc::binary().logged())
        .metrics(Roc::binary().thresholds(10).logged())
        .metrics(CalibrationError::binary().logged())
        .metrics(HingeLoss::binary().logged())
        .metrics(NormalizedEntropy::binary().logged())
        .metrics(CoverageError::multilabel(3).logged())
        .metrics(Fairness::new(2).logged())
        .metrics(MeanSquaredError::new().logged())
        .metrics(KendallRankCorrCoef::new().logged())
        .metrics(CosineSimilarity::new().logged())
        .metrics(ContinuousRankedProbabilityScore::new().logged())
        .metrics(<WeightedCalibration>::new().logged())
        .metrics(<ClickThroughRate>::new().logged())
        .metrics(Wasserstein1d::new().logged())
        .metrics(MeanMetric::new().logged())
        .metrics(RandScore::new().logged())
        .metrics(DunnIndex::new().logged())
        .metrics(CramersV::new().logged())
        .metrics(FleissKappa::new().logged())
        .metrics(PeakSignalNoiseRatio::new(1.0).logged())
        .metrics(Accuracy::binary().min_max().logged())
        .metrics(Auroc::binary().running(3).logged())
        .metrics(Auroc::binary().bootstrap(10).logged())
        .metrics((1.0 - Accuracy::binary()).logged())
        .metrics(AlwaysTheSame.logged())
}
