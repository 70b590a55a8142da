//! Feeds the fuzzer's inputs to `aig_proxy::fuzzing::universal`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aig_proxy::fuzzing::universal(data));
