//! Queries in several batches, lists and files, ties, bad input, names.

use std::collections::BTreeSet;

use burn::tensor::{DType, Device, Int, Tensor};
use burn_metrics::{prelude::*, retrieval::TrecQrels, retrieval::TrecRun};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::common::{Names, devices};

type Documents = (Tensor<1>, Tensor<1, Int>, Tensor<1, Int>);

fn documents(list: &[(f32, i64, i64)], device: &Device) -> Documents {
    let scores: Vec<f32> = list.iter().map(|d| d.0).collect();
    let grades: Vec<i64> = list.iter().map(|d| d.1).collect();
    let queries: Vec<i64> = list.iter().map(|d| d.2).collect();
    (
        Tensor::from_floats(scores.as_slice(), device),
        Tensor::from_data(grades.as_slice(), (device, DType::I64)),
        Tensor::from_data(queries.as_slice(), (device, DType::I64)),
    )
}

/// Scores with ties, grades from 0 to 3 and queries of several sizes.
fn many() -> Vec<(f32, i64, i64)> {
    let document = |i: i64| ((i * 7919 % 23) as f32, (i * 31 % 11 - 7).max(0), i * i % 13);
    (0..400).map(document).collect()
}

fn metrics() -> Collection<RetrievalInput> {
    Collection::new()
        .with(RetrievalMAP::new())
        .with(RetrievalMRR::new())
        .with(RetrievalNormalizedDCG::new().top_k(5))
        .with(RetrievalAUROC::new())
        .with(RetrievalFallOut::new().top_k(5))
        .with(RetrievalHitRate::new().top_k(5))
        .with(ExpectedReciprocalRank::new(3.0))
        .with(RetrievalPrecisionRecallCurve::new(5))
}

/// Numbers to 12 digits.
fn values(metrics: &mut Collection<RetrievalInput>) -> Vec<String> {
    let values = metrics.compute().unwrap();
    let numbers = values.numbers();
    numbers
        .map(|(name, number)| format!("{name}: {number:.12}"))
        .collect()
}

#[test]
fn values_depend_neither_on_the_order_of_documents_nor_on_batches_or_devices() {
    for (_, device) in devices() {
        let mut whole = metrics();
        whole.update(documents(&many(), &device)).unwrap();
        let expected = values(&mut whole);
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..3 {
            let mut list = many();
            list.shuffle(&mut random);
            let mut shuffled = metrics();
            assert_eq!(shuffled.states(), 1, "one state for all metrics");
            for part in list.chunks(90) {
                let mut other = metrics();
                other.update(documents(part, &device)).unwrap();
                shuffled.merge(other).unwrap();
                shuffled.compute().unwrap();
            }
            assert_eq!(values(&mut shuffled), expected);
        }
    }
}

#[test]
fn rows_are_queries_and_complete_queries_have_the_same_values() {
    let device = Device::flex();
    let scores = Tensor::<2>::from_floats([[0.9, 0.5, 0.5, 0.1], [0.2, 0.3, 0.4, 0.4]], &device);
    let grades = Tensor::<2, Int>::from_ints([[0, 2, 0, 1], [1, 0, 0, 3]], &device);
    let rows = (scores.clone(), grades.clone());
    let ids = Tensor::<1, Int>::from_ints([0, 0, 0, 0, 1, 1, 1, 1], &device);
    let listed = (scores.flatten(0, 1), grades.flatten(0, 1), ids);

    let ndcg = RetrievalNormalizedDCG::new().per_query();
    let of_rows = ndcg.evaluate(rows.clone()).unwrap();
    assert_eq!(of_rows, ndcg.evaluate(listed.clone()).unwrap());
    let complete = ndcg.complete_queries();
    assert_eq!(of_rows, complete.evaluate(rows).unwrap());
    assert_eq!(of_rows, complete.evaluate(listed).unwrap());
}

#[test]
fn a_query_without_documents_does_not_count() {
    let device = Device::flex();
    let scores = Tensor::<2>::from_floats([[0.9, 0.5], [0.2, 0.3]], &device);
    let grades = Tensor::<2, Int>::from_ints([[0, 1], [1, 0]], &device);
    let mask = Tensor::<2, Int>::from_ints([[1, 1], [0, 0]], &device).bool();
    let precision = RetrievalPrecision::new();
    let masked = precision.evaluate((scores.clone(), grades.clone(), mask.clone()));
    assert_eq!(masked.unwrap(), 0.5);
    let nothing = precision.evaluate((scores, grades, mask.zeros_like()));
    assert!(matches!(nothing, Err(MetricError::Empty { .. })));
}

#[cfg(feature = "autodiff")]
#[test]
fn batches_of_autodiff_devices_are_read_at_once() {
    let device = Device::flex().autodiff();
    let mut accumulator = RetrievalMAP::new().accumulator();
    let batch = documents(&[(f32::NAN, 0, 3), (0.5, 1, 3)], &device);
    assert!(accumulator.update(batch).is_err());
    let mut coverage = CatalogCoverage::new(5).accumulator();
    let items = Tensor::<2, Int>::from_ints([[5]], &device);
    assert!(coverage.update(items).is_err());
}

/// The binomial coefficients of 2000 documents overflow.
#[test]
fn thousands_of_equal_scores_have_exact_probabilities() {
    let device = Device::flex();
    let batch = |relevant: i64| {
        let list: Vec<_> = (0..2000)
            .map(|i| (0.5, i64::from(i < relevant), 0))
            .collect();
        documents(&list, &device)
    };
    let near = |got: f64, expected: f64| {
        assert!((got - expected).abs() < 1e-12, "{got} {expected}");
    };
    let hit_rate = RetrievalHitRate::new().top_k(500);
    near(hit_rate.evaluate(batch(1)).unwrap(), 0.25);
    let no_hit = 1500.0 / 2000.0 * 1499.0 / 1999.0;
    near(hit_rate.evaluate(batch(2)).unwrap(), 1.0 - no_hit);
    assert_eq!(hit_rate.evaluate(batch(1501)).unwrap(), 1.0);

    let map = RetrievalMAP::new().top_k(500);
    let map = map.divided_by(MapDivisor::RelevantInTopK);
    let precisions: f64 = (1..=500).map(|rank| 1.0 / f64::from(rank)).sum();
    near(map.evaluate(batch(1)).unwrap(), precisions / 2000.0);
}

#[test]
fn runs_are_ranked_as_by_trec_eval() {
    let mrr =
        |run: &TrecRun, qrels: &TrecQrels| RetrievalMRR::new().evaluate((run, qrels)).unwrap();
    // Both zeros are equal, so the name decides.
    let zeros: TrecRun = "q Q0 a 1 0.0 x\nq Q0 b 2 -0.0 x".parse().unwrap();
    assert_eq!(mrr(&zeros, &"q 0 b 1".parse().unwrap()), 1.0);
    // A document with a negative grade has not been judged.
    let run: TrecRun = "q Q0 a 1 0.9 x\nq Q0 b 2 0.5 x".parse().unwrap();
    let qrels: TrecQrels = "q 0 a -1\nq 0 b 1".parse().unwrap();
    assert_eq!(mrr(&run, &qrels), 0.5);
    assert_eq!(mrr(&run.judged(&qrels), &qrels), 1.0);

    let infinite = "q 0 a inf".parse::<TrecQrels>().unwrap_err();
    assert!(
        infinite.to_string().contains("a finite grade"),
        "{infinite}"
    );
}

#[test]
fn several_cutoffs_are_limited_and_have_no_single_interval() {
    let device = Device::flex();
    let batch = || documents(&[(0.9, 0, 1), (0.5, 1, 1), (0.9, 1, 2)], &device);
    let recall = RetrievalRecall::new().top_k(1).per_query();
    let recalls = recall.evaluate(batch()).unwrap();
    assert_eq!(recalls, [0.0, 1.0]);
    assert!(recalls[0].is_sign_positive());

    let mean = RetrievalRecall::new().at([1, 2]).complete_queries().mean();
    let interval = mean.confidence_interval(0.95).evaluate(batch());
    assert!(matches!(interval, Err(MetricError::Config { .. })));
    let curve = RetrievalPrecisionRecallCurve::new(usize::MAX);
    assert!(matches!(
        curve.evaluate(batch()),
        Err(MetricError::Config { .. })
    ));
    let complete = curve.complete_queries().evaluate(batch());
    assert!(matches!(complete, Err(MetricError::Config { .. })));
}

#[test]
fn an_item_of_a_list_may_be_any_type_and_relevant_items_may_be_missing() {
    let users = [(vec!["a", "b", "c"], vec!["c", "x"]), (vec![], vec!["a"])];
    let recall = RetrievalRecall::new().per_query();
    let recalls = recall.evaluate(RetrievalInput::from_lists(users)).unwrap();
    assert_eq!(recalls, [0.5, 0.0]);
}

#[test]
fn catalog_coverage_counts_items_once() {
    for (_, device) in devices() {
        let coverage = CatalogCoverage::new(200).ignore_index(-1);
        let mut accumulator = coverage.accumulator();
        for items in [[[0, 199], [-1, 0]], [[64, 63], [199, -1]]] {
            let items = Tensor::<2, Int>::from_ints(items, &device);
            accumulator.update(items).unwrap();
        }
        assert_eq!(accumulator.compute().unwrap(), 4.0 / 200.0);
        let saved = accumulator.to_bytes().unwrap();
        let mut smaller = CatalogCoverage::new(199).ignore_index(-1).accumulator();
        assert!(smaller.restore_bytes(&saved).is_err());
    }
}

#[test]
fn errors_say_which_document_is_wrong_and_count_nothing() {
    let device = Device::flex();
    let scores = |last: f32| Tensor::<2>::from_floats([[0.9, 0.5], [0.2, last]], &device);
    let grades = |last: i32| Tensor::<2, Int>::from_ints([[0, 1], [1, last]], &device);
    let mut errors = Vec::new();
    for metrics in [
        Collection::from(RetrievalMAP::new()),
        Collection::from(RetrievalMAP::new().complete_queries()),
    ] {
        let mut metrics: Collection<RetrievalInput> = metrics;
        let mut refuse = |batch: RetrievalInput| {
            let before = metrics.to_bytes().unwrap();
            errors.push(metrics.update(batch).unwrap_err().to_string());
            assert_eq!(metrics.to_bytes().unwrap(), before);
        };
        refuse((scores(f32::NAN), grades(0)).into());
        refuse((scores(0.1), grades(-1)).into());
        let narrow = Tensor::<2, Int>::from_ints([[0], [1]], &device);
        refuse((scores(0.1), narrow).into());
        refuse(documents(&[(0.5, 1, 3), (f32::NAN, 0, 3)], &device).into());
        refuse(RetrievalInput::from_lists([(vec![1, 2, 1], vec![1])]));
        refuse(RetrievalInput::from_graded_lists([(
            vec![1],
            vec![(2, -1.0)],
        )]));
    }
    let mut refuse = |error: MetricError| errors.push(error.to_string());
    refuse(
        "q1 Q0 d1 1 0.5 x\nq1 Q0 d1 2 0.4 x"
            .parse::<TrecRun>()
            .unwrap_err(),
    );
    refuse("q1 Q0 d1 0.5 x".parse::<TrecRun>().unwrap_err());
    refuse("q1 0 d1 good".parse::<TrecQrels>().unwrap_err());
    let batch = || (scores(0.1), grades(0));
    refuse(RetrievalMAP::new().top_k(0).evaluate(batch()).unwrap_err());
    refuse(RetrievalMAP::new().at([]).evaluate(batch()).unwrap_err());
    refuse(
        RetrievalMAP::new()
            .relevance_level(0.0)
            .evaluate(batch())
            .unwrap_err(),
    );
    refuse(
        RetrievalAUROC::new()
            .max_fpr(0.0)
            .evaluate(batch())
            .unwrap_err(),
    );
    refuse(RankBiasedPrecision::new(1.0).evaluate(batch()).unwrap_err());
    refuse(
        ExpectedReciprocalRank::new(0.5)
            .evaluate(batch())
            .unwrap_err(),
    );
    refuse(
        ExpectedReciprocalRank::new(-1.0)
            .evaluate(batch())
            .unwrap_err(),
    );
    refuse(
        RetrievalRecallAtFixedPrecision::new(1.5, 3)
            .evaluate(batch())
            .unwrap_err(),
    );
    let strict = || RetrievalRecall::new().empty_target_action(EmptyTargetAction::Error);
    let empty = || (scores(0.1), grades(0).zeros_like());
    refuse(strict().evaluate(empty()).unwrap_err());
    refuse(strict().complete_queries().evaluate(empty()).unwrap_err());
    let items = Tensor::<2, Int>::from_ints([[5]], &device);
    refuse(CatalogCoverage::new(5).evaluate(items.clone()).unwrap_err());
    refuse(CatalogCoverage::new(0).evaluate(items).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    Mean average precision: score of a document of query 1: expected a number, got NaN
    Mean average precision: relevance of a document of query 1: expected a finite number of at least 0, got -1
    Mean average precision: relevance: expected shape [2, 2], that of the scores, got [2, 1]
    Mean average precision: score of document 1: expected a number, got NaN
    Mean average precision: ranking of query 0: expected different items, got the item at place 2 again
    Mean average precision: relevant items of query 0: expected finite grades of at least 0, got -1
    Mean average precision: score of a document of query 1: expected a number, got NaN
    Mean average precision: relevance of a document of query 1: expected a finite number of at least 0, got -1
    Mean average precision: relevance: expected shape [2, 2], that of the scores, got [2, 1]
    Mean average precision: score of document 1: expected a number, got NaN
    Mean average precision: ranking of query 0: expected different items, got the item at place 2 again
    Mean average precision: relevant items of query 0: expected finite grades of at least 0, got -1
    run, line 2: expected each document once for a query, got "q1 Q0 d1 2 0.4 x"
    run, line 1: expected query Q0 document rank score tag, got "q1 Q0 d1 0.5 x"
    qrels, line 1: expected query iteration document grade, got "q1 0 d1 good"
    top_k: expected at least 1, got 0
    top_k: expected at least one number, got none
    relevance_level: expected a finite number above 0, got 0
    max_fpr: expected a number above 0 and at most 1, got 0
    p: expected a number from 0 to below 1, got 1
    Expected reciprocal rank (grades up to 0.5): 2 values are outside the domain of the metric, which takes grades from 0 to `max_grade`
    max_grade: expected a number above 0 and at most 1000, got -1
    min_precision: expected a number from 0 to 1, got 1.5
    Retrieval recall (no empty queries): 2 values are outside the domain of the metric, which takes finite grades of at least 0, and queries with relevant documents
    Retrieval recall (no empty queries): 2 values are outside the domain of the metric, which takes finite grades of at least 0, and queries with relevant documents
    Catalog coverage: 1 predicted label is outside 0..5
    items: expected 1 to 68719476736, got 0
    "#);
}

/// On other devices than hosts, documents are read when a value is computed.
#[test]
fn faults_on_devices_are_counted() {
    for (_, device) in devices() {
        let list = [(0.5, 1, 3), (f32::NAN, 0, 3), (0.1, 0, 3)];
        let mut accumulator = RetrievalMAP::new().accumulator();
        let error = match accumulator.update(documents(&list, &device)) {
            Err(error) => error,
            Ok(()) => accumulator.compute().unwrap_err(),
        };
        let text = error.to_string();
        assert!(text.contains("NaN"), "{text}");
    }
}

#[test]
fn names_say_what_changes_the_value() {
    let mut names = Names::default();
    names.add(RetrievalMAP::new());
    names.add(RetrievalMAP::new().top_k(10));
    names.add(
        RetrievalMAP::new()
            .top_k(10)
            .divided_by(MapDivisor::RelevantOrK),
    );
    names.add(
        RetrievalMAP::new()
            .divided_by(MapDivisor::RelevantInTopK)
            .median(),
    );
    names.add(
        RetrievalMAP::new()
            .complete_queries()
            .confidence_interval(0.95),
    );
    names.add(RetrievalMRR::new().per_query());
    names.add(RetrievalPrecision::new().top_k(10).adaptive_k());
    names.add(RetrievalPrecision::new().top_k(10).relevance_level(2.0));
    names.add(RetrievalRecall::new().at([1, 10, 100]));
    names.add(RetrievalF1::new().top_k(5));
    names.add(RetrievalRPrecision::new().min());
    names.add(RetrievalHitRate::new().top_k(1));
    names.add(RetrievalFallOut::new().top_k(5).max());
    names.add(RetrievalNormalizedDCG::new().top_k(10).exponential());
    names.add(RetrievalNormalizedDCG::new().empty_target_action(EmptyTargetAction::Skip));
    names.add(RetrievalAUROC::new().max_fpr(0.1));
    names.add(RetrievalPrecisionRecallCurve::new(20));
    names.add(RetrievalRecallAtFixedPrecision::new(0.5, 20).complete_queries());
    names.add(ExpectedReciprocalRank::new(4.0).top_k(20));
    names.add(RankBiasedPrecision::new(0.8));
    names.add(CatalogCoverage::new(100));
    let distinct: BTreeSet<&String> = names.0.iter().collect();
    assert_eq!(distinct.len(), names.0.len(), "{:?}", names.0);
    insta::assert_snapshot!(names.0.join("\n"), @r"
    Mean average precision
    Mean average precision@10
    Mean average precision@10 (relevant or k)
    Mean average precision (relevant in top k, median)
    Mean average precision (95% interval)
    Mean reciprocal rank (per sample)
    Retrieval precision@10 (adaptive)
    Retrieval precision@10 (relevance from 2)
    Retrieval recall@1, 10, 100
    Retrieval F1@5
    Retrieval R-precision (minimum)
    Retrieval hit rate@1
    Retrieval fall-out@5 (maximum)
    Retrieval nDCG@10 (exponential gain)
    Retrieval nDCG (without empty queries)
    Retrieval AUROC (up to FPR 0.1)
    Retrieval precision-recall curve@20
    Retrieval recall at fixed precision@20 (precision 0.5)
    Expected reciprocal rank@20 (grades up to 4)
    Rank-biased precision (p = 0.8)
    Catalog coverage
    ");
}
