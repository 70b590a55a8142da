//! Boxes that are filled where they stand. `Box::new(make())` makes the thing first and then copies all
//! of it into the box, which of a future is mostly room that nothing stands in yet.

use std::pin::Pin;

/// A box with what is made, made in it.
#[inline]
pub(crate) fn boxed<T>(make: impl FnOnce() -> T) -> Box<T> {
    Box::write(Box::new_uninit(), make())
}

/// The same, pinned.
#[inline]
pub fn pinned<F: Future>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::into_pin(boxed(make))
}
