//! Which room answers which path. Nothing is decided here but that.

use std::sync::Arc;

use aig_control::ControlPlane;
use aig_proxy::{Body, DataPlane, Handler, Inbound};
use http::Request;

use crate::ops::Ops;

/// What one listener serves.
pub(crate) struct Front {
    /// The data plane, if it is served here.
    pub(crate) data: Option<Arc<DataPlane>>,
    /// The control plane and what belongs to it, if it is served here.
    pub(crate) control: Option<Control>,
    /// Health; on every listener, because whoever watches one must see that one.
    pub(crate) ops: Arc<Ops>,
}

/// The control side of a listener.
pub(crate) struct Control {
    pub(crate) plane: Arc<ControlPlane>,
    /// The origin under which callers reach this listener.
    pub(crate) origin: String,
}

impl Handler for Front {
    fn handle(self: Arc<Self>, request: Request<Inbound>) -> aig_proxy::listener::Answer {
        aig_proxy::pinned(|| async move {
            let path = request.uri().path();
            let for_data = aig_proxy::serves(path);
            if let Some(data) = self.data.as_ref().filter(|_| for_data) {
                return data.handle(request).await;
            }
            if let Some(control) = self.control.as_ref().filter(|_| !for_data) {
                if path.starts_with("/client/v4/") || path == "/client/v4" {
                    // Apart, so that requests of the data plane do not carry its room about.
                    let answer = Box::pin(control.plane.call(request)).await;
                    return answer.map(Body::foreign);
                }
                if let Some(answer) = self.ops.control(&request, &control.origin) {
                    return answer;
                }
            }
            self.ops.health(&request)
        })
    }
}
