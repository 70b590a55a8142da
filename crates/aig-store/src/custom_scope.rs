//! What the holder of a grant can do with the custom providers of an account and their prices.

use aig_model::{
    AccountId, AuditAction, AuditResource, CostFilter, CostTerms, CustomCost, CustomCostId,
    CustomFilter, CustomProvider, CustomProviderChange, CustomProviderId, Detached,
    NewCustomProvider, Page, PageRequest, Timestamp,
};

use crate::audit::Target;
use crate::error::{CustomProviderError, StoreError};
use crate::store::AccountScope;
use crate::{custom_costs, custom_providers};

impl AccountScope<'_> {
    /// The account's custom providers, by position and name.
    pub async fn custom_providers(
        self,
        request: PageRequest,
        filter: CustomFilter,
    ) -> Result<Page<CustomProvider>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| {
                custom_providers::page(transaction, account, request, &filter)
            })
            .await
    }

    /// One of them.
    pub async fn custom_provider(
        self,
        id: CustomProviderId,
    ) -> Result<Option<CustomProvider>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| custom_providers::one(transaction, account, id))
            .await
    }

    /// Makes a provider; requests find it when this returns.
    pub async fn create_custom_provider(
        self,
        new: NewCustomProvider,
        now: Timestamp,
    ) -> Result<CustomProvider, CustomProviderError> {
        let (account, vault) = (self.may_change()?, self.store().vault().ok());
        let target = Target::of(AuditAction::Create, AuditResource::CustomProvider);
        self.change(
            target,
            |made: &CustomProvider| Some(made.id.0.to_string()),
            move |transaction| {
                custom_providers::create(transaction, vault.as_deref(), account, &new, now)
            },
        )
        .await
    }

    /// Changes a provider, and says what was taken away with its former destination. No request
    /// goes there any more when this returns, and none to the new one with an old key.
    pub async fn update_custom_provider(
        self,
        id: CustomProviderId,
        change: CustomProviderChange,
        now: Timestamp,
    ) -> Result<(CustomProvider, Detached), CustomProviderError> {
        let (account, vault) = (self.may_change()?, self.store().vault().ok());
        let target = Target::of(AuditAction::Update, AuditResource::CustomProvider).named(&id.0);
        self.change(
            target,
            |(provider, _): &(CustomProvider, Detached)| Some(provider.id.0.to_string()),
            move |transaction| {
                let place = (account, id);
                custom_providers::update(transaction, vault.as_deref(), place, change, now)
            },
        )
        .await
    }

    /// Deletes a provider with its prices and its stored keys.
    pub async fn delete_custom_provider(
        self,
        id: CustomProviderId,
    ) -> Result<(CustomProvider, Detached), CustomProviderError> {
        let account = self.may_change()?;
        let target = Target::of(AuditAction::Delete, AuditResource::CustomProvider).named(&id.0);
        self.change(
            target,
            |(provider, _): &(CustomProvider, Detached)| Some(provider.id.0.to_string()),
            move |transaction| custom_providers::delete(transaction, account, id),
        )
        .await
    }

    /// The prices of the account's custom providers, the oldest first.
    pub async fn custom_costs(
        self,
        request: PageRequest,
        filter: CostFilter,
    ) -> Result<Page<CustomCost>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| {
                custom_costs::page(transaction, account, request, &filter)
            })
            .await
    }

    /// One of them.
    pub async fn custom_cost(self, id: CustomCostId) -> Result<Option<CustomCost>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| custom_costs::one(transaction, account, id))
            .await
    }

    /// Makes a price; requests that end when this has returned are priced by it.
    pub async fn create_custom_cost(
        self,
        provider: CustomProviderId,
        terms: CostTerms,
        now: Timestamp,
    ) -> Result<CustomCost, CustomProviderError> {
        let account = self.may_change()?;
        let target = Target::of(AuditAction::Create, AuditResource::CustomCost);
        self.change(
            target,
            |cost: &CustomCost| Some(cost.id.0.to_string()),
            move |transaction| custom_costs::create(transaction, account, provider, terms, now),
        )
        .await
    }

    /// Changes a price to the terms that are made of its former ones, or not at all.
    pub async fn update_custom_cost<E>(
        self,
        id: CustomCostId,
        change: impl FnOnce(CostTerms) -> Result<CostTerms, E> + Send + 'static,
        now: Timestamp,
    ) -> Result<CustomCost, E>
    where
        E: From<CustomProviderError> + From<StoreError> + Send + 'static,
    {
        let account = self.may_change()?;
        let target = Target::of(AuditAction::Update, AuditResource::CustomCost).named(&id.0);
        self.change(
            target,
            |cost: &CustomCost| Some(cost.id.0.to_string()),
            move |transaction| custom_costs::update(transaction, account, id, change, now),
        )
        .await
    }

    /// Deletes a price.
    pub async fn delete_custom_cost(
        self,
        id: CustomCostId,
    ) -> Result<CustomCost, CustomProviderError> {
        let account = self.may_change()?;
        let target = Target::of(AuditAction::Delete, AuditResource::CustomCost).named(&id.0);
        self.change(
            target,
            |cost: &CustomCost| Some(cost.id.0.to_string()),
            move |transaction| custom_costs::delete(transaction, account, id),
        )
        .await
    }

    fn may_change(self) -> Result<AccountId, CustomProviderError> {
        self.editable().map_err(|_| CustomProviderError::NotGranted)
    }
}
