//! Coded answers, however they are cut, and bombs.

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;
use crate::{ResponseReader, Wire};

const CHAT: &[u8] = include_bytes!("../../data/openai/chat.stream.sse");
/// The same by Google's encoder, quality 11.
const CHAT_BR: &[u8] = include_bytes!("../../data/coded/chat.stream.sse.br");
/// 64 MiB of zeros, with a window of 4 MiB, and of 16 MiB.
const ZEROS_BR: &[u8] = include_bytes!("../../data/coded/zeros-64-mib.br");
const WIDE_BR: &[u8] = include_bytes!("../../data/coded/window-of-16-mib.br");

fn decoder(coding: &str) -> Decoder {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
    match Coded::by(&headers) {
        Coded::By(decoder) => decoder,
        Coded::Plain | Coded::Unknown => panic!("{coding}"),
    }
}

fn decoded<'a>(coding: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut decoder, mut all) = (decoder(coding), Vec::new());
    for piece in pieces {
        decoder.decode(piece, |part| all.extend_from_slice(part));
    }
    all
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn raw(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Every coding of the chat stream, by its name.
fn coded() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("gzip", gzip(CHAT)),
        (" X-GZip ", gzip(CHAT)),
        ("identity, gzip", gzip(CHAT)),
        ("deflate", zlib(CHAT)),
        ("Deflate", raw(CHAT)),
        ("br", CHAT_BR.to_vec()),
        ("gzip", [gzip(&CHAT[..40]), gzip(&CHAT[40..])].concat()),
    ]
}

#[test]
fn every_coding_is_undone_however_it_is_cut() {
    for (coding, body) in coded() {
        for cut in 0..=body.len() {
            let (before, after) = body.split_at(cut);
            assert_eq!(
                decoded(coding, [before, after]),
                CHAT,
                "{coding} cut at {cut}"
            );
        }
        assert_eq!(
            decoded(coding, body.chunks(1)),
            CHAT,
            "{coding} byte by byte"
        );
    }
}

#[test]
fn a_coded_answer_says_what_the_plain_one_says() {
    let reading = |coding: &str, body: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/event-stream".parse().unwrap());
        headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
        let mut reader = ResponseReader::answering(Wire::OpenAi, &headers);
        body.chunks(5).for_each(|piece| reader.feed(piece));
        reader.reading()
    };
    let plain = reading("identity", CHAT);
    assert!(plain.finished && plain.usage.tokens_in.is_some());
    for (coding, body) in coded() {
        assert_eq!(reading(coding, &body), plain, "{coding}");
    }
    for unknown in ["zstd", "compress", "gzip, br", "gzip, gzip", "\u{7f}x"] {
        let Ok(value) = http::HeaderValue::from_bytes(unknown.as_bytes()) else {
            continue;
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, value);
        assert!(matches!(Coded::by(&headers), Coded::Unknown), "{unknown}");
    }
}

#[test]
fn events_are_read_as_soon_as_they_are_there() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
    let mut reader = ResponseReader::answering(Wire::OpenAi, &headers);
    for count in 1..100 {
        let event = format!("data: {{\"usage\":{{\"completion_tokens\":{count}}}}}\n\n");
        encoder.write_all(event.as_bytes()).unwrap();
        encoder.flush().unwrap();
        reader.feed(&std::mem::take(encoder.get_mut()));
        assert_eq!(reader.reading().usage.tokens_out, Some(count));
    }
}

#[test]
fn what_is_broken_is_read_up_to_there() {
    for (coding, body) in coded() {
        let short = decoded(coding, [&body[..body.len() / 2]]);
        assert!(CHAT.starts_with(&short), "{coding}");
        let behind = [&body[..], b"rubbish", &[0; 100]].concat();
        assert!(
            decoded(coding, behind.chunks(3)).starts_with(CHAT),
            "{coding}"
        );
    }
    for coding in ["gzip", "deflate", "br"] {
        assert_eq!(
            decoded(coding, [&b"\xffno such thing"[..], b"and more"]),
            b"",
            "{coding}"
        );
        assert_eq!(decoded(coding, [&b""[..]]), b"", "{coding}");
    }
}

#[test]
fn a_bomb_is_given_up_and_never_held() {
    let zeros = vec![0; 24 << 20];
    let bombs = [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", ZEROS_BR.to_vec()),
    ];
    for (coding, bomb) in bombs {
        let (mut decoder, mut total, mut largest) = (decoder(coding), 0_u64, 0);
        for piece in bomb.chunks(16 * 1024) {
            decoder.decode(piece, |part| {
                total += part.len() as u64;
                largest = largest.max(part.len());
            });
        }
        let most = HARMLESS.max(RATIO * bomb.len() as u64) + (1 << 20);
        assert!((HARMLESS..most).contains(&total), "{coding}: {total}");
        assert!(largest <= 128 * 1024, "{coding}: {largest}");
        assert!(matches!(decoder.coding, Coding::Over), "{coding}");
    }
}

#[test]
fn only_windows_of_a_usual_size_are_opened() {
    for (first, bits) in [
        (0x00, 16),
        (0x01, 17),
        (0x21, 10),
        (0x71, 15),
        (0x03, 18),
        (0x0b, 22),
        (0x0f, 24),
    ] {
        assert_eq!(window_bits(first), bits, "{first:#x}");
    }
    assert!(window_bits(0x11) > 30);
    assert_eq!(decoded("br", [WIDE_BR]), b"");
}
