//! What the command shows for which words.

use super::*;

fn asked<'b>(model: Option<&str>, provider: Option<&str>) -> anyhow::Result<Answer<'b>> {
    let prices = Prices {
        model: model.map(str::to_owned),
        provider: provider.map(str::to_owned),
        table: None,
        json: false,
    };
    prices.answer(PriceBook::built_in())
}

#[test]
fn a_model_is_shown_with_all_its_prices_and_why() {
    for (model, provider) in [
        ("gpt-4o-mini-2031-01-01", Some("openai")),
        ("openai/gpt-4o-mini-2031-01-01", None),
    ] {
        let answer = asked(Some(model), provider).unwrap();
        let text = answer.text();
        for said in [
            "without its date",
            "0.15 US dollars a million tokens",
            "0.6 US dollars a million tokens",
            "cache_read",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        let json = answer.json();
        assert_eq!(json["model"], "gpt-4o-mini");
        assert_eq!(json["usd"]["input"], 0.15);
        assert_eq!(json["priced"], true);
    }
}

#[test]
fn aliases_of_providers_are_known_here_too() {
    let answer = asked(Some("gemini-2.5-pro"), Some("google")).unwrap();
    let json = answer.json();
    assert_eq!(json["provider"], "google-ai-studio");
    assert_eq!(json["tiers"][0]["above"], 200_000, "{json}");
    assert!(answer.text().contains("above 200000 input tokens"));
}

#[test]
fn without_a_model_there_are_providers_and_without_a_provider_many_rows() {
    let Answer::Providers(counts) = asked(None, None).unwrap() else {
        panic!("providers");
    };
    assert!(
        counts
            .iter()
            .any(|(slug, count)| *slug == "openai" && *count > 50)
    );
    let sum: usize = counts.iter().map(|(_, count)| count).sum();
    assert_eq!(sum, PriceBook::built_in().rows().len());
    let Answer::Rows(rows) = asked(None, Some("groq")).unwrap() else {
        panic!("rows");
    };
    assert!(rows.iter().all(|row| row.provider() == "groq"));

    let Answer::Rows(rows) = asked(Some("gpt-4o"), None).unwrap() else {
        panic!("rows");
    };
    assert!(rows.iter().all(|row| row.model().starts_with("gpt-4o")));
    assert!(rows.iter().any(|row| row.provider() == "azure-openai"));
    let found = asked(Some("Kimi"), None).unwrap();
    let text = found.text();
    assert!(
        text.lines().count() > 5 && text.contains("moonshotai/"),
        "{text}"
    );
}

#[test]
fn what_is_not_there_is_said() {
    let error = |model, provider| asked(model, provider).unwrap_err().to_string();
    assert_eq!(
        error(Some("no-such-model"), None),
        "no price of this model is known: no-such-model"
    );
    assert!(error(None, Some("nobody")).contains("nobody; `aig prices` lists"));
    let unpriced = asked(Some("command-a-plus-05-2026"), Some("cohere")).unwrap();
    assert!(
        unpriced
            .text()
            .contains("unpriced: the table has only zeros")
    );
}
