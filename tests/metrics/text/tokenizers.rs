//! Tokenizers that need a file.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use burn_metrics::{
    prelude::*,
    text::{MecabDictionary, TextInput, Tokenizer},
};
use flate2::read::GzDecoder;

const FILES: [&str; 5] = ["sys.dic", "unk.dic", "matrix.bin", "char.bin", "dicrc"];

fn packed(language: &str, name: &str) -> Vec<u8> {
    let path = format!("tests/golden/tokenizers/{language}/{name}.gz");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).unwrap();
    GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A folder of this process.
fn folder(name: &str) -> PathBuf {
    let name = format!("burn-metrics-{}-{name}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn unpack(language: &str) -> MecabDictionary {
    let folder = folder(language);
    for name in FILES {
        fs::write(folder.join(name), packed(language, name)).unwrap();
    }
    MecabDictionary::open(folder).unwrap()
}

/// A small dictionary of `tests/golden/tokenizer_files.py`.
pub fn dictionary(language: &str) -> MecabDictionary {
    static JAPANESE: LazyLock<MecabDictionary> = LazyLock::new(|| unpack("ja"));
    static KOREAN: LazyLock<MecabDictionary> = LazyLock::new(|| unpack("ko"));
    match language {
        "ja" => JAPANESE.clone(),
        "ko" => KOREAN.clone(),
        other => panic!("{other}"),
    }
}

#[cfg(feature = "sentencepiece")]
pub fn model() -> burn_metrics::text::SentencePieceModel {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizers/pieces.model");
    burn_metrics::text::SentencePieceModel::open(path).unwrap()
}

fn texts() -> TextInput {
    TextInput::from((
        ["すもももももももものうち", "今日は good day です。"],
        ["すもももうちのもも", "今日 は good day。"],
    ))
}

#[test]
fn a_metric_with_a_dictionary_is_data() {
    let bleu = SacreBLEUScore::new().tokenizer(Tokenizer::JapaneseMecab(dictionary("ja")));
    let text = serde_json::to_string(&bleu).unwrap();
    let read: SacreBLEUScore = serde_json::from_str(&text).unwrap();
    assert_eq!(read, bleu);
    let korean = SacreBLEUScore::new().tokenizer(Tokenizer::JapaneseMecab(dictionary("ko")));
    assert_ne!(korean, bleu);
    // Another dictionary in the place of this one.
    let mut json = serde_json::to_value(&bleu).unwrap();
    let file = &mut json["corpus"]["tokenizer"]["japanese_mecab"];
    file["checksum"] = 7.into();
    let path = file["path"].clone();
    let error = serde_json::from_value::<SacreBLEUScore>(json).unwrap_err();
    assert!(
        error.to_string().starts_with("checksum: expected 7, got "),
        "{error}"
    );
    let text = format!(r#"{{"japanese_mecab": {{"path": {path}}}}}"#);
    let tokenizer: Tokenizer = serde_json::from_str(&text).unwrap();
    assert_eq!(tokenizer, Tokenizer::JapaneseMecab(dictionary("ja")));

    let value = read.evaluate(texts()).unwrap();
    assert!(value.score > 0.0);
    insta::assert_snapshot!(value.signature, @"nrefs:1|case:mixed|eff:no|tok:ja-mecab-0.996-304|smooth:exp|version:2.6.0");

    // The same words, cut before.
    let named = SacreBLEUScore::new().tokenizer(Tokenizer::Named("mine".into()));
    let cut = texts().cut_by(|line| {
        let words = dictionary("ja").words(line).into_iter();
        words.map(str::to_owned).collect()
    });
    let cut = named.evaluate(cut).unwrap();
    assert_eq!(cut.score, value.score);
    insta::assert_snapshot!(cut.signature, @"nrefs:1|case:mixed|eff:no|tok:mine|smooth:exp|version:2.6.0");
}

#[test]
fn words_with_blanks_stay_one() {
    let texts = TextInput::from((["New York is\nbig"], ["New York was\nbig"]));
    let cut = texts.cut_by(|line| match line.strip_prefix("New York ") {
        Some(rest) => vec!["New York".into(), rest.into()],
        None => vec![line.into()],
    });
    assert_eq!(WordErrorRate::new().evaluate(cut).unwrap(), 1.0 / 3.0);
}

#[test]
fn dictionaries_that_are_not_there_are_errors() {
    let error = MecabDictionary::open("/nowhere").unwrap_err();
    insta::assert_snapshot!(error, @"/nowhere/sys.dic: No such file or directory (os error 2)");
    let text = r#"{"japanese_mecab": {"path": "/nowhere"}}"#;
    let error = serde_json::from_str::<Tokenizer>(text).unwrap_err();
    insta::assert_snapshot!(error, @"/nowhere/sys.dic: No such file or directory (os error 2)");
}

/// Whatever is in the files, nothing panics.
#[test]
fn damaged_dictionaries_are_errors_or_cut_otherwise() {
    let folder = folder("damaged");
    let files = FILES.map(|name| (name, packed("ko", name)));
    let mut errors = 0;
    for (name, bytes) in &files {
        for round in 0..60 {
            for (name, bytes) in &files {
                fs::write(folder.join(name), bytes).unwrap();
            }
            let at = (round * 7919 + round * round) % bytes.len();
            let mut damaged = bytes.clone();
            match round % 3 {
                0 => damaged.truncate(at),
                1 => damaged[at] ^= 1 << (round % 8),
                // Headers decide most.
                _ => damaged[round % 72 % bytes.len()] ^= 0x81,
            }
            fs::write(folder.join(name), damaged).unwrap();
            match MecabDictionary::open(&folder) {
                Ok(dictionary) => drop(dictionary.words("아버지가 방에 x1 ㄱㄴ 들어가신다. 漢字")),
                Err(error) => {
                    assert!(error.to_string().contains(name), "{error}");
                    errors += 1;
                }
            }
        }
    }
    assert!(errors > 80, "{errors}");
    fs::remove_dir_all(folder).unwrap();
}

#[cfg(feature = "sentencepiece")]
#[test]
fn a_metric_with_a_model_is_data() {
    use burn_metrics::text::SentencePieceModel;
    let tokenizers = [
        Tokenizer::Flores101(model()),
        Tokenizer::Flores200(model()),
        Tokenizer::SentencePiece(model()),
    ];
    let mut signatures = Vec::new();
    for tokenizer in tokenizers {
        let bleu = SacreBLEUScore::new().tokenizer(tokenizer);
        let text = serde_json::to_string(&bleu).unwrap();
        let read: SacreBLEUScore = serde_json::from_str(&text).unwrap();
        assert_eq!(read, bleu);
        signatures.push(read.evaluate(texts()).unwrap().signature);
    }
    assert!(signatures[0].contains("|tok:flores101|"));
    assert!(signatures[1].contains("|tok:flores200|"));
    assert!(signatures[2].contains("|tok:spm-"));

    let folder = folder("models");
    let path = folder.join("not.model");
    let bytes = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizers/pieces.model"),
    );
    let bytes = bytes.unwrap();
    for round in 0..200 {
        let mut damaged = bytes.clone();
        let at = (round * 7919 + round * round) % bytes.len();
        match round % 2 {
            0 => damaged.truncate(at),
            _ => damaged[at] ^= 1 << (round % 8),
        }
        fs::write(&path, damaged).unwrap();
        match SentencePieceModel::open(&path) {
            Ok(model) => drop(model.pieces("東京都に住んで x1")),
            Err(error) => assert!(error.to_string().contains("not.model"), "{error}"),
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
