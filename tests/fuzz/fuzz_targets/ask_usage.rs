//! Feeds the fuzzer's inputs to `aig_provider::fuzzing::ask_usage`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aig_provider::fuzzing::ask_usage(data));
