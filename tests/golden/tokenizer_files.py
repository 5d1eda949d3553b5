"""Small dictionaries of MeCab and a small model of SentencePiece, for the tests of tokenizers that need one.

The real ones are too large for the repository. The dictionaries have words that are cut out of the texts below, with random costs from a small
range: so there are many equally good ways to cut a text, of which MeCab prefers one. The categories of characters are like those of ipadic, with
kinds that have words of several lengths, groups, both, or unknown words everywhere. The model has normalization rules of its own.

The files are in the folder `tokenizers`, packed, and are made only if they are not there.
"""

import gzip
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "tokenizers"
FILES = ("sys.dic", "unk.dic", "matrix.bin", "char.bin", "dicrc")

TEXTS = [
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "すもももももももものうち",
    "東京都に住んでいる外国人は、2024年に約70万人だった。",
    "コンピューターとデータベースの話をしよう！　全角の空白もある。",
    "親譲りの無鉄砲で小供の時から損ばかりしている。",
    "𠮷野家で👍🏽を見た　ｶﾀｶﾅ　Ａｂｃ",
    "아버지가 방에 들어가신다. 아버지 가방에 들어가신다.",
    "나는 학교에 갔다가 친구 를 만났다 .",
    "오늘은 날씨가   매우 좋아서 2시간 동안 산책을 했습니다!",
    "한국어와 English 를 섞어서 쓰는 문장 (예: A/B 테스트)",
    "ㄱㄴㄷ ㅋㅋㅋ 漢字 한자 ﬁn ①②",
    "今日は good day です。それは 3.14 ですÐÐ",
    "",
    "   ",
    "x",
]

CATEGORIES = """
DEFAULT   0 1 0
SPACE     0 1 0
KANJI     0 0 2
SYMBOL    1 1 0
NUMERIC   1 1 0
ALPHA     1 1 0
HIRAGANA  0 1 2
KATAKANA  1 1 2
HANGUL    0 1 2
0x0020 SPACE
0x00D0 SPACE
0x0009..0x000D SPACE
0x0021..0x002F SYMBOL
0x003A..0x0040 SYMBOL
0x3000..0x3002 SYMBOL
0x0030..0x0039 NUMERIC
0x0041..0x005A ALPHA
0x0061..0x007A ALPHA
0xFF21..0xFF5A ALPHA
0x3041..0x309F HIRAGANA
0x30A1..0x30FF KATAKANA
0x30FC KATAKANA HIRAGANA
0xFF66..0xFF9F KATAKANA
0x4E00..0x9FA5 KANJI
0x4E00 KANJI NUMERIC
0xAC00..0xD7A3 HANGUL
0x3131..0x318E HANGUL
"""


def build_dictionary(language: str) -> None:
    """Compiles a dictionary, and packs its files."""
    import fugashi

    chosen = random.Random(language)
    kinds = 5
    with tempfile.TemporaryDirectory() as folder:
        source, compiled = Path(folder, "source"), Path(folder, "compiled")
        source.mkdir()
        compiled.mkdir()
        entry = lambda word, kind: f"{word},{chosen.randrange(1, kinds)},{chosen.randrange(1, kinds)},{chosen.randrange(40)},{kind},x"
        words = []
        for text in TEXTS:
            for _ in range(len(text)):
                at = chosen.randrange(len(text))
                word = text[at : at + chosen.choice((1, 1, 2, 2, 3, 4))].strip()
                if word and "," not in word and '"' not in word:
                    words.append(entry(word, chosen.choice("ABC")))
        names = [line.split()[0] for line in CATEGORIES.split("\n") if line[:1].isalpha()]
        unknown = [entry(name, chosen.choice("ABC")) for name in names for _ in range(chosen.randrange(1, 4))]
        matrix = [f"{kinds} {kinds}"] + [f"{a} {b} {chosen.randrange(-8, 8)}" for a in range(kinds) for b in range(kinds)]
        options = "cost-factor = 800\nbos-feature = BOS/EOS,*\neval-size = 1\nunk-eval-size = 1\nconfig-charset = UTF-8\n"
        if language == "ko":
            options += "left-space-penalty-factor = 1,30,2,7\n"
        files = {"words.csv": words, "unk.def": unknown, "matrix.def": matrix, "char.def": [CATEGORIES], "dicrc": [options]}
        files["pos-id.def"] = ["A 1", "B 2", "C 3"]
        files |= {name: [] for name in ("feature.def", "rewrite.def", "left-id.def", "right-id.def")}
        for name, lines in files.items():
            (source / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        fugashi.build_dictionary(f"fugashi -d {source} -o {compiled} -f utf-8 -t utf-8")
        (compiled / "dicrc").write_text(options)
        (FOLDER / language).mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (FOLDER / language / f"{name}.gz").write_bytes(gzip.compress((compiled / name).read_bytes(), mtime=0))


def train_model(path: Path) -> None:
    """Trains a model of unigrams that falls back to bytes."""
    import sentencepiece

    with tempfile.TemporaryDirectory() as folder:
        texts, rules = Path(folder, "texts"), Path(folder, "rules.tsv")
        texts.write_text("\n".join(TEXTS[:12] * 3), encoding="utf-8")
        pairs = {"ﬁ": "fi", "①": "1", "②": "2", "Ａ": "A", "\u3000": " ", "é": "e\u0301", "ｶﾞ": "ガ", "ｶ": "カ", "\t": " "}
        code = lambda text: " ".join(f"{ord(c):X}" for c in text)
        rules.write_text("".join(f"{code(a)}\t{code(b)}\n" for a, b in pairs.items()))
        sentencepiece.SentencePieceTrainer.train(
            input=str(texts), model_prefix=str(Path(folder, "model")), model_type="unigram", vocab_size=520, hard_vocab_limit=False, byte_fallback=True,
            character_coverage=0.98, normalization_rule_tsv=str(rules), num_threads=1, minloglevel=2,
        )  # fmt: skip
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(Path(folder, "model.model").read_bytes())


def tokenizers() -> dict[str, Callable[[str], str]]:
    """What sacrebleu's tokenizers do, with the small dictionaries."""
    import MeCab
    import mecab_ko
    import sentencepiece

    def mecab(library: object, language: str) -> Callable[[str], str]:
        if not (FOLDER / language / "sys.dic.gz").exists():
            build_dictionary(language)
        folder = Path(tempfile.mkdtemp())
        for name in FILES:
            (folder / name).write_bytes(gzip.decompress((FOLDER / language / f"{name}.gz").read_bytes()))
        tagger = library.Tagger(f"-r /dev/null -d {folder} -Owakati")
        return lambda text: tagger.parse(text.strip()).strip()

    model = FOLDER / "pieces.model"
    if not model.exists():
        train_model(model)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return {
        "ja-mecab": mecab(MeCab, "ja"),
        "ko-mecab": mecab(mecab_ko, "ko"),
        "sentencepiece": lambda text: " ".join(processor.encode(text.rstrip(), out_type=str)),
    }
