//! Why accuracy is not enough: a screening test on a population in which the disease is rare.
//!
//! ```text
//! cargo run --example covid
//! ```
//!
//! A logistic regression learns who is infected from 10 000 invented patients, fewer than 1 in 100 of them
//! infected. Its accuracy is excellent and it misses most of the patients it is for. Recall shows that, and
//! the curves of patients that the model was not trained on tell a better threshold.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig, loss::BinaryCrossEntropyLossConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn_metrics::prelude::*;

const PATIENTS: usize = 10_000;
const PREVALENCE: f64 = 0.008;
const FEATURES: usize = 5;
const SEED: u64 = 12;

/// What is known of the patients, and who is infected.
#[derive(Clone)]
struct Cohort {
    /// `[patients, features]`, what is measured as a distance from the mean of the healthy, in spreads.
    features: Tensor<2>,
    /// `[patients]`, 1 for infected.
    infected: Tensor<1, Int>,
}

impl Cohort {
    /// Invented patients, drawn independently; `PREVALENCE` says how many of them are infected.
    ///
    /// | feature                | not infected         | infected             |
    /// |------------------------|----------------------|----------------------|
    /// | age in years           | normal, 45 +- 18     | normal, 55 +- 18     |
    /// | temperature in Celsius | normal, 36.7 +- 0.4  | normal, 37.4 +- 0.4  |
    /// | oxygen saturation in % | normal, 97.5 +- 1.2  | normal, 95.4 +- 1.2  |
    /// | cough                  | 15 in 100            | 50 in 100            |
    /// | contact with a case    | 5 in 100             | 40 in 100            |
    fn draw(patients: usize, device: &Device) -> Self {
        let draw = |distribution| Tensor::<1>::random([patients], distribution, device);
        let infected = draw(Distribution::Bernoulli(PREVALENCE));
        let measured = |mean: f64, mean_of_infected: f64, spread: f64| {
            let healthy = draw(Distribution::Normal(mean, spread));
            let value = healthy + infected.clone() * (mean_of_infected - mean);
            (value - mean) / spread
        };
        let observed = |often: f64, often_in_infected: f64| {
            let healthy = draw(Distribution::Bernoulli(often));
            let ill = draw(Distribution::Bernoulli(often_in_infected));
            healthy.mask_where(infected.clone().bool(), ill)
        };
        let features = vec![
            measured(45.0, 55.0, 18.0),
            measured(36.7, 37.4, 0.4),
            measured(97.5, 95.4, 1.2),
            observed(0.15, 0.5),
            observed(0.05, 0.4),
        ];
        Self {
            features: Tensor::stack(features, 1),
            infected: infected.int(),
        }
    }

    fn patients(&self, from: usize, to: usize) -> Self {
        Self {
            features: self.features.clone().slice(from..to),
            infected: self.infected.clone().slice(from..to),
        }
    }

    fn on(self, device: &Device) -> Self {
        Self {
            features: self.features.to_device(device),
            infected: self.infected.to_device(device),
        }
    }
}

#[derive(Module, Debug)]
struct Screening {
    regression: Linear,
}

impl Screening {
    fn new(device: &Device) -> Self {
        Self {
            regression: LinearConfig::new(FEATURES, 1).init(device),
        }
    }

    /// Logits `[patients]`.
    fn forward(&self, features: Tensor<2>) -> Tensor<1> {
        self.regression.forward(features).squeeze_dim(1)
    }
}

/// A plain training loop. The metrics take its tensors as they are, gradients and all.
fn train(cohort: &Cohort, device: &Device) -> Result<Screening> {
    let mut model = Screening::new(device);
    let mut optimizer = AdamConfig::new().init();
    let loss = BinaryCrossEntropyLossConfig::new()
        .with_logits(true)
        .init(device);
    let accuracy = Accuracy::binary().from_logits();
    let recall = Recall::binary().from_logits();

    println!("step    loss  accuracy  recall");
    for step in 1..=1000 {
        let logits = model.forward(cohort.features.clone());
        let loss = loss.forward(logits.clone(), cohort.infected.clone());
        if step % 200 == 0 {
            let batch = (logits, cohort.infected.clone());
            let (accuracy, recall) = (accuracy.evaluate(batch.clone())?, recall.evaluate(batch)?);
            let loss = loss.clone().into_scalar::<f32>();
            println!("{step:4}  {loss:.4}    {accuracy:.4}   {recall:.3}");
        }
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.1, model, gradients);
    }
    Ok(model.valid())
}

/// The threshold that finds at least the fraction `wanted` of the infected with as few false alarms as can be, read off the
/// ROC curve. Prints some points of the precision-recall curve on the way there.
fn pick_threshold(logits: Tensor<1>, infected: Tensor<1, Int>, wanted: f64) -> Result<f64> {
    let mut curves = Collection::new()
        .with(Auroc::binary().from_logits().confidence_interval(0.95))
        .with(PrecisionRecallCurve::binary().from_logits())
        .with_named(
            "best",
            SpecificityAtSensitivity::binary(wanted).from_logits(),
        );
    curves.update((logits, infected))?;
    let values = curves.compute()?;
    println!("AUROC {}\n", values.report("AUROC (95% interval)")?);

    let curve: &PrCurve = values.get("Precision-recall curve")?;
    let best: &AtThreshold = values.get("best")?;
    println!("threshold  recall  precision");
    for recall in [0.2, 0.4, 0.6, 0.8] {
        // Recall falls as the threshold rises: the last point that still reaches it.
        let reaches = |at: &usize| curve.recall[*at] >= recall;
        if let Some(at) = (0..curve.thresholds.len()).rev().find(reaches) {
            let (recall, precision) = (curve.recall[at], curve.precision[at]);
            println!(
                "{:9.4}  {recall:6.3}  {precision:9.3}",
                curve.thresholds[at]
            );
        }
    }
    // The curve counts scores that are not below its threshold, a prediction those above its own.
    Ok(best.threshold.next_down())
}

/// Prints what a threshold does to the patients of the test, in numbers and in words.
fn report(logits: Tensor<1>, infected: Tensor<1, Int>, threshold: f64) -> Result<()> {
    let mut metrics = Collection::new()
        .with_named(
            "Accuracy",
            Accuracy::binary().from_logits().threshold(threshold),
        )
        .with_named(
            "Precision",
            Precision::binary().from_logits().threshold(threshold),
        )
        .with_named(
            "Recall",
            Recall::binary().from_logits().threshold(threshold),
        )
        .with_named(
            "Confusion matrix",
            ConfusionMatrix::binary().from_logits().threshold(threshold),
        );
    metrics.update((logits, infected))?;
    let values = metrics.compute()?;
    println!("{values}");

    let confusion: &Confusion = values.get("Confusion matrix")?;
    let [found, missed] = [confusion.count(1, 1), confusion.count(1, 0)];
    let [cleared, alarmed] = [confusion.count(0, 0), confusion.count(0, 1)];
    let (infected, healthy) = (found + missed, cleared + alarmed);
    let accuracy = 100.0 * values.number("Accuracy")?;
    let of_nothing = 100.0 * healthy / (healthy + infected);
    println!(
        "\
It is right about {accuracy:.1} % of the patients; a test that calls everybody healthy, about {of_nothing:.1} %.
Of the {infected} who are infected it finds {found} and sends {missed} home.
Of the {healthy} who are not, it alarms {alarmed}."
    );
    Ok(())
}

fn main() -> Result<()> {
    let device = Device::flex();
    device.seed(SEED);
    let cohort = Cohort::draw(PATIENTS, &device);
    let training = cohort.patients(0, 3000);
    let validation = cohort.patients(3000, 5000);
    let test = cohort.patients(5000, PATIENTS);

    println!("== Training on 3000 patients\n");
    let autodiff = device.autodiff();
    let model = train(&training.on(&autodiff), &autodiff)?;

    println!("\n== Test on 5000 others: infected if the probability is above 0.5\n");
    let logits = model.forward(test.features);
    report(logits.clone(), test.infected.clone(), 0.5)?;

    println!("\n== The curves of 2000 patients kept apart, to where 8 of 10 infected are found\n");
    let threshold = pick_threshold(model.forward(validation.features), validation.infected, 0.8)?;

    println!("\n== The same test: infected if the probability is above {threshold:.4}\n");
    report(logits, test.infected, threshold)?;

    println!(
        "\n\
Accuracy counts every patient the same, and the infected are so few that it hardly sees them.
Recall looks at nobody else; precision says what the lower threshold costs."
    );
    Ok(())
}
