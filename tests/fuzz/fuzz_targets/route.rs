//! Feeds the fuzzer's inputs to `aig_proxy::fuzzing::route`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aig_proxy::fuzzing::route(data));
