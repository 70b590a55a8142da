//! The operations on custom providers: unpack, check the destination, one call of the store, wrap.
//!
//! What headers hold comes in and never goes out. What may be a destination is `aig-policy`'s to
//! say; it is asked here, when a base URL is said, and again whenever somebody dials.

use aig_api::types::{
    CustomProviderInput, CustomProviderListResponse, CustomProviderPatch, CustomProviderResponse,
};
use aig_api::{
    CreateCustomProviderPath, DeleteCustomProviderPath, GetCustomProviderPath,
    ListCustomProvidersPath, ListCustomProvidersQuery, Operation, UpdateCustomProviderPath, types,
};
use aig_model::{
    Change, CustomFilter, CustomProvider, CustomProviderChange, CustomProviderId, CustomSettings,
    Detached, ExtraHeaders, NewCustomProvider,
};
use dropshot::RequestContext;
use serde_json::{Map, Value, json};

use crate::convert;
use crate::error::Failure;
use crate::inside::Context;

mod base_url;
mod extra_headers;
mod logo;

/// The most providers of a page.
pub const MOST: u32 = 100;
/// What stands in place of the value of a header.
const HIDDEN: &str = "…";

type Request = RequestContext<Context>;

pub(crate) async fn list(
    request: &Request,
    path: ListCustomProvidersPath,
    query: ListCustomProvidersQuery,
) -> Result<CustomProviderListResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::ListCustomProviders, &path.account_id)?;
    let page = convert::page_request(query.page, query.per_page, MOST);
    let filter = CustomFilter {
        beta: query.beta,
        enable: query.enable,
        search: query.search,
    };
    let page = scope.custom_providers(page, filter).await?;
    Ok(CustomProviderListResponse {
        result: page.items.iter().map(shown).collect(),
        success: true,
        errors: vec![],
        messages: vec![],
        result_info: convert::result_info(&page),
    })
}

pub(crate) async fn create(
    request: &Request,
    path: CreateCustomProviderPath,
    input: CustomProviderInput,
) -> Result<CustomProviderResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::CreateCustomProvider, &path.account_id)?;
    let settings = CustomSettings {
        name: input.name.into(),
        slug: input.slug.into(),
        base_url: base_url::checked(input.base_url.into(), context.egress())?,
        beta: input.beta,
        enable: input.enable,
        description: text(input.description),
        link: text(input.link),
        curl_example: text(input.curl_example),
        js_example: text(input.js_example),
        position: input.position.flatten().and_then(|position| position.to()),
    };
    let headers = headers(input.headers)?.over(None).unwrap_or_default();
    let new = NewCustomProvider { settings, headers };
    let made = scope.create_custom_provider(new, context.now()).await?;
    let remark = format!(
        "{} is not enabled: requests to it are refused until enable is true",
        made.settings.provider()
    );
    let remarks = (!made.settings.enable).then_some(remark);
    Ok(response(&made, remarks))
}

pub(crate) async fn get(
    request: &Request,
    path: GetCustomProviderPath,
) -> Result<CustomProviderResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::GetCustomProvider, &path.account_id)?;
    let found = scope.custom_provider(id(&path.custom_provider_id)?).await?;
    Ok(response(&found.ok_or(Failure::NotFound)?, None))
}

pub(crate) async fn update(
    request: &Request,
    path: UpdateCustomProviderPath,
    input: CustomProviderPatch,
) -> Result<CustomProviderResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::UpdateCustomProvider, &path.account_id)?;
    let id = id(&path.custom_provider_id)?;
    let moved = input.base_url.map(String::from);
    let moved = moved.map(|url| base_url::checked(url, context.egress()));
    let change = CustomProviderChange {
        name: input.name.map(Into::into),
        slug: input.slug.map(Into::into),
        base_url: moved.transpose()?,
        beta: input.beta,
        enable: input.enable,
        description: change(input.description),
        link: change(input.link),
        curl_example: change(input.curl_example),
        js_example: change(input.js_example),
        position: Change::from_wire(input.position.map(|p| p.and_then(|p| p.to()))),
        headers: headers(input.headers)?,
    };
    let changed = scope.update_custom_provider(id, change, context.now());
    let (changed, detached) = changed.await?;
    Ok(response(&changed, told(&changed, detached)))
}

pub(crate) async fn delete(
    request: &Request,
    path: DeleteCustomProviderPath,
) -> Result<CustomProviderResponse, Failure> {
    let context = request.context();
    let scope = context.scope(request, Operation::DeleteCustomProvider, &path.account_id)?;
    let gone = scope.delete_custom_provider(id(&path.custom_provider_id)?);
    let (gone, detached) = gone.await?;
    Ok(response(&gone, told(&gone, detached)))
}

/// What went with a destination.
fn told(provider: &CustomProvider, detached: Detached) -> Vec<String> {
    let name = provider.settings.provider();
    let keys = match detached.keys {
        0 => None,
        keys => Some(format!(
            "{keys} stored key(s) of the provider were deleted, because they were meant for its \
             former destination; store them again for {name}"
        )),
    };
    let headers = detached.headers.then(|| {
        "the headers of the provider were deleted, because they were meant for its former base_url; \
         send headers again"
            .to_owned()
    });
    keys.into_iter().chain(headers).collect()
}

fn response(
    provider: &CustomProvider,
    remarks: impl IntoIterator<Item = String>,
) -> CustomProviderResponse {
    let remark = |text| Map::from_iter([("message".to_owned(), Value::String(text))]);
    CustomProviderResponse {
        result: shown(provider),
        success: true,
        errors: vec![],
        messages: remarks.into_iter().map(remark).collect(),
    }
}

fn shown(provider: &CustomProvider) -> types::CustomProvider {
    let settings = provider.settings.clone();
    let names = provider.header_names.iter();
    let hidden: Map<_, _> = names.map(|name| (name.clone(), json!(HIDDEN))).collect();
    types::CustomProvider {
        id: provider.id.0.to_string(),
        account_id: provider.account.to_string(),
        logo: logo::of(&settings.name),
        name: settings.name,
        slug: settings.slug,
        base_url: settings.base_url,
        beta: settings.beta,
        enable: settings.enable,
        description: settings.description,
        link: settings.link,
        curl_example: settings.curl_example,
        js_example: settings.js_example,
        headers: (!hidden.is_empty()).then(|| Value::Object(hidden).to_string()),
        position: settings.position.map(convert::small),
        created_at: convert::time(provider.created_at),
        modified_at: convert::time(provider.modified_at),
    }
}

/// A text of the body; an empty one is none.
fn text(said: Option<Option<impl Into<String>>>) -> Option<String> {
    said.flatten()
        .map(Into::into)
        .filter(|text| !text.is_empty())
}

fn change(said: Option<Option<impl Into<String>>>) -> Change<String> {
    match said {
        None => Change::Keep,
        said => text(said).map_or(Change::Clear, Change::Set),
    }
}

/// The headers of a body; an empty text is none, like null.
fn headers(said: Option<Option<impl Into<String>>>) -> Result<Change<ExtraHeaders>, Failure> {
    match change(said) {
        Change::Keep => Ok(Change::Keep),
        Change::Clear => Ok(Change::Clear),
        Change::Set(text) => extra_headers::read(&text).map(Change::Set),
    }
}

/// What cannot be an id is the id of nothing.
pub(crate) fn id(text: &str) -> Result<CustomProviderId, Failure> {
    text.parse()
        .map(CustomProviderId)
        .map_err(|_| Failure::NotFound)
}

#[cfg(test)]
mod tests;
