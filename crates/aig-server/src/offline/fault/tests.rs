//! Names of models, and the faults that they ask for.

use super::*;

#[test]
fn names_ask_for_faults() {
    let status = |status| Some(Fault::Status(StatusCode::from_u16(status).unwrap()));
    for (model, fault) in [
        ("fault-500", status(500)),
        ("fault-429", status(429)),
        ("fault-599", status(599)),
        ("offline-error-503", status(503)),
        ("@cf/offline/fault-400", status(400)),
        ("openai/fault-cut", Some(Fault::Cut)),
        ("fault-slow", Some(Fault::Slow(SLOW))),
        (
            "fault-slow-15",
            Some(Fault::Slow(Duration::from_millis(15))),
        ),
        ("fault-hang", Some(Fault::Hang)),
        ("fault-close", Some(Fault::Close)),
        ("fault-stall", Some(Fault::Stall)),
        ("fault-endless", Some(Fault::Endless)),
        ("fault-event", Some(Fault::Event)),
        ("fault-garbage", Some(Fault::Garbage)),
        ("fault-html", Some(Fault::Html)),
        ("fault-empty", Some(Fault::Empty)),
        ("fault-flaky", Some(Fault::Flaky)),
        ("fault-200", None),
        ("fault-600", None),
        ("fault-", None),
        ("fault-slow-x", None),
        ("fault-slow-99999999999", None),
        ("no-fault-500", None),
        ("fault-500/model", None),
        ("gpt-4o", None),
    ] {
        assert_eq!(Fault::of(model), fault, "{model}");
    }
}
