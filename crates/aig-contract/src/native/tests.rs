//! What the stages do by themselves; whole documents are in `tests/native`.
