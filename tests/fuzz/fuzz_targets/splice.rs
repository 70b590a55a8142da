//! Feeds the fuzzer's inputs to `aig_provider::fuzzing::splice`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aig_provider::fuzzing::splice(data));
