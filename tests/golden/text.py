"""Metrics of text, by the programs that are the authority for each.

Error rates by jiwer, BLEU, chrF and TER by sacrebleu, ROUGE by rouge-score, the stemmer by NLTK, and what has no other authority by torchmetrics or by
a definition in this file. SQuAD also by the rules of the official script. Scores of sacrebleu and SQuAD are percentages, as there.

Inputs are hypotheses `preds` and references `target`: one each, or a list of lists, which is filled up with null. Options that are named
`per_sample` ask for the score of each sentence. Oddities:

* `edit-distance-beam`, not in a case: torchmetrics looks 25 characters around the diagonal only. `nltk` is the authority.
* `bleu-smooth-zero`: torchmetrics' `smooth` adds 1 to all counts so that none is 0, but gives 0 if one of them was. `right`: sacrebleu's add-k.
"""

import logging
import math
import random
import string
import tokenize as python_tokenize
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import jiwer
import nltk
import numpy as np
import torch
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer, scoring, tokenizers
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.metrics.bleu import _get_tokenizer
from sacrebleu.significance import PairedTest, _compute_p_value
from torchmetrics.functional import text as tm

import tokenizer_files
from harness import Golden, domain, rng

SPEECH = [
    ("it is a truth universally acknowledged", "it is the truth universally knowledge"),
    ("that a single man in possession of a good fortune", "that single man in the possession of good good fortune"),
    ("must be in want of a wife", "must be in want of wife"),
    ("however little known the feelings or views of such a man may be", "how ever little no the feelings of views such a man maybe"),
    ("on his first entering a neighbourhood", "on his first entering a neighbourhood"),
    ("this truth is so well fixed", "well fixed this truth is so"),
    ("in the minds of the surrounding families", "in minds the the surrounding of family"),
    ("that he is considered as the rightful property", "he is considered the rightful proper tea"),
    ("of some one or other of their daughters", "of some other one of or their daughters"),
]
SCRIPTS = [
    ("Zażółć gęślą jaźń über die Straße", "Zazółć gęsla jaźń uber die Strasse"),
    ("Съешь же ещё этих мягких французских булок", "Съешь еще этих мягких булок французских"),
    ("今天天气很好，我们去公园散步吧。", "今天的天气好，我们去公园走走吧。"),
    ("吾輩は猫である。名前はまだ無い。", "我輩は猫です。名前はまだない。"),
    ("كان هناك قطة على السجادة", "كانت هناك قطة فوق السجادة"),
    ("👩‍👩‍👧‍👦 said 👍🏽 to 🇩🇪", "👩‍👩‍👦 said 👍 to 🇫🇷"),
    ("안녕하세요 세계 여러분", "안녕 세계 여러분들"),
    ("नमस्ते दुनिया कैसे हो", "नमस्ते दुनिया कैसी है"),
    ("naïve café — “déjà vu”", "naive cafe - \"deja vu\""),
]
EDGES = [
    ("a reference without hypothesis", ""),
    ("word", "word"),
    ("word", "world"),
    ("exactly the same words here", "exactly the same words here"),
    ("nothing in common", "alpha beta gamma delta"),
    ("He said: \"It's 3,141.59 (or 1/2) - isn't it?\" at 10.30.", "He said 'It's 3,141.58 or 1/2; isn't it' at 10.30"),
    ("a\u00a0non-breaking space", "a non-breaking\u00a0space"),
    ("a line\u2028separator", "a line separator"),
    ("tab\tand\t\ttabs", "tab and tabs"),
    ("  leading and   trailing  ", "leading and trailing"),
    ("line\nbreak and\n\nbreaks", "line break and breaks"),
    ("one two one two one two", "two one two one two one"),
    ("Upper Case and lower case", "upper case AND LOWER case"),
    ("x1 \x1c control \x1f characters", "x1 control characters"),
]
EMPTY = [("", "some words too many"), ("", "more"), ("", "")]

# Hypotheses with several references each.
TRANSLATIONS = [
    ("The dog bit the man.", ["The dog bit the man.", "The dog had bit the man."]),
    ("It wasn't surprising.", ["It was not unexpected.", "No one was surprised."]),
    ("The man had just bitten him.", ["The man bit him first.", "The man had bitten the dog."]),
    ("It is a guide to action which ensures that the military always obeys the commands of the party.", ["It is a guide to action that ensures that the military will forever heed Party commands.", "It is the guiding principle which guarantees the military forces always being under the command of the Party.", "It is the practical guide for the army always to heed the directions of the party."]),
    ("the the the the the the the", ["The cat is on the mat.", "There is a cat on the mat."]),
    ("He paid $1,250.75 on 3-4 May; a 5.5% rise, i.e. \"huge\".", ["On 3-4 May he paid $1,250.75, i.e. a 5.5% (\"huge\") rise."]),
    ("&quot;Tom &amp; Jerry&quot; &lt;3 <skipped> cats", ["\"Tom & Jerry\" <3 cats"]),
    ("the dog's\u00a0bone isn't the cat's\u00a0\u00a0bone", ["the dog's\u00a0bone is the cat's bone"]),
    ("In the year 1999.", ["It was the year 1999.", "In 1999."]),
]
SHIFTED = [
    ("THIS WEEK THE SAUDIS denied information published in the new york times", ["SAUDI ARABIA denied THIS WEEK information published in the AMERICAN new york times"]),
    ("the cat sat on the mat yesterday evening with a dog", ["yesterday evening the cat sat with a dog on the mat"]),
    ("a b c d e f g h i j", ["f g h i j a b c d e", "j i h g f e d c b a"]),
    ("one two three four five six seven", ["seven one two three four five six"]),
    ("to be or not to be that is the question", ["that is the question to be or not to be"]),
    ("d e f a b c x y z", ["a b c d e f z y x"]),
]
SUMMARIES = [
    ("The cat was found under the bed.\nIt was sleeping peacefully!", ["The cat was under the bed.\nIt slept peacefully.", "Under the bed, the cats were sleeping."]),
    ("police killed the gunman", ["police kill the gunman", "the gunman kill police"]),
    ("Economists' forecasts for relational databases were generally optimistic", ["The economist forecasted a relation between generalizations and optimism"]),
    ("a b c d e f g a b", ["a c b d f e a b g", "a b c d"]),
    ("w1 w2 w3 w4 w5\nw6 w7 w8", ["w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"]),
    ("He hopes hopefully; hoping hopped over happiness.", ["Hope is hopeful and happy, and hopes hop."]),
]
QUESTIONS = [
    ("The Denver Broncos", ["Denver Broncos", "The Denver Broncos", "Broncos"]),
    ("in 1976", ["1976", "1976."]),
    ("an apple a day", ["apples, a day"]),
    ("Santa Clara, California", ["Levi's Stadium in Santa Clara", "Santa Clara"]),
    ("yes", ["no"]),
    ("the", ["a"]),
    ("", ["something"]),
    ("It’s “quoted”", ["it's quoted", "its quoted"]),
    ("Łódź  -  the city", ["Łódź city"]),
    ("theatre and ana", ["a theatre, an ana"]),
]
ARTICLES = [
    ("the a an", ["An answer", "THE"]),
    ("a-an-the man", ["anthe man", "man"]),
    ("A\u2019s the\u2014best an\u00e9", ["\u2019s \u2014best an\u00e9", "s best an\u00e9"]),
    ("a_b the_end", ["ab theend", "a b"]),
    ("\u201cThe\u201d end", ["\u201c \u201d end", "end"]),
    ("the\u0301 accent", ["accent", "\u0301 accent"]),
    ("a\u00a0cat", ["cat"]),
    ("the cat the cat cat", ["cat cat", "the cat sat"]),
    ("\uff41 full-width a", ["full width", "fullwidth"]),
    ("$5.00 (five)", ["500 five", "5 00"]),
    ("\u0130stanbul the 2\u00bd", ["i\u0307stanbul 2\u00bd", "Istanbul"]),
    ("...", ["the", "."]),
    ("!", ["x"]),
]
DOCUMENTS = [
    ("Dr. Smith and Mr. Jones met at 3.30 p.m., i.e. in the U.S. office, e.g. yesterday!", ["Mr. Jones met Dr. Smith in the U.S. at 3.30, didn't he?"]),
    ("this is the prediction", ["this is the reference"]),
    ("here is an other sample", ["here is another one", "there is another sample"]),
    ("x", ["x"]),
    ("completely different", ["zzz qqq"]),
    ("Mrs Ms Prof  a b", ["Mrs. Ms. Prof. a, b"]),
    ("1,000.5 and 2 , 3", ["1 , 000 . 5 and 2, 3"]),
]


def swapped(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """References come first in some lists, as they do in jiwer."""
    return {"preds": [hypothesis for _, hypothesis in pairs], "target": [reference for reference, _ in pairs]}


def given(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {"preds": [hypothesis for hypothesis, _ in pairs], "target": [references for _, references in pairs]}


def words(random: np.random.Generator, n: int, vocabulary: int) -> str:
    return " ".join(f"w{i}" for i in random.integers(0, vocabulary, n))


def changed(random: np.random.Generator, text: str, share: float) -> str:
    """Some words replaced, left out or repeated, and some stretches moved."""
    out = []
    for word in text.split():
        action = random.random() / share
        out += [word] if action > 1 else [["w0"], [], [word, word], ["new", word]][int(action * 4)]
    if len(out) > 8 and random.random() < 0.7:
        at, length = random.integers(0, len(out) - 5), random.integers(1, 5)
        moved = out[at : at + length]
        del out[at : at + length]
        to = random.integers(0, len(out) + 1)
        out[to:to] = moved
    return " ".join(out)


@domain(
    "text", libraries=("torchmetrics", "torch", "jiwer", "sacrebleu", "rouge-score", "nltk"), dtype=torch.float64
)
def declare(golden: Golden) -> None:
    logging.getLogger("sacrebleu").setLevel(logging.ERROR)
    declare_inputs(golden)
    error_rates(golden)
    distances(golden)
    translations(golden)
    dictionaries(golden)
    significance(golden)
    summaries(golden)
    answers(golden)
    models(golden)


SINGLE = ("speech", "scripts", "edges", "empty", "silence", "ties", "long")
SEVERAL = ("translations", "shifted", "scripts_several", "edges_several", "random_several", "empty_several")


def declare_inputs(golden: Golden) -> None:
    golden.input("speech", **swapped(SPEECH))
    golden.input("scripts", **swapped(SCRIPTS))
    golden.input("edges", **swapped(EDGES))
    golden.input("empty", **swapped(EMPTY))
    golden.input("silence", preds=["", ""], target=["", ""])
    random = rng("ties")
    pairs = [(words(random, random.integers(1, 16), 3), words(random, random.integers(0, 16), 3)) for _ in range(120)]
    golden.input("ties", **swapped(pairs))
    random = rng("long")
    pairs = []
    for length, vocabulary in ((70, 20), (64, 4), (128, 5), (129, 500), (300, 6)):
        text = words(random, length, vocabulary)
        pairs.append((text, changed(random, text, 0.4)))
    golden.input("long", **swapped(pairs))
    random = rng("huge")
    text = words(random, 2600, 4)
    golden.input("huge", **swapped([(text, changed(random, text, 0.6)), (words(random, 2300, 3), words(random, 2500, 3))]))

    golden.input("translations", **given(TRANSLATIONS))
    golden.input("shifted", **given(SHIFTED))
    golden.input("summaries", **given(SUMMARIES))
    golden.input("questions", **given(QUESTIONS))
    golden.input("documents", **given(DOCUMENTS))
    golden.input("scripts_several", **given([(hypothesis, [reference, hypothesis + " x"]) for reference, hypothesis in SCRIPTS]))
    golden.input("edges_several", **given([(hypothesis, [reference, "another one"]) for reference, hypothesis in EDGES]))
    golden.input("empty_several", **given([("", ["a b c", ""]), ("x y", [""]), ("", [""])]))
    random = rng("random_several")
    pairs = []
    for _ in range(40):
        text = words(random, random.integers(3, 40), 30)
        pairs.append((changed(random, text, 0.3), [text, *(changed(random, text, 0.5) for _ in range(random.integers(0, 3)))]))
    golden.input("random_several", **given(pairs))


def error_rates(golden: Golden) -> None:
    def rate(name: str) -> Any:
        def of(preds: list[str], target: list[str], per_sample: bool = False) -> Any:
            if per_sample:
                return [of([p], [t]) for p, t in zip(preds, target)]
            if name == "cer":
                return float(jiwer.process_characters(target, preds).cer)
            return float(getattr(jiwer.process_words(target, preds), name))

        return of

    metrics = {
        "word_error_rate": "wer",
        "char_error_rate": "cer",
        "match_error_rate": "mer",
        "word_info_lost": "wil",
        "word_info_preserved": "wip",
    }
    for metric, name in metrics.items():
        golden.cases(metric, rate(name), inputs=(*SINGLE, "huge"), options=({}, {"per_sample": True}), reference="jiwer")

    def shown(preds: list[str], target: list[str], unit: str = "words") -> str:
        process = {"words": jiwer.process_words, "characters": jiwer.process_characters}[unit]
        return jiwer.visualize_alignment(process(target, preds), show_measures=False)

    def confused(preds: list[str], target: list[str], unit: str = "words") -> Any:
        process = {"words": jiwer.process_words, "characters": jiwer.process_characters}[unit]
        kinds = jiwer.collect_error_counts(process(target, preds))
        ordered = [sorted(kind.items(), key=lambda entry: entry[1], reverse=True) for kind in kinds]
        return [[[list(words) if isinstance(words, tuple) else words, n] for words, n in kind] for kind in ordered]

    units = ({}, {"unit": "characters"})
    for metric, function in (("alignment", shown), ("confusions", confused)):
        golden.cases(metric, function, inputs=("speech", "scripts", "edges", "ties", "silence"), options=units, reference="jiwer")


def distances(golden: Golden) -> None:
    def edit_distance(preds: list[str], target: list[str], substitution_cost: int = 1, reduction: str = "mean") -> Any:
        each = [float(nltk.edit_distance(p, t, substitution_cost=substitution_cost)) for p, t in zip(preds, target)]
        return {"mean": sum(each) / len(each), "sum": sum(each), "none": each}[reduction]

    options = [{}, {"reduction": "sum"}, {"reduction": "none"}]
    options += [{"substitution_cost": cost, "reduction": "none"} for cost in (0, 2, 3)] + [{"substitution_cost": 2}]
    inputs = ("speech", "scripts", "edges", "empty", "silence", "ties")
    golden.cases("edit_distance", edit_distance, inputs=inputs, options=options, reference="nltk")
    golden.cases("edit_distance", tm.edit_distance, inputs=("speech", "scripts"), options=options[:3] + options[6:])

    def extended(preds: list[str], target: list[list[str]], per_sample: bool = False, **options: Any) -> Any:
        mean, each = tm.extended_edit_distance(preds, target, return_sentence_level_score=True, **options)
        return each.tolist() if per_sample else float(mean)

    options = [{}, {"per_sample": True}, {"language": "ja"}, {"language": "ja", "per_sample": True}, {"alpha": 0.5}, {"rho": 1.5}]
    options += [{"deletion": 0.7}, {"insertion": 0.25}]
    golden.cases(
        "extended_edit_distance",
        extended,
        inputs=("documents", "translations", "scripts_several", "edges_several", "summaries", "random_several"),
        options=options,
    )


def streams(target: list[list[str]]) -> list[list[str | None]]:
    """References as sacrebleu wants them: the first of all sentences, the second of all, ..."""
    longest = max(map(len, target))
    return [[refs[i] if i < len(refs) else None for refs in target] for i in range(longest)]


def corpus(metric: Any, preds: list[str], target: list[list[str]], per_sample: bool) -> Any:
    if per_sample:
        return [metric.sentence_score(p, t).score for p, t in zip(preds, target)]
    return metric.corpus_score(preds, streams(target)).score


def translations(golden: Golden) -> None:
    def bleu(preds: list[str], target: list[list[str]], per_sample: bool = False, **options: Any) -> Any:
        return corpus(BLEU(**options), preds, target, per_sample)

    options = [{"tokenize": t} for t in ("13a", "intl", "char", "zh", "none")]
    options += [{"smooth_method": s} for s in ("none", "floor", "add-k")]
    options += [{"smooth_method": "floor", "smooth_value": 0.5}, {"smooth_method": "add-k", "smooth_value": 2.5}]
    options += [{"lowercase": True}, {"effective_order": True}, {"max_ngram_order": 2}, {"max_ngram_order": 6}]
    options += [{"per_sample": True}, {"effective_order": True, "per_sample": True, "lowercase": True}]
    options += [{"smooth_method": s, "per_sample": True} for s in ("none", "floor", "add-k")]
    options += [{"smooth_method": "add-k", "effective_order": True, "per_sample": True}]
    golden.cases("sacre_bleu", bleu, inputs=SEVERAL, options=options, reference="sacrebleu")

    def chrf(preds: list[str], target: list[list[str]], per_sample: bool = False, **options: Any) -> Any:
        return corpus(CHRF(**options), preds, target, per_sample)

    options = [{}, {"word_order": 2}, {"char_order": 4}, {"beta": 1}, {"beta": 3}, {"lowercase": True}, {"whitespace": True}]
    options += [{"eps_smoothing": True}, {"eps_smoothing": True, "word_order": 2}, {"char_order": 8, "word_order": 1}]
    options += [{"per_sample": True}, {"per_sample": True, "word_order": 2, "lowercase": True}, {"per_sample": True, "eps_smoothing": True}]
    golden.cases("chrf", chrf, inputs=SEVERAL, options=options, reference="sacrebleu")

    def ter(preds: list[str], target: list[list[str]], per_sample: bool = False, **options: Any) -> Any:
        return corpus(TER(**options), preds, target, per_sample)

    options = [{}, {"normalized": True}, {"no_punct": True}, {"case_sensitive": True}]
    options += [{"normalized": True, "asian_support": True}, {"no_punct": True, "asian_support": True}]
    options += [{"normalized": True, "no_punct": True, "asian_support": True}]
    options = [{**o, **p} for o in options for p in ({}, {"per_sample": True})]
    golden.cases("translation_edit_rate", ter, inputs=SEVERAL, options=options, reference="sacrebleu")

    # What is printed, and what a paper quotes.
    def line(metric: Any) -> Any:
        def of(preds: list[str], target: list[list[str]], **options: Any) -> list[str]:
            scorer = metric(**options)
            score = scorer.corpus_score(preds, streams(target))
            return [score.format(signature=str(scorer.get_signature())), str(scorer.get_signature())]

        return of

    golden.cases(
        "sacre_bleu_line",
        line(BLEU),
        inputs=("translations", "shifted", "empty_several"),
        options=[{}, {"tokenize": "intl", "lowercase": True, "effective_order": True}, {"smooth_method": "floor"}, {"smooth_method": "add-k", "smooth_value": 2.5}, {"smooth_method": "none"}],
        reference="sacrebleu",
    )
    golden.cases("chrf_line", line(CHRF), inputs=("translations", "shifted"), options=[{}, {"word_order": 2, "whitespace": True}, {"beta": 3, "eps_smoothing": True, "lowercase": True}], reference="sacrebleu")
    golden.cases("translation_edit_rate_line", line(TER), inputs=("translations", "shifted"), options=[{}, {"normalized": True, "asian_support": True, "case_sensitive": True}, {"no_punct": True}], reference="sacrebleu")

    def tokens(preds: list[str], target: list[list[str]], tokenize: str) -> list[list[str]]:
        tokenizer = _get_tokenizer(tokenize)()
        return [tokenizer(text.rstrip()).split() for text in [*preds, *(t for ts in target for t in ts)]]

    golden.cases(
        "tokens",
        tokens,
        inputs=("translations", "scripts_several", "edges_several", "documents", "questions"),
        options=[{"tokenize": t} for t in ("13a", "intl", "char", "zh", "none")],
        reference="sacrebleu",
    )

    # Words between whitespace, as they are.
    for n_gram, smooth in ((4, False), (2, False), (1, False), (4, True), (2, True), (3, True)):
        for name in ("translations", "shifted", "random_several", "empty_several", "edges_several", "questions", "summaries"):
            preds, target = ([*map(str, a)] if a.ndim == 1 else [[t for t in ts if t is not None] for ts in a] for a in golden.inputs[name].values())
            value = float(tm.bleu_score(preds, target, n_gram=n_gram, smooth=smooth))
            scorer = BLEU(tokenize="none", smooth_method="add-k" if smooth else "none", smooth_value=1 if smooth else None, max_ngram_order=n_gram)
            right = scorer.corpus_score(preds, streams(target)).score / 100
            differs = abs(value - right) > 1e-6
            assert smooth or not differs, (value, right, name, n_gram)
            golden.case("bleu", name, right if not differs else value, options={"n_gram": n_gram, "smooth": smooth}, reference="sacrebleu" if not differs else "torchmetrics", oddity="bleu-smooth-zero" if differs else None, right=right if differs else None)
    golden.cases("bleu", lambda p, t, **o: float(tm.bleu_score(p, t, **o)), inputs=("translations", "random_several"), options=[{"n_gram": 2, "weights": [0.7, 0.3]}, {"weights": [0.4, 0.3, 0.2, 0.1]}], tolerance=1e-6)


def dictionaries(golden: Golden) -> None:
    """Words of MeCab, mecab-ko and SentencePiece with the small dictionaries and models of `tokenizer_files.py`."""
    golden.input("asian", preds=tokenizer_files.TEXTS, target=[[text] for text in reversed(tokenizer_files.TEXTS)])
    for name, words in tokenizer_files.tokenizers().items():

        def tokens(preds: list[str], target: list[list[str]], tokenize: str) -> list[list[str]]:
            return [words(text).split() for text in [*preds, *(t for ts in target for t in ts)]]

        inputs = ("asian", "scripts_several", "edges_several", "translations")
        golden.cases("tokens", tokens, inputs=inputs, options=[{"tokenize": name}], reference=name.split("-")[-1])


def significance(golden: Golden) -> None:
    """sacrebleu's paired bootstrap: what it makes of 10 000 resamples, and the scores and p-value of a few, which are given."""
    random = rng("systems")
    texts = [words(random, random.integers(8, 30), 200) for _ in range(80)]
    systems = [[changed(random, text, share) for text in texts] for share in (0.5, 0.43)]
    golden.input("systems", preds=list(map(list, zip(*systems))), target=[[text] for text in texts])
    metrics = {"bleu": BLEU, "chrf": CHRF, "ter": TER}
    for name, metric in metrics.items():

        def paired(preds: list[list[str]], target: list[list[str]], metric_name: str, resamples: int) -> Any:
            old, new = zip(*preds)
            named = [("old", list(old)), ("new", list(new))]
            _, scores = PairedTest(named, {metric_name: metric()}, streams(target), "bs", resamples)()
            (_, (old, new)) = list(scores.items())[1]
            return [old.score, new.score, old.mean, new.mean, old.ci, new.ci, new.p_value]

        golden.cases("paired_bootstrap", paired, inputs=["systems"], options=[{"metric_name": name, "resamples": 10_000}], reference="sacrebleu")

        def resampled(preds: list[list[str]], target: list[list[str]], metric_name: str, resamples: int) -> Any:
            rows = rng("resamples").integers(0, len(preds), (resamples, len(preds)))
            scorer = metric()
            score = lambda system, rows: scorer.corpus_score([preds[i][system] for i in rows], streams([target[i] for i in rows])).score
            scores = np.array([[score(system, row) for system in (0, 1)] for row in [range(len(preds)), *rows]])
            (difference, *differences) = np.abs(scores[:, 1] - scores[:, 0])
            p = _compute_p_value(np.array(differences) - np.mean(differences), difference)
            return {"rows": rows.tolist(), "scores": scores.tolist(), "p": p}

        golden.cases("paired_resamples", resampled, inputs=["systems"], options=[{"metric_name": name, "resamples": 39}], reference="sacrebleu")


def summaries(golden: Golden) -> None:
    keys = ["rouge1", "rouge2", "rouge3", "rouge9", "rougeL", "rougeLsum"]

    class Own(tokenizers.Tokenizer):
        def __init__(self, words: str) -> None:
            self.words = words

        def tokenize(self, text: str) -> list[str]:
            match self.words:
                case "cut_already":
                    return text.split()
                case "characters":
                    return [c for c in text if not c.isspace()]
                case "any_alphabet":
                    # A normalizer, after which words are between whitespace.
                    return "".join(" " if c in string.punctuation else c for c in text.lower()).split()
            raise ValueError(self.words)

    def rouge(preds: list[str], target: list[list[str]], accumulate: str = "best", use_stemmer: bool = False, words: str | None = None) -> Any:
        scorer = rouge_scorer.RougeScorer(keys, use_stemmer=use_stemmer, tokenizer=Own(words) if words else None)
        totals = {key: np.zeros(3) for key in keys}
        for hypothesis, references in zip(preds, target):
            if accumulate == "best":
                scores = scorer.score_multi(references, hypothesis)
            else:
                each = [scorer.score(reference, hypothesis) for reference in references]
                scores = {key: scoring.Score(*np.mean([s[key] for s in each], axis=0)) for key in keys}
            for key in keys:
                totals[key] += np.array(scores[key])
        return [(totals[key] / len(preds)).tolist() for key in keys]

    options = [{}, {"use_stemmer": True}, {"accumulate": "avg"}, {"accumulate": "avg", "use_stemmer": True}]
    options += [{"words": words} for words in ("cut_already", "characters", "any_alphabet")]
    inputs = ("summaries", "translations", "edges_several", "scripts_several", "random_several", "empty_several", "documents")
    golden.cases("rouge", rouge, inputs=inputs, options=options, reference="rouge-score")

    golden.input("words", preds=word_list())
    stemmer = PorterStemmer()
    golden.cases("porter_stem", lambda words: [stemmer.stem(word) for word in words], inputs=["words"], reference="nltk")


def word_list() -> list[str]:
    """Words of the standard library's documentation, and what is made of a few of them with all endings that rules mention."""
    folder = Path(python_tokenize.__file__).parent
    found: set[str] = set()
    for path in sorted(folder.glob("*.py"))[:140]:
        text = path.read_text(errors="ignore").lower()
        found.update(word for word in "".join(c if c.isalpha() and c.isascii() else " " for c in text).split() if len(word) < 18)
    chosen = random.Random(0).sample(sorted(found), 2500)
    endings = "ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent sion tion ion ou ism ate iti ous ive ize e ed eed ied ing ies sses s ss y ally ying tted lling".split()
    stems = "relat oper hop fall sk b tr die ge happ plas syzyg oat controll activ fil contro y ay".split()
    fixed = "sky skies dying lying tying news innings inning outings outing cannings canning howe proceed exceed succeed yyyy spied died flies a is was".split()
    return [*chosen, *(stem + ending for stem in stems for ending in endings), *fixed]


def squad_rules(preds: Any, target: Any, per_sample: bool = False) -> Any:
    """The rules of the official evaluation script (versions 1.1 and 2.0).

    Answers are lowercased, lose punctuation of ASCII, then the articles a, an and the, which are whole words in the sense of regular expressions,
    and are split at whitespace. Each answer has the best score over the right answers. If one side has no word left, the F-score is 1 if neither
    has, else 0.
    """

    def words(text: str) -> list[str]:
        text = text.lower().translate(str.maketrans("", "", string.punctuation))
        kept, word = [], ""
        for c in text + " ":
            # What \\w matches.
            if c.isalnum() or c == "_":
                word += c
                continue
            kept += [" " if word in ("a", "an", "the") else word, c]
            word = ""
        return "".join(kept).split()

    def f_score(given: list[str], right: list[str]) -> Fraction:
        if not given or not right:
            return Fraction(given == right)
        shared = (Counter(given) & Counter(right)).total()
        precision, recall = Fraction(shared, len(given)), Fraction(shared, len(right))
        return 2 * precision * recall / (precision + recall) if shared else Fraction(0)

    answers = [(words(p), [words(t) for t in ts if t is not None]) for p, ts in zip(preds, target, strict=True)]
    f_scores = [max(f_score(p, t) for t in ts) for p, ts in answers]
    if per_sample:
        return [float(100 * score) for score in f_scores]
    exact = sum(p in ts for p, ts in answers)
    return [100 * exact / len(answers), float(100 * sum(f_scores) / len(answers))]


def answers(golden: Golden) -> None:
    def squad(preds: list[str], target: list[list[str]], per_sample: bool = False) -> Any:
        asked = [{"id": str(i), "answers": {"text": t, "answer_start": [0] * len(t)}} for i, t in enumerate(target)]
        said = [{"id": str(i), "prediction_text": p} for i, p in enumerate(preds)]
        if per_sample:
            each = [tm.squad(p, a) for p, a in zip(said, asked)]
            return [float(score["f1"]) for score in each]
        score = tm.squad(said, asked)
        return [float(score["exact_match"]), float(score["f1"])]

    inputs = ("questions", "translations", "scripts_several", "edges_several", "empty_several", "articles")
    golden.input("articles", **given(ARTICLES))
    golden.cases("squad", squad, inputs=inputs, options=({}, {"per_sample": True}), definition=squad_rules, within=1e-9)

    def exact_match(preds: list[str], target: list[list[str]], ignore: tuple[str, ...] = ()) -> float:
        def normalized(text: str) -> str:
            text = text.lower() if "case" in ignore else text
            text = "".join(c for c in text if c not in string.punctuation) if "punctuation" in ignore else text
            text = "".join(c for c in text if not c.isdecimal()) if "numbers" in ignore else text
            return " ".join(text.split()) if "whitespace" in ignore else text

        hits = [any(normalized(p) == normalized(t) for t in ts) for p, ts in zip(preds, target)]
        return sum(hits) / len(hits)

    kinds = ("case", "punctuation", "numbers", "whitespace")
    options = [{}, *({"ignore": [kind]} for kind in kinds), {"ignore": list(kinds)}, {"ignore": ["case", "whitespace"]}]
    golden.cases("exact_match", exact_match, inputs=inputs, options=options, reference="definition")


def models(golden: Golden) -> None:
    for name, shape in (("logits", (3, 7, 11)), ("many_logits", (4, 5, 300))):
        random = rng(name)
        target = random.integers(0, shape[2], shape[:2])
        golden.input(name, preds=np.float32(random.normal(0, 4, shape)), target=target)
    random = rng("masked_logits")
    target = random.integers(0, 5, (4, 6))
    target[random.random((4, 6)) < 0.3] = -100
    golden.input("masked_logits", preds=np.float32(random.normal(0, 60, (4, 6, 5))), target=target)

    def perplexity(preds: torch.Tensor, target: torch.Tensor, ignore_index: int | None = None) -> float:
        loss = torch.nn.functional.cross_entropy(preds.double().flatten(0, 1), target.flatten(), ignore_index=-100 if ignore_index is None else ignore_index)
        return float(loss.exp())

    golden.cases("perplexity", lambda p, t, **o: float(tm.perplexity(p.double(), t, **o)), inputs=("logits", "many_logits"), options=({}, {"ignore_index": 3}), definition=lambda p, t, **o: perplexity(torch.tensor(p), torch.tensor(t), **o), within=1e-9)
    # torchmetrics takes the logarithm of a softmax, which is 0 for some of these.
    golden.cases("perplexity", perplexity, inputs=["masked_logits"], options=({"ignore_index": -100},), reference="torch")

    def bits_per_byte(preds: torch.Tensor, target: torch.Tensor, bytes: int) -> float:
        loss = torch.nn.functional.cross_entropy(preds.double().flatten(0, 1), target.flatten(), reduction="sum")
        return float(loss) / math.log(2) / bytes

    golden.cases("bits_per_byte", bits_per_byte, inputs=("logits", "many_logits"), options=({"bytes": 77}, {"bytes": 1000}), reference="torch")

    golden.input("code", preds=[10, 10, 10, 5, 200, 100], target=[0, 3, 10, 4, 17, 1])

    def pass_at_k(samples: torch.Tensor, correct: torch.Tensor, k: int) -> float:
        each = [1 - Fraction(math.comb(n - c, k), math.comb(n, k)) for n, c in zip(samples.tolist(), correct.tolist())]
        return float(sum(each) / len(each))

    golden.cases("pass_at_k", pass_at_k, inputs=["code"], options=[{"k": k} for k in (1, 2, 5)], reference="definition")

    def distinct(preds: list[str], target: Any, n: int) -> float:
        grams = Counter(tuple(ws[i : i + n]) for ws in map(str.split, preds) for i in range(len(ws) - n + 1))
        return len(grams) / max(grams.total(), 1)

    golden.cases("distinct_ngrams", distinct, inputs=("speech", "scripts", "ties", "edges"), options=[{"n": n} for n in (1, 2, 3)], reference="definition")
