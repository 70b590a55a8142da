//! How a provider's paths are built: nearly all alike, and a file for each that is not.

use crate::base::{Base, Slot};
use crate::provider::{Call, Provider, Way};
use crate::tail::BadTail;
use crate::wire::Wire;
use crate::{azure, baseten, bedrock, fal, gemini, hugging_face, replicate, vertex, workers_ai};

/// The rule for a provider's paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The tail goes below the base, by the rule for its version.
    Plain,
    Azure,
    Baseten,
    Bedrock,
    Fal,
    HuggingFace,
    Vertex,
    WorkersAi,
}

// === impl Shape ===

impl Shape {
    /// What its base may leave open.
    pub(crate) const fn slots(self) -> &'static [Slot] {
        match self {
            Self::Plain | Self::HuggingFace | Self::WorkersAi => &[Slot::Account],
            Self::Azure => &[Slot::Account, Slot::Resource, Slot::Deployment],
            Self::Baseten => &[Slot::Account, Slot::Model],
            Self::Bedrock => &[Slot::Account, Slot::Service, Slot::Region],
            Self::Fal => &[Slot::Account, Slot::Host],
            Self::Vertex => &[Slot::Account, Slot::Region],
        }
    }

    /// A base as the rule wants it.
    pub(crate) fn settled(self, base: Base) -> Base {
        match self {
            Self::WorkersAi => base.without(workers_ai::RUN),
            _ => base,
        }
    }

    /// What a call's path becomes. The tail has passed the checks and has no slash in front.
    pub(crate) fn way<'a>(
        self,
        provider: &'a Provider,
        call: &Call<'a>,
    ) -> Result<Way<'a>, BadTail> {
        let way = Way {
            query: call.query,
            ..Way::default()
        };
        match self {
            Self::Plain => {
                let (version, below) = provider.split(call.tail);
                Ok(Way {
                    parts: [version, below, None],
                    ..way
                })
            }
            Self::Azure => azure::way(provider, call.tail, way),
            Self::Baseten => baseten::way(provider, call.tail, way),
            Self::Bedrock => bedrock::way(call.tail, way),
            Self::Fal => fal::way(call, way),
            Self::HuggingFace => Ok(hugging_face::way(provider, call.tail, way)),
            Self::Vertex => vertex::way(provider, call.tail, way),
            Self::WorkersAi => Ok(workers_ai::way(call.tail, way)),
        }
    }

    /// The model that a path names, as it stands there.
    pub(crate) fn model_in_path<'a>(self, provider: &Provider, tail: &'a str) -> Option<&'a str> {
        match self {
            Self::Plain => match provider.wire {
                Wire::Gemini => gemini::model_in_path(tail),
                Wire::Replicate => replicate::model_in_path(tail),
                _ => None,
            },
            Self::Azure => azure::model_in_path(tail),
            Self::Baseten => baseten::model_in_path(tail),
            Self::Bedrock => bedrock::model_in_path(tail),
            Self::Fal => fal::model_in_path(tail),
            Self::HuggingFace => hugging_face::model_in_path(tail),
            Self::Vertex => gemini::model_in_path(tail),
            Self::WorkersAi => workers_ai::model_in_path(tail),
        }
    }
}
