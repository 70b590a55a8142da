//! What the holder of a grant can do with the stored keys of an account's gateways.

use aig_model::{
    AuditAction, AuditResource, GatewayId, NewProviderConfig, Page, PageRequest, ProviderConfig,
    ProviderConfigId, ProviderSecret, Timestamp,
};

use crate::audit::Target;
use crate::error::{ProviderConfigError, StoreError};
use crate::provider_configs;
use crate::store::AccountScope;

impl AccountScope<'_> {
    /// The keys that a gateway holds, the oldest first; `None` when there is no such gateway.
    pub async fn provider_configs(
        self,
        gateway: &GatewayId,
        request: PageRequest,
    ) -> Result<Option<Page<ProviderConfig>>, StoreError> {
        let (account, gateway) = (self.account(), gateway.clone());
        self.store()
            .read_config(move |transaction| {
                provider_configs::page(transaction, account, &gateway, request)
            })
            .await
    }

    /// Stores a key; requests may use it when this returns.
    pub async fn create_provider_config(
        self,
        gateway: &GatewayId,
        new: NewProviderConfig,
        now: Timestamp,
    ) -> Result<ProviderConfig, ProviderConfigError> {
        let (account, gateway) = (self.changeable()?, gateway.clone());
        let vault = self.store().vault()?;
        let target = key(AuditAction::Create, &gateway);
        self.change(target, named, move |transaction| {
            provider_configs::create(transaction, &vault, (account, &gateway), &new, now)
        })
        .await
    }

    /// Replaces a key; requests use the new one when this returns.
    pub async fn rotate_provider_config(
        self,
        gateway: &GatewayId,
        id: ProviderConfigId,
        secret: ProviderSecret,
        now: Timestamp,
    ) -> Result<ProviderConfig, ProviderConfigError> {
        let (account, gateway) = (self.changeable()?, gateway.clone());
        let vault = self.store().vault()?;
        let target = key(AuditAction::Update, &gateway).named(&id.0);
        self.change(target, named, move |transaction| {
            let place = (account, &gateway);
            provider_configs::replace(transaction, &vault, place, id, &secret, now)
        })
        .await
    }

    /// Deletes a key; no request uses it any more when this returns, and nothing opens it again.
    pub async fn delete_provider_config(
        self,
        gateway: &GatewayId,
        id: ProviderConfigId,
    ) -> Result<ProviderConfig, ProviderConfigError> {
        let (account, gateway) = (self.changeable()?, gateway.clone());
        let target = key(AuditAction::Delete, &gateway).named(&id.0);
        self.change(target, named, move |transaction| {
            provider_configs::delete(transaction, (account, &gateway), id)
        })
        .await
    }

    fn changeable(self) -> Result<aig_model::AccountId, ProviderConfigError> {
        self.editable().map_err(|_| ProviderConfigError::NotGranted)
    }
}

fn key(action: AuditAction, gateway: &GatewayId) -> Target {
    Target::of(action, AuditResource::ProviderConfig).within(gateway)
}

fn named(config: &ProviderConfig) -> Option<String> {
    Some(config.id.0.to_string())
}
