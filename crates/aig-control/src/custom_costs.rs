//! The operations on prices of custom providers: unpack, one call of the store, wrap. What can be a
//! price is `aig-policy`'s to say.

use std::collections::BTreeMap;

use aig_api::types::{
    CustomProviderCostInput, CustomProviderCostListResponse, CustomProviderCostPatch,
    CustomProviderCostResponse, CustomProviderTokenPricing,
};
use aig_api::wire::{Number, NumberRule};
use aig_api::{
    CreateCustomProviderCostPath, DeleteCustomProviderCostPath, GetCustomProviderCostPath,
    ListCustomProviderCostsPath, ListCustomProviderCostsQuery, Operation,
    UpdateCustomProviderCostPath, types,
};
use aig_model::{CostFilter, CostTerms, CustomCost, CustomCostId, CustomProviderId, ModelRule};
use aig_policy::price::OwnPrice;
use dropshot::RequestContext;

use crate::convert;
use crate::error::{Failure, Fault};
use crate::inside::Context;

/// The most prices of a page.
pub const MOST: u32 = 100;
/// The one thing that is paid for.
const TOKENS: &str = "tokens";
/// Who says a price.
const MANUAL: &str = "manual";

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListCustomProviderCostsPath,
    query: ListCustomProviderCostsQuery,
) -> Result<CustomProviderCostListResponse, Failure> {
    let context = request.context();
    let operation = Operation::ListCustomProviderCosts;
    let scope = context.scope(request, operation, &path.account_id)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let provider = query
        .account_provider_id
        .map(|id| provider_id(&id, "query"));
    let filter = CostFilter {
        enable: query.enable,
        provider: provider.transpose()?,
        rule: query
            .model_rule
            .and_then(|rule| ModelRule::from_word(rule.as_str())),
        search: query.search,
    };
    let page = scope.custom_costs(page, filter).await?;
    Ok(CustomProviderCostListResponse {
        result: page.items.iter().map(shown).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

pub(crate) async fn create(
    request: &Request,
    path: CreateCustomProviderCostPath,
    input: CustomProviderCostInput,
) -> Result<CustomProviderCostResponse, Failure> {
    let context = request.context();
    let operation = Operation::CreateCustomProviderCost;
    let scope = context.scope(request, operation, &path.account_id)?;
    let provider = provider_id(input.account_provider_id.as_str(), "body")?;
    let terms = CostTerms {
        model: input.model.into(),
        rule: ModelRule::from_word(input.model_rule.as_str()).unwrap_or_default(),
        cost_in: input.cost_in.flatten().map(decimal),
        cost_out: input.cost_out.flatten().map(decimal),
        token_pricing: input.token_pricing.map(pricing).unwrap_or_default(),
        enable: input.enable,
        weight: input.weight.to().unwrap_or_default(),
    };
    let terms = sound(terms)?;
    let made = scope.create_custom_cost(provider, terms, context.now());
    Ok(response(&made.await?))
}

pub(crate) async fn get(
    request: &Request,
    path: GetCustomProviderCostPath,
) -> Result<CustomProviderCostResponse, Failure> {
    let context = request.context();
    let operation = Operation::GetCustomProviderCost;
    let scope = context.scope(request, operation, &path.account_id)?;
    let found = scope
        .custom_cost(id(&path.custom_provider_cost_id)?)
        .await?;
    Ok(response(&found.ok_or(Failure::NotFound)?))
}

pub(crate) async fn update(
    request: &Request,
    path: UpdateCustomProviderCostPath,
    input: CustomProviderCostPatch,
) -> Result<CustomProviderCostResponse, Failure> {
    let context = request.context();
    let operation = Operation::UpdateCustomProviderCost;
    let scope = context.scope(request, operation, &path.account_id)?;
    let id = id(&path.custom_provider_cost_id)?;
    let change = |current| sound(over(input, current));
    let changed = scope.update_custom_cost(id, change, context.now());
    Ok(response(&changed.await?))
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteCustomProviderCostPath,
) -> Result<CustomProviderCostResponse, Failure> {
    let context = request.context();
    let operation = Operation::DeleteCustomProviderCost;
    let scope = context.scope(request, operation, &path.account_id)?;
    let gone = scope.delete_custom_cost(id(&path.custom_provider_cost_id)?);
    Ok(response(&gone.await?))
}

/// The terms with what is to be different about them.
fn over(input: CustomProviderCostPatch, current: CostTerms) -> CostTerms {
    let rule = input.model_rule;
    CostTerms {
        model: input.model.map_or(current.model, Into::into),
        rule: rule
            .and_then(|rule| ModelRule::from_word(rule.as_str()))
            .unwrap_or(current.rule),
        cost_in: input
            .cost_in
            .map_or(current.cost_in, |said| said.map(decimal)),
        cost_out: input
            .cost_out
            .map_or(current.cost_out, |said| said.map(decimal)),
        token_pricing: input.token_pricing.map_or(current.token_pricing, pricing),
        enable: input.enable.unwrap_or(current.enable),
        weight: (input.weight.and_then(|weight| weight.to())).unwrap_or(current.weight),
    }
}

/// The terms, if something can be priced by them.
fn sound(terms: CostTerms) -> Result<CostTerms, Failure> {
    match OwnPrice::of(&terms) {
        Ok(_) => Ok(terms),
        Err(bad) => Err(Fault::of_field(bad.field(), bad.to_string()).into()),
    }
}

fn pricing(said: CustomProviderTokenPricing) -> BTreeMap<String, String> {
    let known = [
        ("input_tokens", said.input_tokens.map(decimal)),
        ("input_text_tokens", said.input_text_tokens.map(decimal)),
        ("input_cached_tokens", said.input_cached_tokens.map(decimal)),
        (
            "input_cache_creation_tokens",
            said.input_cache_creation_tokens.map(decimal),
        ),
        ("input_audio_tokens", said.input_audio_tokens.map(decimal)),
        ("output_tokens", said.output_tokens.map(decimal)),
        (
            "output_reasoning_tokens",
            said.output_reasoning_tokens.map(decimal),
        ),
        ("total_tokens", said.total_tokens.map(decimal)),
    ];
    let known = known.into_iter();
    let known = known.filter_map(|(kind, price)| Some((kind.to_owned(), price?)));
    // They are refused, by their names, when the terms are looked at.
    let others = said.extra.into_iter().filter(|(_, value)| !value.is_null());
    known
        .chain(others.map(|(kind, value)| (kind, value.to_string())))
        .collect()
}

/// The shortest decimal number that is read as this one: that which was written.
fn decimal<R: NumberRule>(number: Number<R>) -> String {
    serde_json::to_string(&number).expect("a number is JSON")
}

fn response(cost: &CustomCost) -> CustomProviderCostResponse {
    CustomProviderCostResponse {
        result: shown(cost),
        success: true,
        errors: vec![],
        messages: vec![],
    }
}

fn shown(cost: &CustomCost) -> types::CustomProviderCost {
    let terms = &cost.terms;
    let number = |text: &Option<String>| {
        let value = text.as_deref()?.parse::<f64>().ok()?;
        Number::try_from(value).ok()
    };
    let pricing = terms.token_pricing.iter();
    let pricing: Vec<_> = pricing
        .map(|(kind, text)| format!("{kind:?}:{text}"))
        .collect();
    types::CustomProviderCost {
        id: cost.id.0.to_string(),
        account_provider_id: cost.provider.0.to_string(),
        model: terms.model.clone(),
        model_rule: terms.rule.as_str().to_owned(),
        cost_type: TOKENS.to_owned(),
        cost_in: number(&terms.cost_in),
        cost_out: number(&terms.cost_out),
        token_pricing: format!("{{{}}}", pricing.join(",")),
        enable: terms.enable,
        weight: convert::bounded(i64::from(terms.weight)),
        changed_by: MANUAL.to_owned(),
        created_at: convert::time(cost.created_at),
        modified_at: convert::time(cost.modified_at),
    }
}

/// The provider that a price is said to be of.
fn provider_id(text: &str, place: &str) -> Result<CustomProviderId, Failure> {
    text.parse().map(CustomProviderId).map_err(|_| {
        Failure::Invalid(vec![Fault {
            message: "account_provider_id must be the id of a custom provider of the account"
                .into(),
            path: vec![place.into(), "account_provider_id".into()],
        }])
    })
}

/// What cannot be an id is the id of nothing.
fn id(text: &str) -> Result<CustomCostId, Failure> {
    text.parse()
        .map(CustomCostId)
        .map_err(|_| Failure::NotFound)
}

#[cfg(test)]
mod tests;
