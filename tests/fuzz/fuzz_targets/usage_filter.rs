//! Feeds the fuzzer's inputs to `aig_provider::fuzzing::usage_filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aig_provider::fuzzing::usage_filter(data));
