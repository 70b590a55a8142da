//! How long tokens are kept, who asks for the next one, and what the others do meanwhile.

use std::cell::{Cell, RefCell};
use std::future::{pending, ready};

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::*;

type Answer = Result<Granted, NoToken>;

/// Tokens, and a clock that stands still until it is moved.
struct Rig {
    tokens: AccessTokens,
    now: Cell<Instant>,
    asked: Cell<u32>,
}

impl Rig {
    fn new() -> Self {
        Self {
            tokens: AccessTokens::default(),
            now: Cell::new(Instant::now()),
            asked: Cell::new(0),
        }
    }

    fn later(&self, seconds: u64) {
        self.now.set(self.now.get() + Duration::from_secs(seconds));
    }

    /// Asks for the token of a key, which `answer` gives if it comes to that.
    async fn get(
        &self,
        key: (&str, u32),
        answer: impl Future<Output = Answer>,
    ) -> Result<String, NoToken> {
        let mint = || {
            self.asked.set(self.asked.get() + 1);
            answer
        };
        let token = self.tokens.get(key, || self.now.get(), mint).await?;
        Ok(token.expose().clone())
    }
}

fn granted(token: &str, seconds: u64) -> Answer {
    Ok(Granted {
        token: Arc::new(Secret::new(token.to_owned())),
        lifetime: Duration::from_secs(seconds),
    })
}

const KEY: (&str, u32) = ("a", 1);

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let rig = Rig::new();
    assert_eq!(
        rig.get(KEY, ready(granted("one", 3600))).await,
        Ok("one".into())
    );
    rig.later(3299);
    assert_eq!(rig.get(KEY, pending()).await, Ok("one".into()));
    rig.later(1);
    assert_eq!(
        rig.get(KEY, ready(granted("two", 60))).await,
        Ok("two".into())
    );
    rig.later(53);
    assert_eq!(rig.get(KEY, pending()).await, Ok("two".into()));
    rig.later(1);
    assert_eq!(
        rig.get(KEY, ready(granted("three", 60))).await,
        Ok("three".into())
    );
    // Another version of the key has another one.
    let next = rig.get(("a", 2), ready(granted("four", 60)));
    assert_eq!(next.await, Ok("four".into()));
    assert_eq!(rig.asked.get(), 4);
}

#[tokio::test]
async fn one_request_asks_and_all_have_what_comes_of_it() {
    let rig = Rig::new();
    for answer in [granted("one", 60), Err(NoToken::Refused("invalid_grant"))] {
        let expected = match &answer {
            Ok(granted) => Ok(granted.token.expose().clone()),
            Err(why) => Err(*why),
        };
        let before = rig.asked.get();
        let (go, gate) = oneshot::channel::<Answer>();
        let asking = RefCell::new(Some(gate));
        let calls = (0..20).map(|_| {
            let gate = &asking;
            // Only the first that is asked finds the gate there.
            rig.get(KEY, async move {
                let gate = gate.borrow_mut().take();
                gate.expect("one asks").await.unwrap()
            })
        });
        let all = futures_util::future::join_all(calls);
        let opened = async {
            // By now all of them wait.
            tokio::task::yield_now().await;
            assert_eq!(rig.asked.get(), before + 1);
            let _ = go.send(answer);
        };
        let (told, ()) = tokio::join!(all, opened);
        assert!(told.iter().all(|told| *told == expected), "{told:?}");
        assert_eq!(rig.asked.get(), before + 1);
        rig.later(60);
    }
    // Who comes later asks again.
    assert_eq!(
        rig.get(KEY, ready(granted("two", 60))).await,
        Ok("two".into())
    );
}

#[tokio::test]
async fn a_token_that_is_still_good_serves_while_the_next_one_is_on_its_way_or_refused() {
    let rig = Rig::new();
    rig.get(KEY, ready(granted("one", 3600))).await.unwrap();
    rig.later(3400);
    let renewing = rig.get(KEY, pending());
    tokio::pin!(renewing);
    assert!((&mut renewing).now_or_never().is_none());
    assert_eq!(
        rig.get(KEY, pending()).await,
        Ok("one".into()),
        "it waits for nobody"
    );
    let failing = Rig::new();
    failing.get(KEY, ready(granted("one", 3600))).await.unwrap();
    failing.later(3400);
    let down = || ready(Err(NoToken::Unreachable));
    assert_eq!(failing.get(KEY, down()).await, Ok("one".into()));
    assert_eq!(
        failing.get(KEY, pending()).await,
        Ok("one".into()),
        "not at once again"
    );
    assert_eq!(failing.asked.get(), 2);
    failing.later(10);
    assert_eq!(failing.get(KEY, down()).await, Ok("one".into()));
    failing.later(190);
    assert_eq!(
        failing.get(KEY, down()).await,
        Err(NoToken::Unreachable),
        "it is over"
    );
}

#[tokio::test]
async fn a_caller_that_leaves_lets_the_next_one_ask() {
    let rig = Rig::new();
    {
        let leaving = rig.get(KEY, pending());
        tokio::pin!(leaving);
        assert!((&mut leaving).now_or_never().is_none());
    }
    assert_eq!(
        rig.get(KEY, ready(granted("one", 60))).await,
        Ok("one".into())
    );
}

#[tokio::test]
async fn keys_whose_tokens_are_over_are_forgotten() {
    let rig = Rig::new();
    for n in 0..SWEEP_FROM {
        let id = n.to_string();
        rig.get((&id, 1), ready(granted("t", 60))).await.unwrap();
    }
    rig.later(60);
    rig.get(KEY, ready(granted("t", 60))).await.unwrap();
    assert_eq!(rig.tokens.0.lock().unwrap().len(), 1);
}
