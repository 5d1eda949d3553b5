use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt, fs,
    path::Path,
    sync::Arc,
};

use hotcoco::{
    COCO,
    types::{Annotation, Dataset, Image, Rle},
};
use serde_json::{Value as Json, json};

use super::{
    Boxes, DetectionInput, Detections, Frequency, GroundTruth, Mask, Similarity,
    geometry::Outlines,
    objects::{Keypoints, Shapes},
};
use crate::{MetricError, Result};

/// The images, categories and true objects of a file in COCO's format, such as `instances_val2017.json`.
///
/// Objects may have boxes, masks (polygons or run-length encoded), keypoints, areas and crowd flags. LVIS files also
/// say which classes were searched for and how frequent they are.
///
/// It needs the feature `coco`, which uses the crate `hotcoco`.
///
/// # Example
///
/// ```
/// use burn_metrics::detection::CocoDataset;
/// use burn_metrics::prelude::*;
///
/// let dataset = CocoDataset::from_json(r#"{
///     "images": [{"id": 17, "height": 100, "width": 100}],
///     "categories": [{"id": 3, "name": "car"}],
///     "annotations": [{"id": 1, "image_id": 17, "category_id": 3, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}]
/// }"#)?;
/// let results = r#"[{"image_id": 17, "category_id": 3, "bbox": [10, 20, 30, 40], "score": 0.9}]"#;
/// let scores = MeanAveragePrecision::new().evaluate(dataset.with_results(results)?)?;
/// assert!((scores.map - 1.0).abs() < 1e-12);
/// # Ok::<(), burn_metrics::MetricError>(())
/// ```
pub struct CocoDataset {
    coco: COCO,
    /// Whether images say which classes were searched for.
    is_federated: bool,
}

impl fmt::Debug for CocoDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CocoDataset")
            .field("is_federated", &self.is_federated)
            .finish_non_exhaustive()
    }
}

/// A batch in COCO's format: see [`DetectionInput::to_coco`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CocoFiles {
    /// The ground truth: images, categories and true objects.
    pub ground_truth: String,
    /// The results: detections.
    pub results: String,
}

fn wrong(path: impl Into<String>, message: impl ToString) -> MetricError {
    MetricError::Description {
        path: path.into(),
        message: message.to_string(),
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| MetricError::File {
        path: path.to_owned(),
        source: Arc::new(error),
    })
}

impl CocoDataset {
    /// Reads the text of a file of ground truth.
    ///
    /// # Errors
    ///
    /// [`MetricError::Description`].
    pub fn from_json(json: &str) -> Result<Self> {
        let dataset: Dataset =
            serde_json::from_str(json).map_err(|error| wrong("ground truth", error))?;
        let has_lists = |image: &Image| {
            !image.neg_category_ids.is_empty() || !image.not_exhaustive_category_ids.is_empty()
        };
        let is_federated = dataset.images.iter().any(has_lists)
            || dataset
                .categories
                .iter()
                .any(|category| category.frequency.is_some());
        Ok(Self {
            coco: COCO::from_dataset(dataset),
            is_federated,
        })
    }

    /// Reads a file of ground truth.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`] and [`MetricError::Description`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_json(&read(path.as_ref())?)
    }

    /// The labels of the categories and their names.
    pub fn categories(&self) -> impl Iterator<Item = (i64, &str)> {
        let categories = self.coco.dataset.categories.iter();
        categories.map(|category| (category.id as i64, category.name.as_str()))
    }

    /// The frequencies of the categories, if the file has them, for
    /// [`LvisAveragePrecision`](super::LvisAveragePrecision).
    pub fn frequencies(&self) -> impl Iterator<Item = (i64, Frequency)> {
        let categories = self.coco.dataset.categories.iter();
        categories.filter_map(|category| {
            let frequency = match category.frequency.as_deref()? {
                "r" => Frequency::Rare,
                "c" => Frequency::Common,
                "f" => Frequency::Frequent,
                _ => return None,
            };
            Some((category.id as i64, frequency))
        })
    }

    /// Adds the detections of the text of a results file.
    ///
    /// The objects have the forms that the results have: boxes, masks or keypoints. As in pycocotools, results without
    /// a box have that of their mask.
    ///
    /// # Errors
    ///
    /// [`MetricError::Description`], which names the entry.
    pub fn with_results(&self, json: &str) -> Result<DetectionInput> {
        let results: Vec<Annotation> =
            serde_json::from_str(json).map_err(|error| wrong("results", error))?;
        let forms = Forms {
            masks: results.iter().any(|result| result.segmentation.is_some()),
            keypoints: results.iter().any(|result| result.keypoints.is_some()),
        };
        let mut by_image: HashMap<u64, [Vec<(usize, &Annotation)>; 2]> = HashMap::new();
        let images = &self.coco.dataset.images;
        images.iter().for_each(|image| {
            by_image.insert(image.id, Default::default());
        });
        let lists = [&self.coco.dataset.annotations, &results];
        for (side, (list, file)) in lists
            .into_iter()
            .zip(["annotations", "results"])
            .enumerate()
        {
            for (at, entry) in list.iter().enumerate() {
                let image = by_image.get_mut(&entry.image_id).ok_or_else(|| {
                    let message = format!("no image has the id {}", entry.image_id);
                    wrong(format!("{file}[{at}].image_id"), message)
                })?;
                image[side].push((at, entry));
            }
        }
        let images = images.iter().map(|image| {
            let [truth, found] = by_image.remove(&image.id).unwrap_or_default();
            let found = self.detections(&found, forms)?;
            Ok((found, self.truth(image, &truth, forms)?))
        });
        images.collect::<Result<Vec<_>>>().map(DetectionInput::from)
    }

    /// Adds the detections of a results file.
    ///
    /// # Errors
    ///
    /// [`MetricError::File`] and [`MetricError::Description`].
    pub fn with_results_of(&self, path: impl AsRef<Path>) -> Result<DetectionInput> {
        self.with_results(&read(path.as_ref())?)
    }

    fn detections(&self, entries: &[(usize, &Annotation)], forms: Forms) -> Result<Detections> {
        let scores = entries.iter().map(|(at, entry)| {
            entry
                .score
                .ok_or_else(|| wrong(format!("results[{at}].score"), "it is missing"))
        });
        let scores: Vec<f64> = scores.collect::<Result<_>>()?;
        let labels = labels(entries);
        let mut found = match forms.keypoints {
            true => Detections::of_keypoints(keypoints(entries, "results")?, scores, labels),
            false => Detections::new(self.boxes(entries, "results")?, scores, labels),
        };
        if forms.masks {
            found = found.masks(self.masks(entries, "results")?);
        }
        Ok(found)
    }

    fn truth(
        &self,
        image: &Image,
        entries: &[(usize, &Annotation)],
        forms: Forms,
    ) -> Result<GroundTruth> {
        let areas: Vec<f64> = entries
            .iter()
            .map(|(_, entry)| entry.area.unwrap_or(0.0))
            .collect();
        let crowd: Vec<bool> = entries.iter().map(|(_, entry)| entry.iscrowd).collect();
        let boxes = self.boxes(entries, "annotations")?;
        let mut truth = match forms.keypoints {
            true => {
                let keypoints = keypoints(entries, "annotations")?;
                GroundTruth::of_keypoints(keypoints, areas, labels(entries)).boxes(boxes)
            }
            false => GroundTruth::new(boxes, labels(entries)).area(areas),
        };
        if forms.masks {
            truth = truth.masks(self.masks(entries, "annotations")?);
        }
        if self.is_federated {
            let ids = |ids: &[u64]| ids.iter().map(|id| *id as i64).collect::<Vec<_>>();
            truth = truth.federated(
                ids(&image.neg_category_ids),
                ids(&image.not_exhaustive_category_ids),
            );
        }
        Ok(truth.crowd(crowd).image_id(image.id as i64))
    }

    /// The boxes of entries, or those around their masks.
    fn boxes(&self, entries: &[(usize, &Annotation)], file: &str) -> Result<Boxes> {
        let boxes = entries.iter().map(|(at, entry)| {
            let of_mask = || Some(hotcoco::mask::to_bbox(&self.coco.ann_to_rle(entry)?));
            let found = entry.bbox.or_else(of_mask);
            found.ok_or_else(|| wrong(format!("{file}[{at}].bbox"), "it is missing"))
        });
        Ok(Boxes::xywh(boxes.collect::<Result<Vec<_>>>()?))
    }

    fn masks(&self, entries: &[(usize, &Annotation)], file: &str) -> Result<Vec<Mask>> {
        let masks = entries.iter().map(|(at, entry)| {
            let path = || format!("{file}[{at}].segmentation");
            let rle = entry
                .segmentation
                .as_ref()
                .and_then(|_| self.coco.ann_to_rle(entry));
            let Rle { h, w, counts } =
                rle.ok_or_else(|| wrong(path(), "it is not a mask of the image"))?;
            Mask::from_runs(h, w, counts).map_err(|error| wrong(path(), error))
        });
        masks.collect()
    }
}

/// Which forms the detections of a file have, besides boxes.
#[derive(Clone, Copy)]
struct Forms {
    masks: bool,
    keypoints: bool,
}

fn labels(entries: &[(usize, &Annotation)]) -> Vec<i64> {
    entries
        .iter()
        .map(|(_, entry)| entry.category_id as i64)
        .collect()
}

fn keypoints(entries: &[(usize, &Annotation)], file: &str) -> Result<Keypoints> {
    let mut numbers: Vec<f64> = Vec::new();
    let mut width = None;
    for (at, entry) in entries {
        let own = entry.keypoints.as_deref().unwrap_or_default();
        let expected = *width.get_or_insert(own.len());
        if own.is_empty() || own.len() % 3 != 0 || own.len() != expected {
            let got = own.len();
            let message = if got == expected {
                format!("expected three numbers per keypoint, got {got} numbers")
            } else {
                format!(
                    "expected {expected} numbers, as in the first entry of the image, got {got}"
                )
            };
            return Err(wrong(format!("{file}[{at}].keypoints"), message));
        }
        numbers.extend(own);
    }
    Ok(Keypoints::flat(numbers, entries.len()))
}

impl DetectionInput {
    /// Converts the batch to COCO's format: its boxes, and its masks if it has any. Waits for devices.
    ///
    /// Images without an id get the numbers from 1 that are not the id of another image.
    ///
    /// # Errors
    ///
    /// [`MetricError::Sample`], also for objects with neither boxes nor masks, and [`MetricError::Device`].
    ///
    /// # Example
    ///
    /// ```
    /// use burn_metrics::detection::CocoDataset;
    /// use burn_metrics::prelude::*;
    ///
    /// let found = Detections::new([[10.0, 20.0, 40.0, 60.0]], [0.9], [3]);
    /// let truth = GroundTruth::new([[10.0, 20.0, 40.0, 60.0]], [3]);
    /// let files = DetectionInput::from((found, truth)).to_coco()?;
    /// let same = CocoDataset::from_json(&files.ground_truth)?.with_results(&files.results)?;
    /// assert!((MeanAveragePrecision::new().evaluate(same)?.map - 1.0).abs() < 1e-12);
    /// # Ok::<(), burn_metrics::MetricError>(())
    /// ```
    pub fn to_coco(&self) -> Result<CocoFiles> {
        let any = |has: &dyn Fn(&Shapes) -> bool| {
            let mut images = self.images().iter();
            images.any(|(found, truth)| has(&found.shapes) || has(&truth.shapes))
        };
        let has_masks = any(&|shapes: &Shapes| shapes.masks.is_some());
        // Without masks there must be boxes: other forms are an error.
        let has_boxes = !has_masks || any(&|shapes: &Shapes| shapes.boxes.is_some());
        let read = |similarity| self.read_now(&similarity, true, |images| images);
        let forms = [
            has_boxes.then(|| read(Similarity::Boxes)).transpose()?,
            has_masks.then(|| read(Similarity::Masks)).transpose()?,
        ];
        let [mut images, mut annotations, mut results] = [const { Vec::new() }; 3];
        let mut categories = BTreeSet::new();
        let first = forms.iter().flatten().next();
        let first = first.map_or(&[][..], Vec::as_slice);
        let given: HashSet<i64> = first.iter().filter_map(|image| image.id).collect();
        let mut free = (1i64..).filter(|id| !given.contains(id));
        for (place, image) in first.iter().enumerate() {
            let id = image.id.or_else(|| free.next()).unwrap_or_default();
            let masks = forms[1].as_ref().map(|images| &images[place]);
            let size = masks.and_then(|image| {
                let outlines = [&image.found.outlines, &image.truth.outlines];
                outlines.into_iter().find_map(|outlines| match outlines {
                    Outlines::Masks(masks) => masks.first().map(Mask::size),
                    _ => None,
                })
            });
            let [height, width] = size.unwrap_or_default();
            images.push(json!({"id": id, "height": height, "width": width}));
            let places = [image.found.labels.len(), image.truth.labels.len()];
            for at in 0..places[0] {
                let outlines = forms
                    .each_ref()
                    .map(|form| Some(&form.as_ref()?[place].found.outlines));
                let mut entry = outline(outlines, at);
                entry["image_id"] = id.into();
                entry["category_id"] = image.found.labels[at].into();
                entry["score"] = image.scores[at].into();
                categories.insert(image.found.labels[at]);
                results.push(entry);
            }
            for at in 0..places[1] {
                let outlines = forms
                    .each_ref()
                    .map(|form| Some(&form.as_ref()?[place].truth.outlines));
                let mut entry = outline(outlines, at);
                entry["id"] = (annotations.len() + 1).into();
                entry["image_id"] = id.into();
                entry["category_id"] = image.truth.labels[at].into();
                // The area of the mask, if there is one.
                entry["area"] = masks.unwrap_or(image).truth.areas[at].into();
                entry["iscrowd"] = i64::from(image.is_crowd[at]).into();
                categories.insert(image.truth.labels[at]);
                annotations.push(entry);
            }
        }
        let categories: Vec<Json> = categories
            .into_iter()
            .map(|label| json!({"id": label, "name": label.to_string()}))
            .collect();
        let ground_truth = json!({
            "images": images,
            "annotations": annotations,
            "categories": categories,
        });
        Ok(CocoFiles {
            ground_truth: ground_truth.to_string(),
            results: Json::from(results).to_string(),
        })
    }
}

/// The box and the mask of an object, as far as there are any.
fn outline(outlines: [Option<&Outlines>; 2], at: usize) -> Json {
    let mut entry = json!({});
    for outlines in outlines.into_iter().flatten() {
        match outlines {
            Outlines::Boxes(boxes) => entry["bbox"] = json!(boxes[at]),
            Outlines::Masks(masks) => {
                let [h, w] = masks[at].size();
                let counts = masks[at].runs().to_vec();
                let counts = hotcoco::mask::rle_to_string(&Rle { h, w, counts });
                entry["segmentation"] = json!({"size": [h, w], "counts": counts});
            }
            _ => {}
        }
    }
    entry
}
