//! The configuration as one immutable value, which a request borrows whole and keeps to its end.
//!
//! Built by `aig-store`, handed to the data plane through a watch channel.

use std::sync::Arc;

use crate::{
    Account, AccountId, CustomEntry, CustomProviders, Gateway, GatewayId, StoredKey, Table,
    Timestamp, Token, TokenDigest, TokenId,
};

/// Everything that a request may need to know of the configuration, at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Grows with every change that is seen; never goes back.
    pub generation: u64,
    /// Accounts.
    pub accounts: Table<AccountId, Account>,
    gateways: Table<(AccountId, GatewayId), Arc<Gateway>>,
    keys: Table<(AccountId, GatewayId), Arc<[StoredKey]>>,
    custom_providers: Table<AccountId, Arc<CustomProviders>>,
    tokens: Table<TokenDigest, Arc<Token>>,
    tokens_by_id: Table<TokenId, Arc<Token>>,
}

/// A gateway as a request finds it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The gateway.
    pub gateway: Arc<Gateway>,
    /// Whether it is the implicit default gateway that nobody has written yet.
    pub unwritten: bool,
}

impl Snapshot {
    /// Puts a snapshot together.
    pub fn new(
        generation: u64,
        accounts: impl IntoIterator<Item = Account>,
        gateways: impl IntoIterator<Item = Gateway>,
        tokens: impl IntoIterator<Item = (TokenDigest, Token)>,
    ) -> Self {
        let tokens: Table<_, _> = tokens
            .into_iter()
            .map(|(digest, token)| (digest, Arc::new(token)))
            .collect();
        Self {
            generation,
            accounts: accounts.into_iter().map(|a| (a.id, a)).collect(),
            gateways: gateways
                .into_iter()
                .map(|g| ((g.account, g.id.clone()), Arc::new(g)))
                .collect(),
            keys: Table::default(),
            custom_providers: Table::default(),
            tokens_by_id: tokens.values().map(|t| (t.id, Arc::clone(t))).collect(),
            tokens,
        }
    }

    /// The same with the stored keys of the gateways.
    #[must_use]
    pub fn with_keys(
        self,
        keys: impl IntoIterator<Item = (AccountId, GatewayId, StoredKey)>,
    ) -> Self {
        let mut lists: Table<_, Vec<StoredKey>> = Table::default();
        for (account, gateway, key) in keys {
            lists.entry((account, gateway)).or_default().push(key);
        }
        let keys = lists.into_iter().map(|(place, list)| (place, list.into()));
        Self {
            keys: keys.collect(),
            ..self
        }
    }

    /// The same with the custom providers of the accounts.
    #[must_use]
    pub fn with_custom_providers(self, entries: impl IntoIterator<Item = CustomEntry>) -> Self {
        Self {
            custom_providers: CustomProviders::by_account(entries),
            ..self
        }
    }

    /// The custom providers of an account, if it has any.
    pub fn custom_providers(&self, account: AccountId) -> Option<&Arc<CustomProviders>> {
        self.custom_providers.get(&account)
    }

    /// The same with the values that tokens had before they were rolled, each good up to a moment.
    #[must_use]
    pub fn with_former(
        mut self,
        former: impl IntoIterator<Item = (TokenDigest, TokenId, Timestamp)>,
    ) -> Self {
        for (digest, id, end) in former {
            if let Some(token) = self.tokens_by_id.get(&id) {
                let life = token.life.until(end);
                let token = Token {
                    life,
                    ..Token::clone(token)
                };
                self.tokens.entry(digest).or_insert(Arc::new(token));
            }
        }
        self
    }

    /// The stored keys of a gateway.
    pub fn keys(&self, gateway: &Gateway) -> Arc<[StoredKey]> {
        // Most houses keep none, and then nothing has to be looked up.
        if self.keys.is_empty() {
            return Arc::default();
        }
        let place = (gateway.account, gateway.id.clone());
        self.keys.get(&place).cloned().unwrap_or_default()
    }

    /// The gateway of that id, `default` included, which every account has even unwritten.
    pub fn gateway(&self, account: AccountId, id: &GatewayId) -> Option<Found> {
        let written = self.gateways.get(&(account, id.clone()));
        if let Some(gateway) = written {
            return Some(Found {
                gateway: Arc::clone(gateway),
                unwritten: false,
            });
        }
        let account = self.accounts.get(&account).filter(|_| id.is_default())?;
        Some(Found {
            gateway: Arc::new(Gateway::implicit_default(account.id, account.created_at)),
            unwritten: true,
        })
    }

    /// The token with this digest.
    pub fn token(&self, digest: &TokenDigest) -> Option<&Arc<Token>> {
        self.tokens.get(digest)
    }

    /// The token of that id.
    pub fn token_by_id(&self, id: TokenId) -> Option<&Arc<Token>> {
        self.tokens_by_id.get(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_a_default_gateway_and_nobody_else_has() {
        let account = Account {
            id: AccountId::from_bytes([1; 16]),
            name: "a".into(),
            created_at: Timestamp::from_millis(5),
        };
        let (id, other) = (account.id, AccountId::from_bytes([2; 16]));
        let snapshot = Snapshot::new(1, [account], [], []);
        let found = snapshot.gateway(id, &GatewayId::default_gateway()).unwrap();
        assert!(found.unwritten && found.gateway.authentication);
        assert!(
            snapshot
                .gateway(other, &GatewayId::default_gateway())
                .is_none()
        );
        assert!(snapshot.gateway(id, &GatewayId::from_name("x")).is_none());
    }
}
