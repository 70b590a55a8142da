//! Prices belong to one provider of one account, and go with it.

use std::sync::Arc;

use aig_model::{CustomSettings, NewCustomProvider};

use super::*;
use crate::AccountScope;
use crate::testing::{Rig, at};

async fn provider(scope: AccountScope<'_>, slug: &str) -> CustomProviderId {
    let settings = CustomSettings {
        name: slug.into(),
        slug: slug.into(),
        base_url: "https://one.example".into(),
        ..CustomSettings::default()
    };
    let new = NewCustomProvider {
        settings,
        ..NewCustomProvider::default()
    };
    scope.create_custom_provider(new, at(1)).await.unwrap().id
}

fn terms(model: &str) -> CostTerms {
    CostTerms {
        model: model.into(),
        token_pricing: [("input_tokens".to_owned(), "3".to_owned())].into(),
        enable: true,
        ..CostTerms::default()
    }
}

#[tokio::test]
async fn prices_reach_requests_until_they_are_off_or_gone() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let scope = rig.scope(account);
    let acme = provider(scope, "acme").await;
    let made = scope
        .create_custom_cost(acme, terms("large"), at(1))
        .await
        .unwrap();
    let applying = || {
        let snapshot = Arc::clone(&rig.store.snapshots().borrow());
        let all = snapshot.custom_providers(account).unwrap();
        all.get("custom-acme").unwrap().costs.clone()
    };
    assert_eq!(applying(), std::slice::from_ref(&made));
    let same = scope.create_custom_cost(acme, terms("large"), at(1)).await;
    assert!(matches!(same, Err(CustomProviderError::SamePrice)));
    let off = |terms| {
        Ok::<_, CustomProviderError>(CostTerms {
            enable: false,
            ..terms
        })
    };
    let changed = scope.update_custom_cost(made.id, off, at(2)).await.unwrap();
    assert_eq!((changed.terms.enable, changed.modified_at), (false, at(2)));
    assert_eq!(applying(), []);
    let page = |enable| {
        let filter = CostFilter {
            enable,
            provider: Some(acme),
            rule: Some(ModelRule::Equals),
            search: Some("LARG".into()),
        };
        scope.custom_costs(PageRequest::new(None, None, 100), filter)
    };
    assert_eq!(page(None).await.unwrap().items, [changed]);
    assert_eq!(page(Some(true)).await.unwrap().total, 0);
    assert!(scope.custom_cost(made.id).await.unwrap().is_some());
    scope.delete_custom_provider(acme).await.unwrap();
    assert!(scope.custom_cost(made.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing_and_nobody_elses_is_found() {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let other = rig.account("b").await;
    let scope = rig.scope(account);
    let acme = provider(scope, "acme").await;
    let made = scope
        .create_custom_cost(acme, terms("large"), at(1))
        .await
        .unwrap();
    let refused = |_| Err(CustomProviderError::SamePrice);
    assert!(
        scope
            .update_custom_cost(made.id, refused, at(2))
            .await
            .is_err()
    );
    assert_eq!(
        scope.custom_cost(made.id).await.unwrap(),
        Some(made.clone())
    );
    let foreign = rig.scope(other);
    let priced = foreign.create_custom_cost(acme, terms("x"), at(1)).await;
    assert!(matches!(priced, Err(CustomProviderError::NoProvider)));
    assert!(foreign.custom_cost(made.id).await.unwrap().is_none());
    let gone = foreign.delete_custom_cost(made.id).await;
    assert!(matches!(gone, Err(CustomProviderError::NotFound)));
}
