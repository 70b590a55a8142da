//! Ids of what is new and has no name of its own.

use uuid::Uuid;

use crate::error::StoreError;

/// An id that nothing ever had.
pub(crate) fn fresh() -> Result<Uuid, StoreError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(uuid::Builder::from_random_bytes(random).into_uuid())
}
