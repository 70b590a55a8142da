//! What each type takes, what it refuses with which words, and that its schema
//! says the same.

use schemars::JsonSchema;
use schemars::r#gen::{SchemaGenerator, SchemaSettings};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

fn schema<T: JsonSchema>() -> Value {
    let mut generator = SchemaGenerator::new(SchemaSettings::openapi3());
    let schema = generator.subschema_for::<T>();
    serde_json::to_value(schema).expect("a schema is JSON")
}

fn refusal<T: DeserializeOwned>(json: &str) -> String {
    match serde_json::from_str::<T>(json) {
        Ok(_) => panic!("{json} was taken"),
        Err(error) => error.to_string(),
    }
}

fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

type Byte = Integer<0, 255>;

#[test]
fn an_integer_is_what_json_schema_calls_one() {
    for json in ["10", "10.0", "1e1", "1.0E+1"] {
        assert_eq!(read::<Byte>(json).get(), 10, "{json}");
    }
    for json in [
        "10.5", "256", "-1", "-1e22", "1e400", "\"10\"", "true", "null", "[]",
    ] {
        assert!(serde_json::from_str::<Byte>(json).is_err(), "{json}");
    }
    assert_eq!(
        read::<Integer>("-9007199254740991").get(),
        -9_007_199_254_740_991
    );
    assert!(serde_json::from_str::<Integer>("18446744073709551615").is_err());
}

#[test]
fn a_refused_integer_names_its_bounds() {
    let says = |json: &str, words: &str| {
        let message = refusal::<Byte>(json);
        assert!(message.starts_with(words), "{json}: {message}");
    };
    says("256", "must be an integer from 0 to 255, not 256");
    says("10.5", "must be an integer from 0 to 255, not 10.5");
    says(
        "\"a\"",
        "invalid type: string \"a\", expected an integer from 0 to 255",
    );
    says(
        "null",
        "invalid type: null, expected an integer from 0 to 255",
    );
    assert!(refusal::<Integer<1>>("0").starts_with("must be an integer of at least 1, not 0"));
    assert!(
        refusal::<Integer<{ i64::MIN }, 1>>("2").starts_with("must be an integer of at most 1")
    );
    assert!(refusal::<Integer>("1.5").starts_with("must be an integer, not 1.5"));
}

#[test]
fn the_schema_of_an_integer_has_the_bounds_that_no_format_implies() {
    assert_eq!(schema::<Integer>(), json!({"type": "integer"}));
    assert_eq!(
        schema::<Byte>(),
        json!({"type": "integer", "minimum": 0.0, "maximum": 255.0})
    );
    assert_eq!(
        schema::<Integer<0, 4_294_967_295, Uint32>>(),
        json!({"type": "integer", "format": "uint32"})
    );
    assert_eq!(
        schema::<Integer<5, 2_147_483_647, Int32>>(),
        json!({"type": "integer", "format": "int32", "minimum": 5.0})
    );
}

#[test]
fn an_integer_is_read_from_text() {
    assert_eq!(Byte::from_text("7").map(Integer::get), Ok(7));
    assert_eq!(Byte::from_text("7.0").map(Integer::get), Ok(7));
    for text in ["", "a", "7a", " 7", "inf", "NaN", "0x7", "256", "1e9"] {
        let refused = Byte::from_text(text).expect_err(text).to_string();
        assert!(
            refused.starts_with("must be an integer from 0 to 255, not "),
            "{refused}"
        );
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Slug {}

impl TextRule for Slug {
    const MIN: Option<u32> = Some(2);
    const MAX: Option<u32> = Some(4);
    const PATTERN: Option<&'static str> = Some(r"^\w+$");
    const FORMAT: Option<&'static str> = Some("slug");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Filled {}

impl TextRule for Filled {
    const MIN: Option<u32> = Some(1);
}

#[test]
fn a_text_is_counted_in_characters_and_matched_in_ascii() {
    assert_eq!(&*read::<Text<Slug>>("\"ab_1\""), "ab_1");
    assert!(refusal::<Text<Slug>>("\"a\"").starts_with("must have 2 to 4 characters, not 1"));
    assert!(refusal::<Text<Slug>>("\"abcde\"").starts_with("must have 2 to 4 characters, not 5"));
    // Four characters, eight bytes: long enough, but no ASCII word.
    assert!(refusal::<Text<Slug>>("\"ääää\"").starts_with(r"must match ^\w+$"));
    assert!(refusal::<Text<Filled>>("\"\"").starts_with("must not be empty"));
    assert!(refusal::<Text<Filled>>("null").starts_with("invalid type: null"));
    assert_eq!(
        schema::<Text<Slug>>(),
        json!({
            "type": "string", "format": "slug", "minLength": 2, "maxLength": 4, "pattern": r"^\w+$",
        })
    );
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Share {}

impl NumberRule for Share {
    const MIN: Option<f64> = Some(0.0);
    const MAX: Option<f64> = Some(1.0);
    const BELOW: bool = true;
}

#[test]
fn a_number_keeps_to_its_bounds_and_whole_ones_stay_whole() {
    assert_eq!(read::<Number<Share>>("0").get(), 0.0);
    assert_eq!(
        Number::<Share>::try_from(1.0)
            .expect_err("excluded")
            .to_string(),
        "must be a number of at least 0 and below 1, not 1"
    );
    assert!(Number::<AnyNumber>::try_from(f64::NAN).is_err());
    assert_eq!(json!(read::<Number>("10.0")), json!(10));
    assert_eq!(json!(read::<Number>("10.5")), json!(10.5));
    assert_eq!(schema::<Number>(), json!({"type": "number"}));
    assert_eq!(
        schema::<Number<Share>>(),
        json!({"type": "number", "minimum": 0.0, "exclusiveMaximum": 1.0})
    );
    assert_eq!(Number::<Share>::from_text("0.5").map(Number::get), Ok(0.5));
    assert!(Number::<Share>::from_text("half").is_err());
}

#[test]
fn a_list_keeps_to_its_length_and_may_forbid_twins() {
    type Few = List<i64, 1, 2, true>;
    assert_eq!(*read::<Few>("[1, 2]"), [1, 2]);
    assert!(refusal::<Few>("[]").starts_with("must have 1 to 2 items, not 0"));
    assert!(refusal::<Few>("[1, 2, 3]").starts_with("must have 1 to 2 items, not 3"));
    assert!(refusal::<Few>("[1, 1]").starts_with("item 1 is there twice"));
    assert_eq!(
        schema::<List<bool, 1, 2, true>>(),
        json!({
            "type": "array", "items": {"type": "boolean"},
            "minItems": 1, "maxItems": 2, "uniqueItems": true,
        })
    );
}

#[test]
fn a_constant_and_a_choice_take_what_they_list() {
    assert_eq!(read::<Constant<true>>("true"), Constant);
    assert!(refusal::<Constant<true>>("false").starts_with("must be true"));
    assert_eq!(
        schema::<Constant<false>>(),
        json!({"type": "boolean", "enum": [false]})
    );

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Watts {}
    impl IntegerRule for Watts {
        const VALUES: &'static [i64] = &[25, 40];
    }
    assert_eq!(read::<IntegerChoice<Watts>>("40.0").get(), 40);
    assert!(refusal::<IntegerChoice<Watts>>("41").starts_with("must be one of 25, 40, not 41"));
    assert_eq!(
        schema::<IntegerChoice<Watts>>(),
        json!({"type": "integer", "enum": [25, 40]})
    );
}

// The four kinds of members, as the generator writes them.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Presence {
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<bool>")]
    must_or_null: Option<bool>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some"
    )]
    #[schemars(with = "bool")]
    may: Option<bool>,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "maybe_null"
    )]
    #[schemars(with = "Nullable<bool>")]
    may_or_null: Option<Option<bool>>,
}

#[test]
fn absent_and_null_are_different_things() {
    let absent: Presence = read(r#"{"must_or_null": null}"#);
    assert_eq!((absent.may, absent.may_or_null), (None, None));
    assert_eq!(json!(absent), json!({"must_or_null": null}));
    let said: Presence = read(r#"{"must_or_null": true, "may_or_null": null}"#);
    assert_eq!(said.may_or_null, Some(None));
    assert_eq!(
        json!(said),
        json!({"must_or_null": true, "may_or_null": null})
    );
    assert!(refusal::<Presence>("{}").starts_with("missing field `must_or_null`"));
    assert!(
        refusal::<Presence>(r#"{"must_or_null": null, "may": null}"#)
            .starts_with("invalid type: null, expected a boolean")
    );
}

#[test]
fn the_schema_tells_absent_and_null_apart_too() {
    let schema = Presence::json_schema(&mut SchemaGenerator::new(SchemaSettings::openapi3()));
    assert_eq!(
        serde_json::to_value(schema).expect("JSON"),
        json!({
            "type": "object",
            "required": ["must_or_null"],
            "properties": {
                "must_or_null": {"type": "boolean", "nullable": true},
                "may": {"type": "boolean"},
                "may_or_null": {"type": "boolean", "nullable": true},
            },
        })
    );
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Figure {
    Circle(Circle),
    Name(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Circle {
    radius: Integer<1, 9>,
}

impl Variants for Figure {
    const TAG: Option<&'static str> = None;
    const VARIANTS: &'static [Variant<Self>] = &[
        (
            "Circle",
            |generator| generator.subschema_for::<Circle>(),
            |value| serde_json::from_value(value).map(Self::Circle),
        ),
        (
            "Name",
            |generator| generator.subschema_for::<String>(),
            |value| serde_json::from_value(value).map(Self::Name),
        ),
    ];
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read_one(deserializer)
    }
}

#[test]
fn an_alternative_without_a_tag_is_told_by_its_form() {
    assert_eq!(read::<Figure>("\"a\""), Figure::Name("a".to_owned()));
    assert!(matches!(
        read::<Figure>(r#"{"radius": 3.0}"#),
        Figure::Circle(_)
    ));
    assert!(refusal::<Figure>("[]").starts_with("fits none of Circle, Name"));
    assert_eq!(
        schema::<OneOf<Figure>>(),
        json!({"oneOf": [{"$ref": "#/components/schemas/Circle"}, {"type": "string"}]})
    );
}

#[test]
fn a_value_that_fits_two_alternatives_is_refused_unless_any_will_do() {
    #[derive(Debug, PartialEq)]
    enum Twice {
        First(Circle),
        Second(Circle),
    }
    impl Variants for Twice {
        const TAG: Option<&'static str> = None;
        const VARIANTS: &'static [Variant<Self>] = &[
            (
                "First",
                |generator| generator.subschema_for::<Circle>(),
                |value| serde_json::from_value(value).map(Self::First),
            ),
            (
                "Second",
                |generator| generator.subschema_for::<Circle>(),
                |value| serde_json::from_value(value).map(Self::Second),
            ),
        ];
    }
    let error = Twice::read_one(json!({"radius": 1})).expect_err("two fit");
    assert_eq!(
        error.to_string(),
        "must be one thing, but is First as well as Second"
    );
    let any = Twice::read_any(json!({"radius": 1})).expect("the first will do");
    assert!(matches!(any, Twice::First(_)), "{any:?}");
    assert!(!matches!(any, Twice::Second(_)));
}

#[test]
fn a_parameter_is_refused_by_name() {
    #[derive(Debug, Deserialize)]
    struct Query {
        #[serde(default, deserialize_with = "page")]
        page: Option<Byte>,
    }
    fn page<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Byte>, D::Error> {
        optional(deserializer, "page")
    }
    let read = |text: &str| serde_json::from_value::<Query>(json!({"page": text}));
    assert_eq!(
        read("3").expect("an integer").page.map(Integer::get),
        Some(3)
    );
    assert_eq!(
        read("three").expect_err("no integer").to_string(),
        "page: must be an integer from 0 to 255, not \"three\""
    );
    assert_eq!(
        bool::from_text("yes").expect_err("no boolean").to_string(),
        "must be true or false, not \"yes\""
    );
    assert!(
        chrono::NaiveDate::from_text("2026-02-30")
            .expect_err("no date")
            .to_string()
            .starts_with("must be a date such as")
    );
}

#[test]
fn values_print_as_what_they_are() {
    let printed = format!(
        "{:?} {:?} {:?}",
        read::<Byte>("7"),
        read::<Number>("0.5"),
        read::<Text<Slug>>("\"ab\"")
    );
    assert_eq!(printed, "7 0.5 \"ab\"");
}
