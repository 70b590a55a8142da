//! Conditions on rows, translated once per query into tests of columns: texts become sets of words,
//! everything else becomes ranges of integers.

use aig_model::{LogFilter, LogKey, LogOperator, LogQuery, LogValue};
use rusqlite::Transaction;

use super::column::{Column, Is};
use super::id_text::IdText;
use super::metadata;
use super::part::Part;
use super::row::{facet, halves, sortable, unsigned, uuid_of};
use super::words::{self, Words};

/// One condition: one of the atoms has to hold, or none of them when it is negated.
pub(crate) struct Test {
    atoms: Vec<Atom>,
    negated: bool,
}

/// What a column can be asked.
enum Atom {
    /// The facet is one of these words.
    Words(usize, Words),
    /// The facet lies in this range, both ends included.
    Range(usize, i64, i64),
    /// The facet has no value.
    Null(usize),
    /// The id in these two facets has a text with this in it.
    IdText(usize, usize, IdText),
    /// All of these hold.
    All(Vec<Atom>),
    /// It holds of every row.
    Any,
}

/// The tests of a query.
pub(crate) fn tests(
    transaction: &Transaction<'_>,
    query: &LogQuery,
) -> rusqlite::Result<Vec<Test>> {
    let search = query.search.as_deref().filter(|text| !text.is_empty());
    let filters = query.filters.iter().map(|filter| test(transaction, filter));
    filters
        .chain(search.map(|text| searched(transaction, text)))
        .collect()
}

fn searched(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<Test> {
    let needle = text.to_ascii_lowercase();
    let mut atoms = vec![];
    // The dictionary is looked through once for all of them.
    let words = containing(transaction, &needle)?;
    for facet in [facet::PROVIDER, facet::MODEL, facet::PATH, facet::METADATA] {
        if !words.is_empty() {
            atoms.push(Atom::Words(facet, words.clone()));
        }
    }
    if text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) {
        let such = (100..1_000).filter(|status: &i64| status.to_string().contains(text));
        atoms.extend(such.map(|status| Atom::Range(facet::STATUS, status, status)));
    }
    Ok(Test {
        atoms,
        negated: false,
    })
}

fn test(transaction: &Transaction<'_>, filter: &LogFilter) -> rusqlite::Result<Test> {
    let mut atoms = vec![];
    for value in &filter.values {
        atoms.extend(atom(transaction, filter.key, filter.operator, value)?);
    }
    Ok(Test {
        atoms,
        negated: filter.operator == LogOperator::Neq,
    })
}

/// The atoms of one value; none when nothing can be it.
fn atom(
    transaction: &Transaction<'_>,
    key: LogKey,
    operator: LogOperator,
    value: &LogValue,
) -> rusqlite::Result<Vec<Atom>> {
    Ok(match key {
        LogKey::Id => id_atoms(facet::ID_HI, facet::ID_LO, operator, value),
        LogKey::EventId => event_atoms(transaction, operator, value)?,
        LogKey::MetadataKey | LogKey::MetadataValue => {
            metadata_atoms(transaction, key, operator, value)?
        }
        LogKey::Provider => word_atoms(transaction, facet::PROVIDER, operator, value)?,
        LogKey::Model => word_atoms(transaction, facet::MODEL, operator, value)?,
        LogKey::ModelType => word_atoms(transaction, facet::MODEL_TYPE, operator, value)?,
        LogKey::RequestType => word_atoms(transaction, facet::REQUEST_TYPE, operator, value)?,
        LogKey::UserAgent => word_atoms(transaction, facet::USER_AGENT, operator, value)?,
        LogKey::RequestContentType => {
            word_atoms(transaction, facet::REQUEST_TYPE_OF_CONTENT, operator, value)?
        }
        LogKey::ResponseContentType => word_atoms(
            transaction,
            facet::RESPONSE_TYPE_OF_CONTENT,
            operator,
            value,
        )?,
        LogKey::Success => number_atoms(facet::SUCCESS, operator, flag(value)),
        LogKey::Cached => number_atoms(facet::CACHED, operator, flag(value)),
        LogKey::Authentication => number_atoms(facet::AUTH, operator, flag(value)),
        LogKey::CompatibilityMode => number_atoms(facet::COMPAT, operator, flag(value)),
        LogKey::Wholesale if flag(value) == Some(Number::At(0)) => vec![Atom::Any],
        LogKey::DlpAction if *value == LogValue::Null => vec![Atom::Any],
        LogKey::Wholesale | LogKey::DlpAction => vec![],
        LogKey::Cost => number_atoms(facet::COST, operator, scaled(value, 1e12)),
        LogKey::Tokens => number_atoms(facet::TOKENS, operator, scaled(value, 1.0)),
        LogKey::TokensIn => number_atoms(facet::TOKENS_IN, operator, scaled(value, 1.0)),
        LogKey::TokensOut => number_atoms(facet::TOKENS_OUT, operator, scaled(value, 1.0)),
        LogKey::Duration => number_atoms(facet::DURATION, operator, scaled(value, 1.0)),
        LogKey::CreatedAt => number_atoms(facet::AT, operator, scaled(value, 1.0)),
        LogKey::Feedback => {
            let number = match value {
                LogValue::Number(number) => Some(Number::At(sortable(*number))),
                LogValue::Null => Some(Number::None),
                _ => None,
            };
            number_atoms(facet::FEEDBACK, operator, number)
        }
    })
}

/// A number that a facet is compared with.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    None,
    At(i64),
    /// Between this and the next one, where no facet is.
    After(i64),
}

fn scaled(value: &LogValue, scale: f64) -> Option<Number> {
    match value {
        LogValue::Null => Some(Number::None),
        LogValue::Number(number) => {
            // Dollars are read as the nearest pico-dollar: a float cannot say more of them.
            let scaled = if scale > 1.0 {
                (number * scale).round()
            } else {
                *number
            };
            let whole = scaled.floor();
            Some(match whole == scaled {
                true => Number::At(whole as i64),
                false => Number::After(whole as i64),
            })
        }
        _ => None,
    }
}

fn flag(value: &LogValue) -> Option<Number> {
    match value {
        LogValue::Flag(flag) => Some(Number::At((*flag).into())),
        LogValue::Null => Some(Number::None),
        _ => None,
    }
}

fn number_atoms(facet: usize, operator: LogOperator, number: Option<Number>) -> Vec<Atom> {
    use LogOperator::{Contains, Eq, Gt, Lt, Neq};
    let range = match (operator, number) {
        (Eq | Neq, Some(Number::None)) => return vec![Atom::Null(facet)],
        (Eq | Neq, Some(Number::At(at))) => Some((at, at)),
        (Lt, Some(Number::At(at))) => at.checked_sub(1).map(|top| (i64::MIN, top)),
        (Lt, Some(Number::After(at))) => Some((i64::MIN, at)),
        (Gt, Some(Number::At(at) | Number::After(at))) => {
            at.checked_add(1).map(|least| (least, i64::MAX))
        }
        (Contains, _) | (_, None | Some(Number::None | Number::After(_))) => None,
    };
    range
        .map(|(least, greatest)| Atom::Range(facet, least, greatest))
        .into_iter()
        .collect()
}

fn word_atoms(
    transaction: &Transaction<'_>,
    facet: usize,
    operator: LogOperator,
    value: &LogValue,
) -> rusqlite::Result<Vec<Atom>> {
    let text = match value {
        LogValue::Text(text) => text,
        LogValue::Null => return Ok(vec![Atom::Null(facet)]),
        _ => return Ok(vec![]),
    };
    let words = match operator {
        LogOperator::Eq | LogOperator::Neq => {
            let mut words = Words::default();
            if let Some(word) = words::number(transaction, text)? {
                words.add(word);
            }
            words
        }
        LogOperator::Contains => containing(transaction, &text.to_ascii_lowercase())?,
        LogOperator::Lt => Words::such(transaction, |word| word < text.as_str())?,
        LogOperator::Gt => Words::such(transaction, |word| word > text.as_str())?,
    };
    Ok(match words.is_empty() {
        true => vec![],
        false => vec![Atom::Words(facet, words)],
    })
}

fn id_atoms(hi: usize, lo: usize, operator: LogOperator, value: &LogValue) -> Vec<Atom> {
    let LogValue::Text(text) = value else {
        return vec![];
    };
    match operator {
        LogOperator::Contains => {
            let text = IdText::of(&text.to_ascii_lowercase());
            match text.is_nowhere() {
                true => vec![],
                false => vec![Atom::IdText(hi, lo, text)],
            }
        }
        LogOperator::Eq | LogOperator::Neq => {
            let Some(id) = uuid_of(text) else {
                return vec![];
            };
            let (a, b) = halves(id);
            vec![Atom::All(vec![
                Atom::Range(hi, a, a),
                Atom::Range(lo, b, b),
            ])]
        }
        LogOperator::Lt | LogOperator::Gt => vec![],
    }
}

/// An event's id is a word, another id, or that of the row.
fn event_atoms(
    transaction: &Transaction<'_>,
    operator: LogOperator,
    value: &LogValue,
) -> rusqlite::Result<Vec<Atom>> {
    let mut atoms = match value {
        LogValue::Text(_) => word_atoms(transaction, facet::EVENT, operator, value)?,
        _ => return Ok(vec![]),
    };
    atoms.extend(id_atoms(facet::EVENT_HI, facet::EVENT_LO, operator, value));
    let mut own = id_atoms(facet::ID_HI, facet::ID_LO, operator, value);
    if !own.is_empty() {
        own.extend([Atom::Null(facet::EVENT), Atom::Null(facet::EVENT_HI)]);
        atoms.push(Atom::All(own));
    }
    Ok(atoms)
}

fn metadata_atoms(
    transaction: &Transaction<'_>,
    key: LogKey,
    operator: LogOperator,
    value: &LogValue,
) -> rusqlite::Result<Vec<Atom>> {
    if *value == LogValue::Null {
        return Ok(vec![Atom::Null(facet::METADATA)]);
    }
    let words = metadata::words(transaction, key, operator, value)?;
    Ok(match words.is_empty() {
        true => vec![],
        false => vec![Atom::Words(facet::METADATA, words)],
    })
}

/// The words with a text in them that is given in lower case.
fn containing(transaction: &Transaction<'_>, needle: &str) -> rusqlite::Result<Words> {
    let mut lower = String::new();
    Words::such(transaction, |text| {
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        lower.contains(needle)
    })
}

impl Test {
    /// Which rows of a part pass.
    pub(crate) fn run(
        &self,
        transaction: &Transaction<'_>,
        part: &mut Part,
    ) -> rusqlite::Result<Vec<bool>> {
        let mut passed = vec![false; part.rows];
        for atom in &self.atoms {
            atom.mark(transaction, part, &mut passed)?;
        }
        if self.negated {
            passed.iter_mut().for_each(|set| *set = !*set);
        }
        Ok(passed)
    }
}

impl Atom {
    /// Sets the rows of which the atom is true.
    fn mark(
        &self,
        transaction: &Transaction<'_>,
        part: &mut Part,
        passed: &mut [bool],
    ) -> rusqlite::Result<()> {
        match self {
            Self::Any => passed.fill(true),
            Self::Words(facet, words) => {
                column(transaction, part, *facet, Is::Among(words), passed)?
            }
            Self::Range(facet, least, greatest) => {
                if part.may_have(*facet, *least, *greatest) {
                    column(
                        transaction,
                        part,
                        *facet,
                        Is::Within(*least, *greatest),
                        passed,
                    )?;
                }
            }
            Self::Null(facet) => column(transaction, part, *facet, Is::Absent, passed)?,
            Self::IdText(hi, lo, text) => {
                let high = halves_of(transaction, part, *hi)?;
                let low = halves_of(transaction, part, *lo)?;
                if let (Some((high, there)), Some((low, _))) = (high, low) {
                    let mut found = vec![false; passed.len()];
                    text.mark(&high, &low, &mut found);
                    let found = found
                        .iter()
                        .zip(there)
                        .map(|(found, there)| *found && there);
                    passed
                        .iter_mut()
                        .zip(found)
                        .for_each(|(set, found)| *set |= found);
                }
            }
            Self::All(atoms) => {
                let mut all = vec![true; passed.len()];
                for atom in atoms {
                    let mut one = vec![false; passed.len()];
                    atom.mark(transaction, part, &mut one)?;
                    all.iter_mut().zip(&one).for_each(|(all, one)| *all &= one);
                    if !one.contains(&true) {
                        break;
                    }
                }
                passed
                    .iter_mut()
                    .zip(all)
                    .for_each(|(set, all)| *set |= all);
            }
        }
        Ok(())
    }
}

fn column(
    transaction: &Transaction<'_>,
    part: &mut Part,
    facet: usize,
    is: Is<'_>,
    passed: &mut [bool],
) -> rusqlite::Result<()> {
    let data = part.column(transaction, facet)?;
    match data.as_deref().and_then(Column::of) {
        Some(column) => column.mark(is, passed),
        // No row has a value.
        None if matches!(is, Is::Absent) => passed.fill(true),
        None => {}
    }
    Ok(())
}

/// One half of the ids of all rows, and which rows have one; `None` when none has.
fn halves_of(
    transaction: &Transaction<'_>,
    part: &mut Part,
    facet: usize,
) -> rusqlite::Result<Option<(Vec<u64>, Vec<bool>)>> {
    let rows = part.rows;
    let data = part.column(transaction, facet)?;
    Ok(data.as_deref().and_then(Column::of).map(|column| {
        let only = column.only();
        let mut halves = vec![only.map_or(0, unsigned); rows];
        let mut there = vec![only.is_some(); rows];
        if only.is_none() {
            column.each(rows, |at, value| {
                halves[at] = value.map_or(0, unsigned);
                there[at] = value.is_some();
            });
        }
        (halves, there)
    }))
}
