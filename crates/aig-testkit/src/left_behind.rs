//! What the log of a house holds, in plain: its files have rows in columns and bodies compressed, in
//! which nothing can be looked for.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aig_model::{
    Account, GatewayId, PageRequest, Permission, Permissions, Timestamp, Token, TokenId,
};
use aig_store::{AccountScope, Side, Store, StoreError};

/// How many rows of a gateway are looked at, the newest.
const MOST: u32 = 50;

/// All rows and bodies of all gateways, one after the other; what there is of them where the store
/// does not answer. Nothing where builds are optimised, which measure.
pub(crate) fn rows(store: &Store) -> Vec<u8> {
    if !cfg!(debug_assertions) {
        return Vec::new();
    }
    // A test that ends is in the middle of its own runtime, which waits for it.
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a thread can have a runtime");
            runtime.block_on(async {
                let mut found = Vec::new();
                let read = read(store, &mut found);
                // A test may have locked the files.
                let read = tokio::time::timeout(Duration::from_secs(5), read).await;
                drop(read);
                found
            })
        });
        reading.join().expect("reading does not panic")
    })
}

async fn read(store: &Store, found: &mut Vec<u8>) -> Result<(), StoreError> {
    let page = || PageRequest::new(None, Some(MOST), MOST);
    for account in store.instance().list_accounts().await? {
        let grant = anybody(&account)
            .grant(account.id, Permission::Read)
            .expect("this token may read its account");
        for gateway in store.scope(grant).gateways(page(), None).await?.items {
            read_log(store.scope(grant), &gateway.id, page(), found).await?;
        }
    }
    Ok(())
}

async fn read_log(
    scope: AccountScope<'_>,
    gateway: &GatewayId,
    page: PageRequest,
    found: &mut Vec<u8>,
) -> Result<(), StoreError> {
    let rows = scope.logs(gateway, page, None).await?;
    for row in rows.map(|rows| rows.items).unwrap_or_default() {
        let mut text = String::new();
        writeln!(text, "{row:?}").expect("a string takes everything");
        found.extend_from_slice(text.as_bytes());
        for side in [Side::Request, Side::Response] {
            if let Some(body) = scope.log_body(gateway, row.id, side).await? {
                found.extend_from_slice(&body.bytes);
                found.push(b'\n');
            }
        }
    }
    Ok(())
}

/// A token that was never given to anybody, by which a test reads what it owns.
fn anybody(account: &Account) -> Token {
    Token {
        id: TokenId(uuid::Uuid::nil()),
        account: account.id,
        name: Arc::from("the test itself"),
        permissions: Permissions::ALL,
        last_four: Arc::from(""),
        life: aig_model::TokenLife::default(),
        created_at: Timestamp::default(),
        modified_at: Timestamp::default(),
    }
}
