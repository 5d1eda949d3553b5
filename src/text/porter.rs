//! Porter's stemmer, with the extensions of NLTK.
//!
//! Porter, An algorithm for suffix stripping (1980). The names of the steps and conditions are those of the paper: `m` is the
//! number of sequences of vowels that are followed by consonants.

/// The stem of an English word in lower case, by Porter's algorithm with the extensions of NLTK.
///
/// Words with characters other than those of ASCII are returned as they are.
///
/// ```
/// use burn_metrics::text::porter_stem;
///
/// let stems = ["relational", "hopping", "flies", "dying"].map(porter_stem);
/// assert_eq!(stems, ["relat", "hop", "fli", "die"]);
/// ```
pub fn porter_stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut word = word.to_owned();
    for step in [
        step_1a, step_1b, step_1c, step_2, step_3, step_4, step_5a, step_5b,
    ] {
        step(&mut word);
    }
    word
}

const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// A suffix, and what takes its place.
type Rule = (&'static str, &'static str);

/// Applies the first rule whose suffix the word has, if its stem fulfils the condition.
fn apply(word: &mut String, rules: &[Rule], condition: impl Fn(&str, Rule) -> bool) {
    let rule = rules.iter().find(|(suffix, _)| word.ends_with(suffix));
    if let Some(rule) = rule {
        let length = word.len() - rule.0.len();
        if condition(&word[..length], *rule) {
            word.truncate(length);
            word.push_str(rule.1);
        }
    }
}

/// Whether each letter is a consonant: no vowel, and no y after a consonant.
fn consonants(word: &str) -> impl Iterator<Item = bool> {
    word.bytes().scan(false, |is_after_consonant, letter| {
        *is_after_consonant = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !*is_after_consonant,
            _ => true,
        };
        Some(*is_after_consonant)
    })
}

fn m(stem: &str) -> usize {
    let next = consonants(stem).skip(1);
    consonants(stem)
        .zip(next)
        .filter(|pair| *pair == (false, true))
        .count()
}

fn has_vowel(stem: &str) -> bool {
    consonants(stem).any(|is_consonant| !is_consonant)
}

/// `*d`
fn ends_in_double_consonant(stem: &str) -> bool {
    let doubled = matches!(stem.as_bytes(), [.., a, b] if a == b);
    doubled && consonants(stem).last() == Some(true)
}

/// `*o`, and in NLTK also a vowel and a consonant alone.
fn ends_in_cvc(stem: &str) -> bool {
    let kinds: Vec<bool> = consonants(stem).collect();
    match kinds[..] {
        [false, true] => true,
        [.., true, false, true] => !stem.ends_with(['w', 'x', 'y']),
        _ => false,
    }
}

fn step_1a(word: &mut String) {
    // An extension: dies, die; but flies, fli.
    if word.len() == 4 && word.ends_with("ies") {
        word.truncate(3);
        return;
    }
    let rules = [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")];
    apply(word, &rules, |_, _| true);
}

fn step_1b(word: &mut String) {
    // An extension: died, die; but spied, spi.
    if word.ends_with("ied") {
        let kept = if word.len() == 4 { 1 } else { 2 };
        word.truncate(word.len() - kept);
        return;
    }
    if word.ends_with("eed") {
        return apply(word, &[("eed", "ee")], |stem, _| m(stem) > 0);
    }
    let stem = word.strip_suffix("ed").or(word.strip_suffix("ing"));
    let Some(stem) = stem.filter(|stem| has_vowel(stem)) else {
        return;
    };
    word.truncate(stem.len());
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_in_double_consonant(word) {
        if !word.ends_with(['l', 's', 'z']) {
            word.pop();
        }
    } else if m(word) == 1 && ends_in_cvc(word) {
        word.push('e');
    }
}

fn step_1c(word: &mut String) {
    // An extension: only after a consonant that is not the first letter.
    apply(word, &[("y", "i")], |stem, _| {
        stem.len() > 1 && consonants(stem).last() == Some(true)
    });
}

fn step_2(word: &mut String) {
    // An extension: alli first, and then again.
    if word.strip_suffix("alli").is_some_and(|stem| m(stem) > 0) {
        word.truncate(word.len() - 2);
        return step_2(word);
    }
    const RULES: [Rule; 22] = [
        ("ational", "ate"),
        ("tional", "tion"),
        ("enci", "ence"),
        ("anci", "ance"),
        ("izer", "ize"),
        ("bli", "ble"),
        ("alli", "al"),
        ("entli", "ent"),
        ("eli", "e"),
        ("ousli", "ous"),
        ("ization", "ize"),
        ("ation", "ate"),
        ("ator", "ate"),
        ("alism", "al"),
        ("iveness", "ive"),
        ("fulness", "ful"),
        ("ousness", "ous"),
        ("aliti", "al"),
        ("iviti", "ive"),
        ("biliti", "ble"),
        ("fulli", "ful"),
        ("logi", "log"),
    ];
    apply(word, &RULES, |stem, (suffix, _)| match suffix {
        // The l belongs to the stem, so that short ones such as geo are like archaeo.
        "logi" => m(&format!("{stem}l")) > 0,
        _ => m(stem) > 0,
    });
}

fn step_3(word: &mut String) {
    const RULES: [Rule; 7] = [
        ("icate", "ic"),
        ("ative", ""),
        ("alize", "al"),
        ("iciti", "ic"),
        ("ical", "ic"),
        ("ful", ""),
        ("ness", ""),
    ];
    apply(word, &RULES, |stem, _| m(stem) > 0);
}

fn step_4(word: &mut String) {
    const RULES: [Rule; 19] = [
        ("al", ""),
        ("ance", ""),
        ("ence", ""),
        ("er", ""),
        ("ic", ""),
        ("able", ""),
        ("ible", ""),
        ("ant", ""),
        ("ement", ""),
        ("ment", ""),
        ("ent", ""),
        ("ion", ""),
        ("ou", ""),
        ("ism", ""),
        ("ate", ""),
        ("iti", ""),
        ("ous", ""),
        ("ive", ""),
        ("ize", ""),
    ];
    apply(word, &RULES, |stem, (suffix, _)| {
        m(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't']))
    });
}

fn step_5a(word: &mut String) {
    apply(word, &[("e", "")], |stem, _| match m(stem) {
        0 => false,
        1 => !ends_in_cvc(stem),
        _ => true,
    });
}

fn step_5b(word: &mut String) {
    apply(word, &[("ll", "l")], |stem, _| m(&format!("{stem}l")) > 1);
}
