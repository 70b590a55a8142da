//! Custom providers of one account: listing, making, changing, deleting.
//!
//! What their headers hold is sealed before it is written, and leaves again only in the snapshot.
//! What was meant for one host never reaches another one: a change of the destination takes the
//! stored keys of the provider along, in the same transaction. Prices are left to `custom_costs`.

use aig_model::{
    AccountId, Change, CustomEntry, CustomFilter, CustomProvider, CustomProviderChange,
    CustomProviderId, CustomSettings, Detached, ExtraHeaders, GatewayId, NewCustomProvider, Page,
    PageRequest, Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::error::{CustomProviderError, StoreError};
use crate::limits::CUSTOM_PROVIDERS;
use crate::pages::List;
use crate::seal::{KeyRing, Place, Sealed, Unopened};
use crate::vault::Vault;
use crate::{columns, custom_costs, gateways, ids};

const ALL: &str = "SELECT * FROM custom_provider ORDER BY account_id, custom_provider_id";

const SEALED: &str = "
    SELECT account_id, custom_provider_id, slug, headers_version, wrapped FROM custom_provider
    WHERE wrapped IS NOT NULL ORDER BY account_id, custom_provider_id";

const PAGE: &str = "
    SELECT * FROM custom_provider
    WHERE account_id = :account
        AND (:beta IS NULL OR beta = :beta)
        AND (:enable IS NULL OR enable = :enable)
        AND (:search IS NULL OR instr(lower(name), lower(:search)) > 0
            OR instr(slug, lower(:search)) > 0
            OR instr(custom_provider_id, lower(:search)) > 0)
    ORDER BY position IS NULL, position, name, slug
    LIMIT :limit OFFSET :offset";

const COUNT: &str = "
    SELECT count(*) FROM custom_provider
    WHERE account_id = :account
        AND (:beta IS NULL OR beta = :beta)
        AND (:enable IS NULL OR enable = :enable)
        AND (:search IS NULL OR instr(lower(name), lower(:search)) > 0
            OR instr(slug, lower(:search)) > 0
            OR instr(custom_provider_id, lower(:search)) > 0)";

const LIST: List = List {
    count: COUNT,
    page: PAGE,
};

const ONE: &str = "
    SELECT * FROM custom_provider
    WHERE account_id = :account AND custom_provider_id = :id";

const OF_SLUG: &str = "
    SELECT 1 FROM custom_provider WHERE account_id = :account AND slug = :slug";

const HOW_MANY: &str = "SELECT count(*) FROM custom_provider WHERE account_id = :account";

const ACCOUNT: &str = "SELECT 1 FROM account WHERE account_id = :account";

/// Makes room for a provider; what it is is written by `UPDATE`, which knows all of it.
const INSERT: &str = "
    INSERT INTO custom_provider (account_id, custom_provider_id, slug, name, base_url, beta, enable,
        header_names, version, created_at, modified_at)
    VALUES (:account, :id, :slug, 'new', '', 0, 0, '[]', 1, :now, :now)";

const UPDATE: &str = "
    UPDATE custom_provider
    SET slug = :slug, name = :name, base_url = :base_url, beta = :beta, enable = :enable,
        description = :description, link = :link, curl_example = :curl_example,
        js_example = :js_example, position = :position, version = :version, modified_at = :now
    WHERE account_id = :account AND custom_provider_id = :id";

const SET_HEADERS: &str = "
    UPDATE custom_provider
    SET header_names = :names, headers_version = :version, wrapped = :wrapped, sealed = :sealed
    WHERE account_id = :account AND custom_provider_id = :id";

const REWRAP: &str = "
    UPDATE custom_provider SET wrapped = :wrapped
    WHERE account_id = :account AND custom_provider_id = :id";

const DELETE: &str = "
    DELETE FROM custom_provider WHERE account_id = :account AND custom_provider_id = :id";

const GATEWAYS: &str = "SELECT gateway_id FROM gateway WHERE account_id = :account";

const DETACH: &str = "
    DELETE FROM provider_config WHERE account_id = :account AND provider = :provider";

/// A wrapped data key with everything that its place is made of.
pub(crate) struct SealedRow {
    account: AccountId,
    id: String,
    slug: String,
    version: u32,
    pub(crate) wrapped: Vec<u8>,
    gateway: GatewayId,
}

/// A page of an account's providers.
pub(crate) fn page(
    transaction: &Transaction<'_>,
    account: AccountId,
    request: PageRequest,
    filter: &CustomFilter,
) -> rusqlite::Result<Page<CustomProvider>> {
    let account = account.to_string();
    let search = filter.search.as_deref().filter(|text| !text.is_empty());
    let parameters = named_params! {
        ":account": account, ":beta": filter.beta, ":enable": filter.enable, ":search": search,
    };
    LIST.read(transaction, request, parameters, provider)
}

/// The provider of that id, if it is the account's.
pub(crate) fn one(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: CustomProviderId,
) -> rusqlite::Result<Option<CustomProvider>> {
    let place = named_params! { ":account": account.to_string(), ":id": id.0.to_string() };
    transaction
        .prepare_cached(ONE)?
        .query_row(place, provider)
        .optional()
}

/// Whether the account has a provider of that slug, which is said without its prefix.
pub(crate) fn exists(
    transaction: &Transaction<'_>,
    account: AccountId,
    slug: &str,
) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached(OF_SLUG)?
        .exists(named_params! { ":account": account.to_string(), ":slug": slug })
}

/// Makes a provider.
pub(crate) fn create(
    transaction: &Transaction<'_>,
    vault: Option<&Vault>,
    account: AccountId,
    new: &NewCustomProvider,
    now: Timestamp,
) -> Result<CustomProvider, CustomProviderError> {
    let owner = account.to_string();
    let known = transaction
        .prepare_cached(ACCOUNT)?
        .exists(named_params! { ":account": owner })?;
    if !known {
        return Err(CustomProviderError::NotFound);
    }
    if exists(transaction, account, &new.settings.slug)? {
        return Err(CustomProviderError::AlreadyExists(new.settings.provider()));
    }
    let many: u32 = transaction
        .prepare_cached(HOW_MANY)?
        .query_row(named_params! { ":account": owner }, |row| row.get(0))?;
    if many >= CUSTOM_PROVIDERS {
        return Err(CustomProviderError::TooMany(
            "custom providers",
            CUSTOM_PROVIDERS,
        ));
    }
    let made = CustomProvider {
        id: CustomProviderId(ids::fresh()?),
        account,
        settings: new.settings.clone(),
        header_names: new.headers.names(),
        version: 1,
        created_at: now,
        modified_at: now,
    };
    transaction.prepare_cached(INSERT)?.execute(named_params! {
        ":account": owner, ":id": made.id.0.to_string(), ":slug": made.settings.slug,
        ":now": now.as_millis(),
    })?;
    write(transaction, &made)?;
    set_headers(transaction, vault, &made, &new.headers)?;
    Ok(made)
}

/// Changes a provider, and says what was taken away with its former destination.
pub(crate) fn update(
    transaction: &Transaction<'_>,
    vault: Option<&Vault>,
    (account, id): (AccountId, CustomProviderId),
    change: CustomProviderChange,
    now: Timestamp,
) -> Result<(CustomProvider, Detached), CustomProviderError> {
    let found = one(transaction, account, id)?.ok_or(CustomProviderError::NotFound)?;
    let former = found.settings.clone();
    let settings = change.over(found.settings.clone());
    let renamed = settings.slug != former.slug;
    if renamed && exists(transaction, account, &settings.slug)? {
        return Err(CustomProviderError::AlreadyExists(settings.provider()));
    }
    let moved = settings.base_url != former.base_url;
    let mut detached = Detached::default();
    if renamed || moved {
        detached.keys = detach(transaction, account, &former.provider())?;
    }
    let headers = match change.headers {
        Change::Set(headers) => Some(headers),
        Change::Clear => Some(ExtraHeaders::default()),
        Change::Keep if moved && !found.header_names.is_empty() => {
            detached.headers = true;
            Some(ExtraHeaders::default())
        }
        Change::Keep => None,
    };
    let changed = CustomProvider {
        settings,
        header_names: headers
            .as_ref()
            .map_or(found.header_names.clone(), ExtraHeaders::names),
        version: found.version.saturating_add(1),
        modified_at: now,
        ..found
    };
    write(transaction, &changed)?;
    drop_cached(transaction, account)?;
    if let Some(headers) = &headers {
        set_headers(transaction, vault, &changed, headers)?;
    }
    Ok((changed, detached))
}

/// Deletes a provider with its prices and the stored keys that are for it.
pub(crate) fn delete(
    transaction: &Transaction<'_>,
    account: AccountId,
    id: CustomProviderId,
) -> Result<(CustomProvider, Detached), CustomProviderError> {
    let found = one(transaction, account, id)?.ok_or(CustomProviderError::NotFound)?;
    let keys = detach(transaction, account, &found.settings.provider())?;
    let place = named_params! { ":account": account.to_string(), ":id": id.0.to_string() };
    transaction.prepare_cached(DELETE)?.execute(place)?;
    drop_cached(transaction, account)?;
    let detached = Detached {
        keys,
        headers: false,
    };
    Ok((found, detached))
}

/// Every provider as requests find it. Headers that do not open are not there: a request must fail,
/// not go out without.
pub(crate) fn opened(
    transaction: &Transaction<'_>,
    vault: Option<&Vault>,
) -> rusqlite::Result<Vec<CustomEntry>> {
    let mut costs = custom_costs::applying(transaction)?;
    let mut statement = transaction.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut entries = vec![];
    while let Some(row) = rows.next()? {
        let provider = provider(row)?;
        entries.push(CustomEntry {
            headers: opened_headers(row, &provider, vault)?,
            costs: costs.remove(&provider.id).unwrap_or_default(),
            provider,
        });
    }
    Ok(entries)
}

/// Every wrapped data key.
pub(crate) fn wrapped(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<SealedRow>> {
    transaction
        .prepare_cached(SEALED)?
        .query_map([], |row| {
            Ok(SealedRow {
                account: columns::account(row)?,
                id: row.get("custom_provider_id")?,
                slug: row.get("slug")?,
                version: row.get("headers_version")?,
                wrapped: row.get("wrapped")?,
                gateway: GatewayId::default_gateway(),
            })
        })?
        .collect()
}

/// Whether anybody's headers are sealed.
pub(crate) fn any_sealed(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.prepare_cached(SEALED)?.exists([])
}

/// Writes a record's data key, wrapped anew.
pub(crate) fn rewrap(
    transaction: &Transaction<'_>,
    row: &SealedRow,
    wrapped: &[u8],
) -> rusqlite::Result<()> {
    transaction.prepare_cached(REWRAP)?.execute(named_params! {
        ":account": row.account.to_string(), ":id": row.id, ":wrapped": wrapped,
    })?;
    Ok(())
}

/// Deletes the stored keys of a provider.
fn detach(
    transaction: &Transaction<'_>,
    account: AccountId,
    provider: &str,
) -> rusqlite::Result<usize> {
    let owner = account.to_string();
    let of = named_params! { ":account": owner, ":provider": provider };
    transaction.prepare_cached(DETACH)?.execute(of)
}

/// Makes the answers unfindable that were kept when the provider was another one. Which gateways
/// kept some is not known here, so it is all of the account's.
fn drop_cached(transaction: &Transaction<'_>, account: AccountId) -> rusqlite::Result<()> {
    let owner = account.to_string();
    let all: Vec<GatewayId> = transaction
        .prepare_cached(GATEWAYS)?
        .query_map(named_params! { ":account": owner }, |row| {
            columns::parsed(row, "gateway_id")
        })?
        .collect::<Result<_, _>>()?;
    all.iter()
        .try_for_each(|gateway| gateways::drop_cached(transaction, account, gateway))
}

fn write(transaction: &Transaction<'_>, provider: &CustomProvider) -> rusqlite::Result<()> {
    let CustomSettings {
        name,
        slug,
        base_url,
        beta,
        enable,
        description,
        link,
        curl_example,
        js_example,
        position,
    } = &provider.settings;
    transaction.prepare_cached(UPDATE)?.execute(named_params! {
        ":account": provider.account.to_string(),
        ":id": provider.id.0.to_string(),
        ":slug": slug,
        ":name": name,
        ":base_url": base_url,
        ":beta": beta,
        ":enable": enable,
        ":description": description,
        ":link": link,
        ":curl_example": curl_example,
        ":js_example": js_example,
        ":position": position,
        ":version": provider.version,
        ":now": provider.modified_at.as_millis(),
    })?;
    Ok(())
}

fn set_headers(
    transaction: &Transaction<'_>,
    vault: Option<&Vault>,
    provider: &CustomProvider,
    headers: &ExtraHeaders,
) -> Result<(), StoreError> {
    let id = provider.id.0.to_string();
    let sealed = match headers.is_empty() {
        true => None,
        false => {
            let home = GatewayId::default_gateway();
            let place = place(provider.account, &id, provider.version, &home);
            let vault = vault.ok_or(StoreError::NoKey)?;
            let text = headers.to_json();
            Some(vault.current(transaction, |key| key.seal(&place, &text))??)
        }
    };
    let names = serde_json::to_string(&provider.header_names).expect("a list of texts is JSON");
    transaction
        .prepare_cached(SET_HEADERS)?
        .execute(named_params! {
            ":account": provider.account.to_string(),
            ":id": id,
            ":names": names,
            ":version": sealed.as_ref().map(|_| provider.version),
            ":wrapped": sealed.as_ref().map(|sealed| &sealed.wrapped),
            ":sealed": sealed.as_ref().map(|sealed| &sealed.sealed),
        })?;
    Ok(())
}

/// Where the headers of a provider belong. No stored key has such a name: an alias has no spaces.
fn place<'a>(account: AccountId, id: &'a str, version: u32, home: &'a GatewayId) -> Place<'a> {
    Place {
        account,
        gateway: home,
        provider: "custom provider",
        alias: "its headers",
        secret: id,
        version,
    }
}

fn opened_headers(
    row: &Row<'_>,
    provider: &CustomProvider,
    vault: Option<&Vault>,
) -> rusqlite::Result<Option<ExtraHeaders>> {
    let Some(version) = row.get("headers_version")? else {
        return Ok(Some(ExtraHeaders::default()));
    };
    let Some(vault) = vault else { return Ok(None) };
    let record = Sealed {
        wrapped: row.get("wrapped")?,
        sealed: row.get("sealed")?,
    };
    let (id, home) = (provider.id.0.to_string(), GatewayId::default_gateway());
    let place = place(provider.account, &id, version, &home);
    let open = |ring: &KeyRing| ring.open(&place, &record);
    let mut opened = open(&vault.ring());
    if matches!(opened, Err(Unopened::UnknownKey(_))) {
        // Somebody rotated.
        opened = open(&vault.reload());
    }
    match opened {
        Ok(text) => Ok(ExtraHeaders::from_json(text.expose())),
        Err(reason) => {
            let (account, slug) = (provider.account, &provider.settings.slug);
            tracing::error!(%account, slug, %reason, "the headers of a custom provider do not open");
            Ok(None)
        }
    }
}

fn provider(row: &Row<'_>) -> rusqlite::Result<CustomProvider> {
    Ok(CustomProvider {
        id: columns::parsed(row, "custom_provider_id").map(CustomProviderId)?,
        account: columns::account(row)?,
        settings: CustomSettings {
            name: row.get("name")?,
            slug: row.get("slug")?,
            base_url: row.get("base_url")?,
            beta: row.get("beta")?,
            enable: row.get("enable")?,
            description: row.get("description")?,
            link: row.get("link")?,
            curl_example: row.get("curl_example")?,
            js_example: row.get("js_example")?,
            position: row.get("position")?,
        },
        header_names: columns::json(row, "header_names", |text| serde_json::from_str(text))?,
        version: row.get("version")?,
        created_at: columns::timestamp(row, "created_at")?,
        modified_at: columns::timestamp(row, "modified_at")?,
    })
}

// === impl SealedRow ===

impl SealedRow {
    /// Where the record belongs.
    pub(crate) fn place(&self) -> Place<'_> {
        place(self.account, &self.id, self.version, &self.gateway)
    }
}

impl std::fmt::Display for SealedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the headers of custom-{}", self.slug)
    }
}

#[cfg(test)]
mod tests;
