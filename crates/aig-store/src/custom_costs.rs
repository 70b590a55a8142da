//! Prices of the custom providers of one account: listing, making, changing, deleting. What they
//! come to is left to `aig-policy`.

use std::collections::HashMap;

use aig_model::{
    AccountId, CostFilter, CostTerms, CustomCost, CustomCostId, CustomProviderId, ModelRule, Page,
    PageRequest, Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::CustomProviderError;
use crate::limits::CUSTOM_COSTS;
use crate::pages::List;
use crate::{columns, custom_providers, ids};

/// Those that apply, of all accounts.
const APPLYING: &str = "
    SELECT * FROM custom_cost WHERE enable = 1 ORDER BY account_id, rowid";

const PAGE: &str = "
    SELECT * FROM custom_cost
    WHERE account_id = :account
        AND (:enable IS NULL OR enable = :enable)
        AND (:provider IS NULL OR custom_provider_id = :provider)
        AND (:rule IS NULL OR model_rule = :rule)
        AND (:search IS NULL OR instr(lower(model), lower(:search)) > 0
            OR instr(custom_cost_id, lower(:search)) > 0)
    ORDER BY rowid
    LIMIT :limit OFFSET :offset";

const COUNT: &str = "
    SELECT count(*) FROM custom_cost
    WHERE account_id = :account
        AND (:enable IS NULL OR enable = :enable)
        AND (:provider IS NULL OR custom_provider_id = :provider)
        AND (:rule IS NULL OR model_rule = :rule)
        AND (:search IS NULL OR instr(lower(model), lower(:search)) > 0
            OR instr(custom_cost_id, lower(:search)) > 0)";

const LIST: List = List {
    count: COUNT,
    page: PAGE,
};

const ONE: &str = "
    SELECT * FROM custom_cost WHERE account_id = :account AND custom_cost_id = :id";

const SAME: &str = "
    SELECT 1 FROM custom_cost
    WHERE account_id = :account AND custom_provider_id = :provider AND model_rule = :rule
        AND model = :model AND custom_cost_id <> :id";

const HOW_MANY: &str = "SELECT count(*) FROM custom_cost WHERE account_id = :account";

const INSERT: &str = "
    INSERT INTO custom_cost (account_id, custom_cost_id, custom_provider_id, model, model_rule,
        cost_in, cost_out, token_pricing, enable, weight, created_at, modified_at)
    VALUES (:account, :id, :provider, :model, :rule,
        :cost_in, :cost_out, :pricing, :enable, :weight, :now, :now)";

const UPDATE: &str = "
    UPDATE custom_cost
    SET model = :model, model_rule = :rule, cost_in = :cost_in, cost_out = :cost_out,
        token_pricing = :pricing, enable = :enable, weight = :weight, modified_at = :now
    WHERE account_id = :account AND custom_cost_id = :id AND custom_provider_id = :provider";

const DELETE: &str = "
    DELETE FROM custom_cost WHERE account_id = :account AND custom_cost_id = :id";

/// A page of an account's prices, the oldest first.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    request: PageRequest,
    filter: &CostFilter,
) -> rusqlite::Result<Page<CustomCost>> {
    let account = account.to_string();
    let provider = filter.provider.map(|id| id.0.to_string());
    let rule = filter.rule.map(ModelRule::as_str);
    let search = filter.search.as_deref().filter(|text| !text.is_empty());
    let parameters = named_params! {
        ":account": account, ":enable": filter.enable, ":provider": provider, ":rule": rule,
        ":search": search,
    };
    LIST.read(transaction, request, parameters, cost)
}

/// The price of that id, if it is the account's.
pub(crate) fn one(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: CustomCostId,
) -> rusqlite::Result<Option<CustomCost>> {
    let place = named_params! { ":account": account.to_string(), ":id": id.0.to_string() };
    transaction
        .prepare_cached(ONE)?
        .query_row(place, cost)
        .optional()
}

/// Makes a price of one of the account's providers.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    account: AccountId,
    provider: CustomProviderId,
    terms: CostTerms,
    now: Timestamp,
) -> Result<CustomCost, CustomProviderError> {
    if custom_providers::one(transaction, account, provider)?.is_none() {
        return Err(CustomProviderError::NoProvider);
    }
    let many: u32 = transaction
        .prepare_cached(HOW_MANY)?
        .query_row(named_params! { ":account": account.to_string() }, |row| {
            row.get(0)
        })?;
    if many >= CUSTOM_COSTS {
        return Err(CustomProviderError::TooMany(
            "prices of custom providers",
            CUSTOM_COSTS,
        ));
    }
    let made = CustomCost {
        id: CustomCostId(ids::fresh()?),
        account,
        provider,
        terms,
        created_at: now,
        modified_at: now,
    };
    write(transaction, INSERT, &made)?;
    Ok(made)
}

/// Changes a price to the terms that are made of its former ones.
pub(crate) fn update<E: From<CustomProviderError>>(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: CustomCostId,
    change: impl FnOnce(CostTerms) -> Result<CostTerms, E>,
    now: Timestamp,
) -> Result<CustomCost, E> {
    let found = one(transaction, account, id).map_err(CustomProviderError::from)?;
    let found = found.ok_or(CustomProviderError::NotFound)?;
    let changed = CustomCost {
        terms: change(found.terms)?,
        modified_at: now,
        ..found
    };
    write(transaction, UPDATE, &changed)?;
    Ok(changed)
}

/// Deletes a price.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: CustomCostId,
) -> Result<CustomCost, CustomProviderError> {
    let found = one(transaction, account, id)?.ok_or(CustomProviderError::NotFound)?;
    let place = named_params! { ":account": account.to_string(), ":id": id.0.to_string() };
    transaction.prepare_cached(DELETE)?.execute(place)?;
    Ok(found)
}

/// The prices that apply, by provider.
pub(crate) fn applying(
    transaction: &Transaction<'_>,
) -> rusqlite::Result<HashMap<CustomProviderId, Vec<CustomCost>>> {
    let mut by_provider: HashMap<_, Vec<_>> = HashMap::new();
    let mut statement = transaction.prepare_cached(APPLYING)?;
    for cost in statement.query_map([], cost)? {
        let cost = cost?;
        by_provider.entry(cost.provider).or_default().push(cost);
    }
    Ok(by_provider)
}

fn write(
    transaction: &Transaction<'_>,
    statement: &'static str,
    cost: &CustomCost,
) -> Result<(), CustomProviderError> {
    let (account, id) = (cost.account.to_string(), cost.id.0.to_string());
    let (provider, terms) = (cost.provider.0.to_string(), &cost.terms);
    let same = transaction.prepare_cached(SAME)?.exists(named_params! {
        ":account": account, ":provider": provider, ":rule": terms.rule.as_str(),
        ":model": terms.model, ":id": id,
    })?;
    if same {
        return Err(CustomProviderError::SamePrice);
    }
    let pricing = serde_json::to_string(&terms.token_pricing).expect("a map of texts is JSON");
    transaction
        .prepare_cached(statement)?
        .execute(named_params! {
            ":account": account,
            ":id": id,
            ":provider": provider,
            ":model": terms.model,
            ":rule": terms.rule.as_str(),
            ":cost_in": terms.cost_in,
            ":cost_out": terms.cost_out,
            ":pricing": pricing,
            ":enable": terms.enable,
            ":weight": terms.weight,
            ":now": cost.modified_at.as_millis(),
        })?;
    Ok(())
}

fn cost(row: &Row<'_>) -> rusqlite::Result<CustomCost> {
    Ok(CustomCost {
        id: columns::parsed(row, "custom_cost_id").map(CustomCostId)?,
        account: columns::account(row)?,
        provider: columns::parsed(row, "custom_provider_id").map(CustomProviderId)?,
        terms: CostTerms {
            model: row.get("model")?,
            rule: columns::word(row, "model_rule", ModelRule::from_word)?.unwrap_or_default(),
            cost_in: row.get("cost_in")?,
            cost_out: row.get("cost_out")?,
            token_pricing: columns::json(row, "token_pricing", |text| serde_json::from_str(text))?,
            enable: row.get("enable")?,
            weight: row.get("weight")?,
        },
        created_at: columns::timestamp(row, "created_at")?,
        modified_at: columns::timestamp(row, "modified_at")?,
    })
}

#[cfg(test)]
mod tests;
