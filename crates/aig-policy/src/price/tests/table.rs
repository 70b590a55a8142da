//! Tables that users bring, and what is wrong with them.

use super::*;

fn error(text: &str) -> String {
    PriceBook::of(text).unwrap_err().to_string()
}

#[test]
fn a_table_of_ones_own_replaces_rows_and_adds_some() {
    let book = PriceBook::built_in()
        .extended(
            "\u{feff}# ours\r\n\
             {\"provider\":\"openai\",\"model\":\"gpt-4o\",\"input\":1,\"output\":2}\r\n\
             \r\n\
             {\"provider\":\"custom-acme\",\"model\":\"large\",\"input\":0.333333333333,\"free\":false}\n",
        )
        .unwrap();
    let gpt = book.find("openai", "gpt-4o").unwrap().row;
    assert_eq!(
        gpt.prices(),
        [
            (Unit::Input, usd("0.000001")),
            (Unit::Output, usd("0.000002"))
        ],
        "the row is replaced as a whole, its cache prices too"
    );
    let own = book.cost("custom-acme", "large", &tokens(3, 0)).unwrap();
    assert_eq!(own.money, Money::from_pico(3 * 333_333));
    assert_eq!(book.rows().len(), PriceBook::built_in().rows().len() + 1);
    assert!(book.find("openai", "gpt-4o-mini").is_ok());
    let alone = PriceBook::of("{\"provider\":\"a\",\"model\":\"b\",\"input\":1}").unwrap();
    assert_eq!(alone.rows().len(), 1);
    assert!(PriceBook::of("").unwrap().rows().is_empty());
}

#[test]
fn an_error_names_the_line_the_field_and_the_remedy() {
    let good = r#"{"provider":"p","model":"m","input":1}"#;
    for (line, said) in [
        (
            r#"{"provider":"p","model":"n","inptu":1}"#,
            "unknown field `inptu`",
        ),
        (r#"{"provider":"p","model":"n","input":1"#, "column 37: EOF"),
        (r#"["p","n"]"#, "is not a JSON object; a row is like {"),
        ("[prices]", "is not a JSON object"),
        (r#"{"model":"n","input":1}"#, "missing field `provider`"),
        (
            r#"{"provider":"p","model":"","input":1}"#,
            "`model` must be a name",
        ),
        (
            r#"{"provider":" p","model":"n","input":1}"#,
            "`provider` must be a name",
        ),
        (
            r#"{"provider":"p","model":"n"}"#,
            "p/n has no price; give one, or say \"free\":true",
        ),
        (
            r#"{"provider":"p","model":"n","input":null}"#,
            "p/n has no price",
        ),
        (
            r#"{"provider":"p","model":"n","input":1,"free":true}"#,
            "p/n is free and has a price",
        ),
        (
            r#"{"provider":"p","model":"n","input":1,"input":2}"#,
            "duplicate field `input`",
        ),
        (
            r#"{"provider":"p","model":"n","input":"1"}"#,
            "`input` is not a decimal number; a price is a number of US dollars per million tokens",
        ),
        (
            r#"{"provider":"p","model":"n","output":-1}"#,
            "`output` is negative",
        ),
        (
            r#"{"provider":"p","model":"n","per_input_page":1e9}"#,
            "`per_input_page` is too great",
        ),
        (
            r#"{"provider":"p","model":"n","input":1e308}"#,
            "`input` is too great",
        ),
        (
            r#"{"provider":"p","model":"n","input":1e-9}"#,
            "`input` is less than a pico-dollar",
        ),
        (r#"{"provider":"p","model":"n","input":NaN}"#, "column"),
        (
            r#"{"provider":"p","model":"n","input":1,"tiers":[{"above":5,"input":-2}]}"#,
            "`input` is negative",
        ),
        (
            r#"{"provider":"p","model":"n","input":1,"tiers":[{"input":2}]}"#,
            "missing field `above`",
        ),
        (good, "p/m stands in line 2 already; keep one of the two"),
    ] {
        let error = error(&format!("# a comment\n{good}\n\n{line}\n"));
        assert!(error.starts_with("line 4: "), "{line}: {error}");
        assert!(error.contains(said), "{line}: {error}");
        assert!(!error.contains("at line 1"), "{error}");
    }
}
