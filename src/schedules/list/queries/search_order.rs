//! Whether a search with filters reads the list by the index of the words or in the order of the list.
//!
//! Either way reads until the page is full. The index finds the schedules with the words, and each is compared with
//! the filters. The list finds the schedules that match the filters, and each is compared with the words. The sample
//! tells how many are read either way.

use super::filter_values::FilterValues;
use super::page::PAGE;
use super::search::{MAX_EXPECTED, Words};
use super::text_sample::TextSample;
use crate::schedules::list::filters::Sort;

/// Cost of reading the index slice by slice, in compared schedules. Measured: without filters, both ways take
/// equally long for a word that 3 % of 1,000,000 schedules contain.
const SLICE_COST: f64 = 840.;

/// Whether the words are read by their index, if they can be.
pub fn is_by_index(sample: &TextSample, words: &Words, filters: &FilterValues, sort: Sort) -> bool {
    if !words.are_indexed {
        return false;
    }
    let size = sample.schedules().len().max(1) as f64;
    let with_words: Vec<_> = sample.containing(&words.plain()).collect();
    let number = with_words.len().max(1) as f64;
    // The sample expects few hits, but the look-up found many: the sample is too small for these words.
    if sample.number_of(number / size) <= MAX_EXPECTED {
        return true;
    }
    let filtered = sample.schedules().iter().filter(|schedule| filters.fits(schedule)).count().max(1) as f64;
    let with_both = with_words.iter().filter(|schedule| filters.fits(schedule)).count() as f64;
    // Where the sample is too small to tell, filters and words are taken to have nothing to do with each other.
    let with_both = with_both.max(number * filtered / size);
    let in_period = with_words.iter().filter(|schedule| filters.is_within_period(schedule)).count();
    let slices = if sort.is_by_creation() { number } else { in_period.max(1) as f64 };
    // What is read until the page is full, and at most.
    let read = |of: f64| ((PAGE + 1) as f64 * of / with_both).min(sample.number_of(of / size));
    read(slices) + SLICE_COST <= read(filtered)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ids::DepartmentId;
    use crate::schedules::list::queries::search::Keys;
    use crate::schedules::list::queries::text_sample::SampledSchedule;
    use crate::schedules::{Action, Status};

    /// 100,000 schedules: "larissa" in 2 %, two departments, 200 attendants.
    fn sample() -> TextSample {
        let schedule = |n: i64| SampledSchedule {
            search: if n % 50 == 0 { "larissa".into() } else { "pedro".into() },
            status: Status::Scheduled,
            department_id: DepartmentId(n / 50 % 2),
            attendant_or_queue: n % 200,
            created_by: None,
            action: Action::OpenTicket,
            delivery: None,
            due_at: DateTime::UNIX_EPOCH,
            size: 100_000,
        };
        TextSample::of((0..1_000).map(schedule).collect())
    }

    #[test]
    fn a_search_is_read_in_the_order_of_the_list_if_few_schedules_match_the_filters() {
        let larissa = Words {
            patterns: vec!["%larissa%".into()],
            keys: Keys::Trigrams(vec!["lar".into()]),
            are_indexed: true,
        };
        let is_by_index = |filters| is_by_index(&sample(), &larissa, &filters, Sort::Newest);
        assert!(is_by_index(FilterValues::default()));
        assert!(is_by_index(FilterValues { department: Some(DepartmentId(1)), ..FilterValues::default() }));
        assert!(!is_by_index(FilterValues { attendant: Some(7), ..FilterValues::default() }));
    }
}
