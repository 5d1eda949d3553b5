//! The loader of the files in `tests/golden/`, whose README describes their format.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, fs,
    sync::{Arc, Mutex},
};

use burn::tensor::{Bool, DType, Device, Int, Tensor, TensorData};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value as Json;

#[derive(Deserialize)]
struct File {
    inputs: HashMap<String, Input>,
    cases: Vec<Case>,
}

/// The cases of a domain.
pub fn read(domain: &str) -> Vec<Case> {
    let path = format!("{}/tests/golden/{domain}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).expect("golden numbers are part of the repository");
    let file: File = serde_json::from_str(&text).expect("the format of tests/golden/README.md");
    let mut inputs = HashMap::new();
    for (name, input) in file.inputs {
        inputs.insert((name.clone(), false), Arc::new(input.without_weights()));
        inputs.insert((name, true), Arc::new(input));
    }
    let mut cases = file.cases;
    for case in &mut cases {
        if let Some(name) = case.name.clone() {
            let weighted = case.flag("weighted");
            case.input = inputs[&(name, weighted)].clone();
        }
    }
    cases
}

/// One number that a reference computed, or several.
#[derive(Deserialize)]
pub struct Case {
    pub metric: String,
    /// The name of the input.
    #[serde(rename = "input")]
    pub name: Option<String>,
    /// The input, without its weights if the case is not weighted.
    #[serde(skip)]
    pub input: Arc<Input>,
    options: BTreeMap<String, Json>,
    /// The options that were asked for.
    #[serde(skip)]
    asked: Mutex<BTreeSet<String>>,
    pub value: Numbers,
    pub right: Option<Numbers>,
    pub reference: String,
    #[serde(default)]
    pub oddity: String,
    #[serde(default)]
    pub tolerance: f64,
}

impl Case {
    /// An option, as JSON.
    pub fn option(&self, name: &str) -> Option<&Json> {
        self.asked.lock().unwrap().insert(name.to_owned());
        self.options.get(name)
    }

    /// An option that is a number or a list of numbers.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let Numbers(numbers) = Numbers::deserialize(self.option(name)?).expect("numbers");
        Some(numbers)
    }

    /// An option that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers(name).map(|numbers| numbers[0])
    }

    /// An option that is a whole number.
    pub fn count(&self, name: &str) -> Option<usize> {
        self.number(name).map(|number| number as usize)
    }

    /// An option that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.option(name)?.as_str()
    }

    /// An option that is false where it is missing.
    pub fn flag(&self, name: &str) -> bool {
        self.option(name).is_some_and(|value| value == true)
    }

    /// The options that nothing has asked for, so that the value cannot depend on them.
    pub fn unread(&self) -> Vec<&str> {
        let asked = self.asked.lock().unwrap();
        let names = self.options.keys().map(String::as_str);
        names.filter(|name| !asked.contains(*name)).collect()
    }

    /// The metric and its options.
    pub fn configuration(&self) -> String {
        let options = serde_json::to_string(&self.options).expect("options are JSON");
        format!("{} {options}", self.metric)
    }

    /// The name of the input, or nothing.
    pub fn input_name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Whether all elements are ignored, or have a weight of 0: then we have no value, whatever the reference has.
    pub fn counts_nothing(&self) -> bool {
        let index = self.options.get("ignore_index").and_then(Json::as_i64);
        let target = self
            .input
            .find("target")
            .filter(|target| !target.is_float());
        let ignored = index.zip(target).is_some_and(|(index, target)| {
            let labels = target.integers();
            !labels.is_empty() && labels.iter().all(|label| *label == index)
        });
        let weights = self.input.find("weights");
        let none = |weights: &Array| weights.numbers().iter().all(|weight| *weight == 0.0);
        ignored || weights.is_some_and(none)
    }

    /// The number of samples of the input.
    pub fn samples(&self) -> usize {
        self.input.find("preds").map_or(0, |preds| preds.shape[0])
    }

    /// Whether the value has one number per sample, in the order of samples.
    pub fn samplewise(&self) -> bool {
        let is = |name: &str, value: Json| self.options.get(name) == Some(&value);
        is("multidim", "samplewise".into())
            || is("reduction", "none".into())
            || is("keep_sequence_dim", 0.into())
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (configuration, input) = (self.configuration(), self.input_name());
        write!(f, "{configuration} of {input}, by {}", self.reference)?;
        match self.oddity.as_str() {
            "" => Ok(()),
            oddity => write!(f, " ({oddity})"),
        }
    }
}

/// All numbers of a JSON value in the order of the file, where some are strings: `"nan"`.
#[derive(Debug, Clone, Default)]
pub struct Numbers(pub Vec<f64>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number, or lists or objects of numbers")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Numbers, E> {
        Ok(Numbers(vec![number]))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Numbers, E> {
        Ok(Numbers(vec![number as f64]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Numbers, E> {
        Ok(Numbers(vec![number as f64]))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Numbers, E> {
        text.parse().map(|n| Numbers(vec![n])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
        let mut all = Vec::new();
        while let Some(Numbers(numbers)) = list.next_element()? {
            all.extend(numbers);
        }
        Ok(Numbers(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Numbers, A::Error> {
        let mut all = Vec::new();
        while let Some((_, Numbers(numbers))) = fields.next_entry::<String, _>()? {
            all.extend(numbers);
        }
        Ok(Numbers(all))
    }
}

/// The tensors of an input by name.
#[derive(Deserialize, Default)]
pub struct Input(BTreeMap<String, Array>);

impl Input {
    /// The same with other weights, of which the last is `last`.
    pub fn with_weights(&self, others: f64, last: f64) -> Self {
        let mut input = Self(self.0.clone());
        for (name, array) in &mut input.0 {
            if name.ends_with("weights") {
                array.fill(others, last);
            }
        }
        input
    }

    /// Whether it has weights.
    pub fn is_weighted(&self) -> bool {
        self.0.keys().any(|name| name.ends_with("weights"))
    }

    pub fn find(&self, name: &str) -> Option<&Array> {
        self.0.get(name)
    }

    /// A tensor that must be there.
    pub fn tensor(&self, name: &str) -> &Array {
        self.find(name)
            .unwrap_or_else(|| panic!("no tensor {name}"))
    }

    pub fn preds(&self) -> &Array {
        self.tensor("preds")
    }

    pub fn target(&self) -> &Array {
        self.tensor("target")
    }

    /// Whether any tensor is of `f64`, which not every device has.
    pub fn is_double(&self) -> bool {
        self.0.values().any(|array| array.dtype == "float64")
    }

    fn without_weights(&self) -> Self {
        let others = self.0.iter().filter(|(name, _)| !name.ends_with("weights"));
        Self(
            others
                .map(|(name, array)| (name.clone(), array.clone()))
                .collect(),
        )
    }

    /// The samples from `from` to `to`, and the same share of tensors that have another length.
    ///
    /// A tensor `a.b` has as many rows per sample as the tensor `a` says.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let samples = self.preds().shape[0];
        let share = |(name, array): (&String, &Array)| {
            let rows = array.shape[0];
            let part = match name.split_once('.') {
                None => array.part(from * rows / samples, to * rows / samples),
                Some((counts, _)) => {
                    let counts = self.tensor(counts).integers();
                    let start = |sample: usize| counts[..sample].iter().sum::<i64>() as usize;
                    array.part(start(from), start(to))
                }
            };
            (name.clone(), part)
        };
        Self(self.0.iter().map(share).collect())
    }
}

/// The data of a tensor.
#[derive(Deserialize, Clone)]
pub struct Array {
    pub dtype: String,
    pub shape: Vec<usize>,
    data: Vec<Json>,
}

impl Array {
    pub fn is_float(&self) -> bool {
        self.dtype.starts_with("float")
    }

    /// Replaces all elements, the last by another number.
    fn fill(&mut self, others: f64, last: f64) {
        let json = |number: f64| match number.is_finite() {
            true => Json::from(number),
            false => Json::from(number.to_string()),
        };
        self.data.fill(json(others));
        if let Some(element) = self.data.last_mut() {
            *element = json(last);
        }
    }

    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The rows from `from` to `to`.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let row: usize = self.shape[1..].iter().product();
        let mut shape = self.shape.clone();
        shape[0] = to - from;
        Self {
            dtype: self.dtype.clone(),
            shape,
            data: self.data[from * row..to * row].to_vec(),
        }
    }

    /// All elements as numbers, in row-major order.
    pub fn numbers(&self) -> Vec<f64> {
        let number = |json: &Json| match json {
            Json::String(text) => text.parse().expect("nan or inf"),
            json => json.as_f64().expect("a number"),
        };
        self.data.iter().map(number).collect()
    }

    /// All elements as whole numbers, in row-major order.
    pub fn integers(&self) -> Vec<i64> {
        let number = |json: &Json| json.as_i64().expect("a whole number");
        self.data.iter().map(number).collect()
    }

    /// All elements as truth values, in row-major order.
    pub fn bools(&self) -> Vec<bool> {
        let truth = |json: &Json| json.as_bool().expect("true or false");
        self.data.iter().map(truth).collect()
    }

    /// All elements as strings, in row-major order; none fills up a shorter list.
    pub fn strings(&self) -> Vec<Option<&str>> {
        self.data.iter().map(Json::as_str).collect()
    }

    /// A tensor of `f64` if the data is, and of `f32` otherwise.
    pub fn floats<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let data = TensorData::new(self.numbers(), self.shape.clone());
        match self.dtype.as_str() {
            "float64" => Tensor::from_data(data, (device, DType::F64)),
            _ => Tensor::from_data(data.convert::<f32>(), (device, DType::F32)),
        }
    }

    pub fn masks<const D: usize>(&self, device: &Device) -> Tensor<D, Bool> {
        Tensor::from_data(TensorData::new(self.bools(), self.shape.clone()), device)
    }

    pub fn ints<const D: usize>(&self, device: &Device) -> Tensor<D, Int> {
        Tensor::from_data(TensorData::new(self.integers(), self.shape.clone()), device)
    }
}
