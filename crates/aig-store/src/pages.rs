//! Pages of lists: how many there are of all, and those that stand on one page. What belongs to a list
//! is its statements' to say.

use aig_model::{Page, PageRequest};
use rusqlite::{Row, ToSql, Transaction, named_params};

use crate::columns;

/// The two statements of a list. Both take the list's own parameters.
#[derive(Clone, Copy)]
pub(crate) struct List {
    /// How many there are of all.
    pub(crate) count: &'static str,
    /// Those of a page, which takes `:limit` and `:offset` besides.
    pub(crate) page: &'static str,
}

// === impl List ===

impl List {
    /// The page of those that the parameters ask for.
    pub(crate) fn read<T>(
        self,
        transaction: &Transaction<'_>,
        request: PageRequest,
        parameters: &[(&str, &dyn ToSql)],
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Page<T>> {
        let total: i64 = transaction
            .prepare_cached(self.count)?
            .query_row(parameters, |row| row.get(0))?;
        let (limit, offset) = (request.per_page(), columns::integer(request.offset()));
        let place = named_params! { ":limit": limit, ":offset": offset };
        let items = transaction
            .prepare_cached(self.page)?
            .query_map(&*[parameters, place].concat(), read)?
            .collect::<Result<_, _>>()?;
        Ok(Page {
            items,
            request,
            total: total.unsigned_abs(),
        })
    }
}
