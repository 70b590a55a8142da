//! Which bodies had no secrets in them when they were looked through: the cache gives one answer to one
//! question over and over, and the log would look through both again for each row.
//!
//! The answer is the cache's own, a question is known by its digest. Looking is `transcript`'s.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use aig_model::Transcript;
use bytes::Bytes;

/// What of an answer that the cache holds, and of the question that it was given to last, is known.
#[derive(Debug, Default)]
pub(crate) struct Clean {
    last: Mutex<Option<Look>>,
    /// Of the secrets only a number is kept, which nobody can make two lists of secrets for.
    hasher: RandomState,
}

/// A question, beside the answer, and the secrets that both are looked through for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    question: Option<[u8; 32]>,
    secrets: u64,
}

impl Clean {
    /// What is to be looked at, if it can be known again.
    pub(crate) fn look(&self, transcript: &Transcript, secrets: &[Bytes]) -> Option<Look> {
        // Who keeps no answer has not looked at it.
        transcript.response.as_ref()?;
        let question = match &transcript.request {
            Some(question) => Some(**question.digest.as_ref()?),
            None => None,
        };
        Some(Look {
            question,
            secrets: self.hasher.hash_one(secrets),
        })
    }

    /// Whether nothing was found the last time, in the same question and for the same secrets.
    pub(crate) fn knows(&self, look: Look) -> bool {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) == Some(look)
    }

    /// Nothing was found.
    pub(crate) fn note(&self, look: Look) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(look);
    }
}

#[cfg(test)]
mod tests {
    use aig_model::Body;

    use super::*;

    fn body(text: &str, digest: Option<[u8; 32]>) -> Option<Body> {
        let mut body = Body::try_from(text.as_bytes().to_vec()).unwrap();
        body.digest = digest.map(Box::new);
        Some(body)
    }

    #[test]
    fn only_the_same_question_and_the_same_secrets_are_known() {
        let clean = Clean::default();
        let secrets = |all: &[&'static str]| -> Vec<Bytes> {
            all.iter()
                .map(|text| Bytes::from_static(text.as_bytes()))
                .collect()
        };
        let asked = |digest| Transcript {
            request: body("question", digest),
            response: body("answer", None),
        };
        let one = clean
            .look(&asked(Some([1; 32])), &secrets(&["sk-one", "token"]))
            .unwrap();
        assert!(!clean.knows(one));
        clean.note(one);
        assert!(clean.knows(one));
        let again = clean.look(&asked(Some([1; 32])), &secrets(&["sk-one", "token"]));
        assert_eq!(again, Some(one));
        for (digest, of) in [
            ([2; 32], &["sk-one", "token"][..]),
            ([1; 32], &["sk-one"]),
            ([1; 32], &["sk-one", "other"]),
            // The same letters.
            ([1; 32], &["sk-onet", "oken"]),
        ] {
            let other = clean.look(&asked(Some(digest)), &secrets(of)).unwrap();
            assert!(!clean.knows(other), "{digest:?} {of:?}");
        }
    }

    #[test]
    fn what_was_not_looked_at_is_not_known() {
        let clean = Clean::default();
        let (question, answer) = (|digest| body("question", digest), || body("answer", None));
        let look = |request, response| clean.look(&Transcript { request, response }, &[]);
        assert_eq!(look(question(Some([1; 32])), None), None);
        assert_eq!(look(question(None), answer()), None);
        let without_a_question = look(None, answer()).unwrap();
        clean.note(without_a_question);
        assert!(!clean.knows(look(question(Some([1; 32])), answer()).unwrap()));
    }
}
