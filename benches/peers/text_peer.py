"""Work with text for torchmetrics_peer.py.

Where a program is the authority for a metric, it takes the place of the second way to call TorchMetrics.
"""

import jiwer
import torch
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF, TER
from torchmetrics import text
from torchmetrics.functional.text import perplexity

from random_peer import Random


def word(i):
    """A pronounceable word for each number."""
    out = ""
    while True:
        i, letter = divmod(i, 60)
        out += "bdfgklmnprst"[letter % 12] + "aeiou"[letter // 12]
        if i == 0:
            return out


def sentences(n):
    """Hypotheses and references: of 15 to 30 words, every fifth of which is wrong."""
    random = Random()
    hypotheses, references = [], []
    for _ in range(n):
        reference = [word(min(random.below(5000), random.below(5000))) for _ in range(15 + random.below(16))]
        hypothesis = []
        for own in reference:
            match random.below(15):
                case 0:
                    hypothesis.append(word(random.below(5000)))
                case 1:
                    pass
                case 2:
                    hypothesis += [own, word(random.below(5000))]
                case _:
                    hypothesis.append(own)
        hypotheses.append(" ".join(hypothesis) + ".")
        references.append(" ".join(reference) + ".")
    return hypotheses, references


def both(make, authority, several=True):
    """The value of one batch, from nothing: by TorchMetrics, and by the authority."""

    def torchmetrics(preds, target):
        return make()(preds, [[reference] for reference in target] if several else target)

    return lambda first: torchmetrics if first else authority


def logits():
    return torch.randn(8, 512, 32_000), torch.randint(32_000, (8, 512))


def rouge(preds, target):
    scorer = rouge_scorer.RougeScorer(["rougeL"])
    return [scorer.score(reference, hypothesis) for hypothesis, reference in zip(preds, target)]


WORKLOADS = {
    "word error rate, 5000": (lambda: sentences(5000), both(text.WordErrorRate, lambda p, t: jiwer.wer(t, p), False)),
    "character error rate, 1000": (
        lambda: sentences(1000),
        both(text.CharErrorRate, lambda p, t: jiwer.cer(t, p), False),
    ),
    "BLEU, 5000": (lambda: sentences(5000), both(text.SacreBLEUScore, lambda p, t: BLEU().corpus_score(p, [t]))),
    "chrF, 1000": (
        lambda: sentences(1000),
        both(lambda: text.CHRFScore(n_word_order=0), lambda p, t: CHRF().corpus_score(p, [t])),
    ),
    "TER, 100": (
        lambda: sentences(100),
        both(text.TranslationEditRate, lambda p, t: TER().corpus_score(p, [t])),
    ),
    "ROUGE-L, 1000": (lambda: sentences(1000), both(lambda: text.ROUGEScore(rouge_keys="rougeL"), rouge)),
    "perplexity, 8 x 512 x 32000": (logits, lambda _: perplexity),
}
