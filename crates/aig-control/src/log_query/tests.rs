//! The three spellings of filters say the same.

use super::*;

fn text(text: &str) -> LogValue {
    LogValue::Text(text.into())
}

fn filter(key: LogKey, operator: LogOperator, values: &[LogValue]) -> LogFilter {
    LogFilter {
        key,
        operator,
        values: values.to_vec(),
    }
}

fn read(query: &str) -> Vec<LogFilter> {
    filters(Some(query)).unwrap()
}

#[test]
fn json_brackets_and_dots_are_read_alike() {
    let wanted = [
        filter(LogKey::Provider, LogOperator::Eq, &[text("openai")]),
        filter(
            LogKey::Duration,
            LogOperator::Gt,
            &[LogValue::Number(100.0)],
        ),
    ];
    for query in [
        r#"page=2&filters=%5B%7B%22key%22:%22provider%22,%22operator%22:%22eq%22,%22value%22:%5B%22openai%22%5D%7D,{"key":"duration","operator":"gt","value":[100]}]"#,
        "filters[0][key]=provider&filters[0][operator]=eq&filters[0][value][]=openai&filters%5B1%5D%5Bkey%5D=duration&filters[1][operator]=gt&filters[1][value]=100",
        "filters.key=provider&filters.operator=eq&filters.value=openai&filters.key=duration&filters.operator=gt&filters.value=100",
        "filters.key=provider&filters.key=duration&filters.operator=eq&filters.operator=gt&filters.value=openai&filters.value=100",
    ] {
        assert_eq!(read(query), wanted, "{query}");
    }
}

#[test]
fn several_values_go_to_the_only_key_or_to_the_last_one() {
    let one = filter(LogKey::Model, LogOperator::Eq, &[text("a b"), text("c")]);
    assert_eq!(
        read("filters.key=model&filters.operator=eq&filters.value=a+b&filters.value=c"),
        std::slice::from_ref(&one)
    );
    let two = filter(LogKey::Success, LogOperator::Eq, &[LogValue::Flag(false)]);
    let query = "filters.key=model&filters.operator=eq&filters.value=a%20b&filters.value=c\
                 &filters.key=success&filters.operator=eq&filters.value=false";
    assert_eq!(read(query), [one, two]);
}

#[test]
fn values_have_the_type_of_their_key() {
    let value = |key: &str, value: &str| {
        let query = format!("filters.key={key}&filters.operator=eq&filters.value={value}");
        read(&query).remove(0).values.remove(0)
    };
    assert_eq!(
        value("created_at", "1970-01-01T00:00:01Z"),
        LogValue::Number(1_000.0)
    );
    assert_eq!(value("feedback", "null"), LogValue::Null);
    assert_eq!(value("feedback", "-1"), LogValue::Number(-1.0));
    assert_eq!(value("cached", "true"), LogValue::Flag(true));
    assert_eq!(value("metadata.value", "7"), text("7"));
    assert_eq!(value("model", "null"), text("null"));
}

#[test]
fn what_is_not_understood_is_refused_and_told() {
    for (query, words) in [
        ("filters=x", "JSON array"),
        ("filters=[1]", "JSON array"),
        (
            "filters.key=metadata.user&filters.operator=eq&filters.value=x",
            "one of id",
        ),
        (
            "filters.key=model&filters.operator=like&filters.value=x",
            "eq, neq",
        ),
        (
            "filters.key=duration&filters.operator=contains&filters.value=1",
            "contains",
        ),
        (
            "filters.key=duration&filters.operator=eq&filters.value=long",
            "a number",
        ),
        ("filters.key=model&filters.operator=eq", "no value"),
        (
            "filters.key=a&filters.key=b&filters.operator=eq&filters.value=x",
            "no operator",
        ),
        ("filters[0][what]=x", "no more"),
    ] {
        let Err(Failure::Invalid(faults)) = filters(Some(query)) else {
            panic!("{query} is refused");
        };
        assert!(
            faults[0].message.contains(words) || words == "no operator",
            "{query}: {faults:?}"
        );
        assert_eq!(faults[0].path, ["query", "filters"]);
    }
}

#[test]
fn p_16_a_query_of_many_conditions_or_values_is_refused() {
    let one = r#"{"key":"model","operator":"eq","value":["x"]}"#;
    let many = |n: usize| format!("filters=[{}]", vec![one; n].join(","));
    assert_eq!(read(&many(50)).len(), 50);
    assert!(filters(Some(&many(51))).is_err());
    let values = vec!["\"x\""; 101].join(",");
    let query = format!(r#"filters=[{{"key":"model","operator":"eq","value":[{values}]}}]"#);
    assert!(filters(Some(&query)).is_err());
}
