//! Sends a step once, with what a stored key adds to every try: a signature, or a token.
//!
//! Holds stored keys to their limits, too. Which key a step goes with is left to `credentials`, when
//! it is sent to `drive`.

use std::mem;
use std::time::{Duration, Instant, SystemTime};

use aig_model::{Secret, ServiceAccount, Timestamp};
use aig_policy::rate_limit::{Limit, Technique};
use aig_policy::{EgressRules, RateLimiter};
use aig_provider::RequestReader;
use http::header::HeaderMap;
use http::{HeaderValue, Request, Response};
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::credentials::{AccessTokens, Granted, Lent, Manner, NoToken, granted, request};
use crate::mask::Key;
use crate::payload::Payload;
use crate::place;
use crate::plan::Step;
use crate::pool::Download;
use crate::upstream::{Unanswered, Upstream};

/// Sends steps.
pub(crate) struct Sender {
    upstream: Upstream,
    rules: EgressRules,
    /// Of stored keys, by the ids of their configs.
    limits: RateLimiter<String>,
    tokens: AccessTokens,
}

/// How long a token endpoint may take altogether.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

// === impl Sender ===

impl Sender {
    pub(crate) fn new(upstream: Upstream, rules: EgressRules) -> Self {
        let wall = Timestamp::from(SystemTime::now());
        Self {
            upstream,
            rules,
            limits: RateLimiter::new(Instant::now(), wall),
            tokens: AccessTokens::default(),
        }
    }

    /// Counts a request, whose tries are one, against the limit of its stored key; in no stretch of
    /// the key's period are there more of them.
    pub(crate) fn admit(&self, planned: &Step) -> Result<(), Unanswered> {
        let Some(lent) = &planned.lent else {
            return Ok(());
        };
        let Some((requests, interval)) = lent.limit.limit() else {
            return Ok(());
        };
        let limit = Limit {
            requests,
            interval,
            technique: Technique::Sliding,
        };
        let admitted = self
            .limits
            .admit_one(lent.id.clone(), limit, Instant::now());
        admitted.map_err(Unanswered::KeyLimited)
    }

    /// Sends a step once; gives up on the first byte of an answer after `timeout`. Of one that goes
    /// out once only the target and the headers are gone afterwards.
    pub(crate) async fn send(
        &self,
        planned: &mut Step,
        timeout: Option<Duration>,
    ) -> Result<Response<Download>, Unanswered> {
        let mut request = place::boxed(|| Request::new(planned.payload.pass()));
        *request.method_mut() = planned.method.clone();
        if planned.goes_once() {
            *request.uri_mut() = mem::take(&mut planned.target);
            *request.headers_mut() = mem::take(&mut planned.headers);
        } else {
            *request.uri_mut() = planned.target.clone();
            *request.headers_mut() = planned.headers.clone();
        }
        let planned = &*planned;
        if planned.payload.may_have_asked() {
            // The length that the caller said is not that of what goes out, which the transport says.
            request.headers_mut().remove(http::header::CONTENT_LENGTH);
        }
        let Some(lent) = &planned.lent else {
            return self.upstream.send(request, timeout).await;
        };
        let began = Instant::now();
        // Apart, because hardly any request waits for it.
        let token = Box::pin(self.authorise(planned, lent, request.headers_mut(), timeout)).await?;
        let left = timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
        let mut answer = self.upstream.send(request, left).await?;
        // A token is nobody's to read in the answer, like the key itself.
        if let Some(key) = token.as_ref().and_then(Key::of) {
            answer.extensions_mut().insert(key);
        }
        Ok(answer)
    }

    /// Puts what the key gives for this try into the headers; answers the token, if it is one.
    async fn authorise(
        &self,
        planned: &Step,
        lent: &Lent,
        headers: &mut HeaderMap,
        timeout: Option<Duration>,
    ) -> Result<Option<Arc<Secret<String>>>, Unanswered> {
        match &lent.manner {
            Manner::Stands => Ok(None),
            Manner::Signs(signer) => {
                let digest = planned.payload.sha256().await;
                let place = (&planned.method, &planned.target);
                signer
                    .sign(place, headers, &digest, SystemTime::now())
                    .map_err(|_| Unanswered::Unsigned)?;
                Ok(None)
            }
            Manner::Exchanged(account) => {
                let most = timeout.map_or(TOKEN_TIMEOUT, |timeout| timeout.min(TOKEN_TIMEOUT));
                let minting = || self.mint(account, most);
                let id = (lent.id.as_str(), lent.version);
                let token = self.tokens.get(id, Instant::now, minting).await?;
                let text = Zeroizing::new(format!("Bearer {}", token.expose()));
                let value = HeaderValue::from_str(&text);
                let mut value = value.map_err(|_| NoToken::Malformed)?;
                value.set_sensitive(true);
                headers.insert(http::header::AUTHORIZATION, value);
                Ok(Some(token))
            }
        }
    }

    /// Changes a service account for a token, by the same way out as everything else.
    async fn mint(&self, account: &ServiceAccount, most: Duration) -> Result<Granted, NoToken> {
        if !self.rules.trusts_token_endpoint(&account.token_uri) {
            return Err(NoToken::Untrusted);
        }
        let asked = request(account, SystemTime::now())?;
        let asked = asked.map(|body| Payload::whole(body, RequestReader::new()).pass());
        let exchange = async {
            let answer = self.upstream.send(Box::new(asked), Some(most)).await;
            granted(answer.map_err(|_| NoToken::Unreachable)?).await
        };
        let exchanged = tokio::time::timeout(most, exchange).await;
        exchanged.map_err(|_| NoToken::Unreachable)?
    }
}
