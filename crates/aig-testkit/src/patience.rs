//! Waiting for a condition, with an end.

use std::future::Future;
use std::time::Duration;

/// How long a test waits for what must happen before it fails; generous, because machines that
/// run tests are busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer; fails the test when none comes.
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let asking = async {
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            pause.tick().await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
