//! Pages of lists. Clamping is done here, once, so that every list clamps alike.

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    page: u32,
    per_page: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What stands on this page; empty past the last one, which is how SDKs find the end.
    pub items: Vec<T>,
    /// The request as it was carried out.
    pub request: PageRequest,
    /// How many there are on all pages.
    pub total: u64,
}

impl PageRequest {
    /// How many entries a page holds when the caller does not say.
    pub const DEFAULT_PER_PAGE: u32 = 20;

    /// `page` counts from 1; `per_page` is clamped to `1..=most`, never refused for being large.
    pub fn new(page: Option<u32>, per_page: Option<u32>, most: u32) -> Self {
        Self {
            page: page.unwrap_or(1).max(1),
            per_page: per_page.unwrap_or(Self::DEFAULT_PER_PAGE).clamp(1, most),
        }
    }

    /// The page's number, from 1.
    pub const fn page(self) -> u32 {
        self.page
    }

    /// Entries per page, clamped.
    pub const fn per_page(self) -> u32 {
        self.per_page
    }

    /// How many entries stand on the pages before this one.
    pub const fn offset(self) -> u64 {
        (self.page as u64 - 1) * self.per_page as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_page_is_clamped_and_the_offset_follows_the_clamped_value() {
        let request = PageRequest::new(Some(3), Some(1_000_000), 50);
        assert_eq!((request.per_page(), request.offset()), (50, 100));
        assert_eq!(PageRequest::new(None, None, 50).per_page(), 20);
    }

    #[test]
    fn the_last_page_of_all_does_not_overflow() {
        let request = PageRequest::new(Some(u32::MAX), Some(100), 100);
        assert_eq!(request.offset(), (u64::from(u32::MAX) - 1) * 100);
    }
}
