//! What the holder of a grant can do with the tokens of an account.

use aig_model::{
    AuditAction, AuditResource, NewToken, Page, Permission, Timestamp, Token, TokenChange,
    TokenDigest, TokenId,
};

use crate::audit::Target;
use crate::error::{StoreError, TokenError};
use crate::store::AccountScope;
use crate::tokens::{self, Maker, NewValue, TokenList};

impl AccountScope<'_> {
    /// The account's tokens, never their values.
    pub async fn tokens(self, list: TokenList) -> Result<Page<Token>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| tokens::page(transaction, account, list))
            .await
    }

    /// One token.
    pub async fn token(self, id: TokenId) -> Result<Option<Token>, StoreError> {
        let account = self.account();
        self.store()
            .read_config(move |transaction| tokens::one(transaction, account, id))
            .await
    }

    /// Makes a token; it is good when this returns, unless its life begins later.
    pub async fn create_token(
        self,
        new: NewToken,
        digest: TokenDigest,
        last_four: &str,
        now: Timestamp,
    ) -> Result<Token, TokenError> {
        let (maker, last_four) = (self.maker(now)?, last_four.to_owned());
        let target = Target::of(AuditAction::Create, AuditResource::Token);
        self.change(target, named, move |transaction| {
            tokens::create(transaction, maker, new, digest, &last_four)
        })
        .await
    }

    /// Changes a token; requests see it changed when this returns.
    pub async fn update_token(
        self,
        id: TokenId,
        change: TokenChange,
        now: Timestamp,
    ) -> Result<Token, TokenError> {
        let maker = self.maker(now)?;
        let target = Target::of(AuditAction::Update, AuditResource::Token).named(&id);
        self.change(target, named, move |transaction| {
            tokens::update(transaction, maker, id, change)
        })
        .await
    }

    /// Gives a token a new value; the former one is refused when this returns, or later.
    pub async fn roll_token(
        self,
        id: TokenId,
        value: NewValue,
        now: Timestamp,
    ) -> Result<Token, TokenError> {
        let maker = self.maker(now)?;
        let target = Target::of(AuditAction::Update, AuditResource::Token).named(&id);
        self.change(target, named, move |transaction| {
            tokens::roll(transaction, maker, id, &value)
        })
        .await
    }

    /// Deletes a token; it is refused when this returns.
    pub async fn delete_token(self, id: TokenId, now: Timestamp) -> Result<Token, TokenError> {
        let maker = self.maker(now)?;
        let target = Target::of(AuditAction::Delete, AuditResource::Token).named(&id);
        self.change(target, named, move |transaction| {
            tokens::delete(transaction, maker, id)
        })
        .await
    }

    fn maker(self, now: Timestamp) -> Result<Maker, TokenError> {
        match self.grant().permission() {
            Permission::TokensWrite => Ok(Maker {
                account: self.account(),
                token: self.grant().token(),
                now,
            }),
            _ => Err(TokenError::NotGranted),
        }
    }
}

fn named(token: &Token) -> Option<String> {
    Some(token.id.to_string())
}
