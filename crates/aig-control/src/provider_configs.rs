//! The operations on stored keys: unpack, one call of the store, wrap.
//!
//! A key comes in and never goes out: what is answered has no place for it.

use aig_api::types::{
    ProviderConfigInput, ProviderConfigListResponse, ProviderConfigResponse, ProviderConfigRotation,
};
use aig_api::wire::Integer;
use aig_api::{
    CreateProviderConfigPath, DeleteProviderConfigPath, ListProviderConfigsPath,
    ListProviderConfigsQuery, Operation, RotateProviderConfigPath, types,
};
use aig_model::{
    AccountId, GatewayId, KeyDocument, KeyLimit, NewProviderConfig, ProviderConfig,
    ProviderConfigId, ProviderSecret, secret_name,
};
use aig_policy::EgressRules;
use aws_lc_rs::rsa::KeyPair;
use dropshot::RequestContext;

use crate::convert::{self, bounded};
use crate::error::{Failure, Fault};
use crate::gateways::id;
use crate::inside::Context;

/// The most keys of a page.
const MOST: u32 = 100;

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListProviderConfigsPath,
    query: ListProviderConfigsQuery,
) -> Result<ProviderConfigListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListProviderConfigs, &path.account_id)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let page = scope.provider_configs(&id(&path.gateway_id)?, page).await?;
    let page = page.ok_or(Failure::NotFound)?;
    Ok(ProviderConfigListResponse {
        result: page.items.iter().map(shown).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

pub(crate) async fn create(
    request: &Request,
    path: CreateProviderConfigPath,
    input: ProviderConfigInput,
) -> Result<ProviderConfigResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::CreateProviderConfig, &path.account_id)?;
    let gateway = id(&path.gateway_id)?;
    let new = new_config(scope.account(), &gateway, input, context)?;
    let made = scope.create_provider_config(&gateway, new, context.now());
    Ok(response(&made.await?))
}

pub(crate) async fn rotate(
    request: &Request,
    path: RotateProviderConfigPath,
    input: ProviderConfigRotation,
) -> Result<ProviderConfigResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::RotateProviderConfig, &path.account_id)?;
    let gateway = id(&path.gateway_id)?;
    let config = config_id(&path.provider_config_id)?;
    only_the_key(&input)?;
    let secret = secret(input.secret.into(), context.egress())?;
    let turned = scope.rotate_provider_config(&gateway, config, secret, context.now());
    Ok(response(&turned.await?))
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteProviderConfigPath,
) -> Result<ProviderConfigResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::DeleteProviderConfig, &path.account_id)?;
    let config = config_id(&path.provider_config_id)?;
    let gateway = id(&path.gateway_id)?;
    let gone = scope.delete_provider_config(&gateway, config);
    Ok(response(&gone.await?))
}

/// Refuses to change what stays as it is when a key is replaced.
fn only_the_key(input: &ProviderConfigRotation) -> Result<(), Failure> {
    let kept = [
        "alias",
        "default_config",
        "provider_slug",
        "rate_limit",
        "rate_limit_period",
        "secret_id",
    ];
    let asked = kept.iter().filter(|name| {
        let said = input.extra.get(**name);
        said.is_some_and(|value| !value.is_null())
    });
    let faults: Vec<_> = asked
        .map(|name| {
            let message =
                format!("{name} stays when a key is replaced; delete the config and store it anew");
            Fault::of_field(name, message)
        })
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::Invalid(faults)),
    }
}

/// What is asked for when a key is stored.
fn new_config(
    account: AccountId,
    gateway: &GatewayId,
    input: ProviderConfigInput,
    context: &Context,
) -> Result<NewProviderConfig, Failure> {
    let (provider, alias): (String, String) = (input.provider_slug.into(), input.alias.into());
    if !context.is_provider(account, &provider) {
        let message = "provider_slug must be that of a provider, as it stands in the data plane's \
                       URLs, such as openai or custom-{slug}";
        return Err(Fault::of_field("provider_slug", message).into());
    }
    let name = secret_name(gateway, &provider, &alias);
    if input.secret_id.is_some_and(|said| said.as_str() != name) {
        let message = format!("secret_id must be {name:?} or left out: no other store is read");
        return Err(Fault::of_field("secret_id", message).into());
    }
    let Some(text) = input.secret else {
        let message = "secret must be given: keys are stored here and read from nowhere else";
        return Err(Fault::of_field("secret", message).into());
    };
    let secret = secret(text.into(), context.egress())?;
    let limit = KeyLimit::new(
        input.rate_limit.flatten().and_then(Integer::to),
        input.rate_limit_period.flatten().and_then(Integer::to),
    )?;
    let new = NewProviderConfig::new(provider, alias, input.default_config, secret)?;
    Ok(new.limited(limit))
}

/// Checks a key, as far as that can be done without its provider.
fn secret(text: String, egress: &EgressRules) -> Result<ProviderSecret, Failure> {
    let secret = ProviderSecret::new(text)?;
    let Some(KeyDocument::Google(account)) = secret.document() else {
        return Ok(secret);
    };
    if !egress.trusts_token_endpoint(&account.token_uri) {
        let message = "secret.token_uri must be Google's https://oauth2.googleapis.com/token, or \
                       lead to an address that [egress] allow has";
        return Err(Fault::of_field("secret.token_uri", message).into());
    }
    if KeyPair::from_pkcs8(account.private_key()).is_err() {
        let message = "secret.private_key must be an RSA key of 2048 bits or more in PKCS #8, as \
                       Google issues it";
        return Err(Fault::of_field("secret.private_key", message).into());
    }
    Ok(secret)
}

fn response(config: &ProviderConfig) -> ProviderConfigResponse {
    ProviderConfigResponse {
        result: shown(config),
        success: true,
        errors: vec![],
        messages: vec![],
    }
}

fn shown(config: &ProviderConfig) -> types::ProviderConfig {
    types::ProviderConfig {
        id: config.id.0.to_string(),
        gateway_id: config.gateway.to_string(),
        provider_slug: config.provider.clone(),
        alias: config.alias.clone(),
        default_config: config.is_default,
        secret_id: config.secret_name(),
        secret_preview: config.preview.clone(),
        rate_limit: (config.limit.requests()).map(|number| bounded(number.into())),
        rate_limit_period: bounded(config.limit.period().get().into()),
        modified_at: convert::time(config.modified_at),
    }
}

/// What cannot be an id is the id of nothing.
fn config_id(text: &str) -> Result<ProviderConfigId, Failure> {
    text.parse()
        .map(ProviderConfigId)
        .map_err(|_| Failure::NotFound)
}

#[cfg(test)]
mod tests;
