//! That no two different requests share a place.

use std::collections::HashMap;

use super::*;

/// A small generator of numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }

    /// A short text of few letters, often empty, so that neighbours can trade bytes.
    fn text(&mut self) -> String {
        let letters = b"ab:/";
        (0..self.roll(4))
            .map(|_| char::from(letters[self.roll(4)]))
            .collect()
    }
}

/// Moves bytes between neighbouring parts, one pair of requests after the other: what is written one
/// behind the other is the same for both, so only where the parts end tells them apart.
fn neighbours_that_trade_bytes(pairs: u64) {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let gateway = gateway(1, "a", Some(9));
    let mut parts: [String; 7] = std::array::from_fn(|_| dice.text());
    let key_of_parts = |parts: &[String; 7]| {
        let [surface, provider, path, query, name, value, own] = parts;
        let client = [(name.as_str(), value.as_bytes())];
        let request = Request {
            surface,
            provider,
            path,
            query: Some(query),
            credential: Credential::Client(&client),
            ..request()
        };
        key_of(&gateway, &request, Some(&format!("k{own}")), b"")
    };
    let mut before = key_of_parts(&parts);
    let mut traded = 0;
    while traded < pairs {
        let at = dice.roll(parts.len() - 1);
        let (left, right) = parts.split_at_mut(at + 1);
        let (left, right) = (&mut left[at], &mut right[0]);
        match dice.roll(2) {
            0 if !left.is_empty() => right.insert(0, left.pop().unwrap()),
            1 if !right.is_empty() => left.push(right.remove(0)),
            _ if parts.iter().all(String::is_empty) || dice.roll(50) == 0 => {
                parts = std::array::from_fn(|_| dice.text());
                before = key_of_parts(&parts);
                continue;
            }
            _ => continue,
        }
        let after = key_of_parts(&parts);
        assert_ne!(before, after, "{parts:?}, at {at}");
        before = after;
        traded += 1;
    }
}

#[test]
fn c_02_neighbours_that_trade_bytes_have_different_keys() {
    neighbours_that_trade_bytes(20_000);
}

#[test]
#[ignore = "long form: cargo xtask soak"]
fn soak_c_02_neighbours_that_trade_bytes_have_different_keys() {
    neighbours_that_trade_bytes(10_000_000);
}

#[test]
fn c_02_different_requests_have_different_keys() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let gateways = [
        gateway(1, "a", Some(9)),
        gateway(1, "ab", Some(9)),
        gateway(2, "a", Some(9)),
    ];
    let mut seen = HashMap::new();
    let mut again = 0;
    for _ in 0..20_000 {
        let which = dice.roll(gateways.len());
        let texts: [String; 7] = std::array::from_fn(|_| dice.text());
        let [surface, provider, model, path, query, name, value] = &texts;
        let query = (dice.roll(2) == 0).then_some(query.as_str());
        let kind = dice.roll(3);
        let version = dice.roll(2) as u64;
        let header = [("accept", value.as_bytes())];
        let client = [(name.as_str(), value.as_bytes())];
        let own = (dice.roll(2) == 0).then(|| format!("k{}", dice.text()));
        let body = dice.text();
        let request = Request {
            epoch: version,
            surface,
            provider,
            model,
            path,
            query,
            headers: &header[..dice.roll(2)],
            credential: match kind {
                0 => Credential::None,
                1 => Credential::Client(&client),
                _ => Credential::Stored { id: name, version },
            },
            ..request()
        };
        let key = key_of(&gateways[which], &request, own.as_deref(), body.as_bytes());
        // What of all this counts: with a key of its own, model and body do not.
        let question = match own {
            Some(own) => (own, String::new()),
            None => (String::new(), format!("{model:?}{body:?}")),
        };
        let credential = format!("{:?}", request.credential);
        let same = (
            which,
            version,
            surface.clone(),
            provider.clone(),
            path.clone(),
        );
        let same = (
            same,
            query.map(str::to_owned),
            request.headers.len(),
            credential,
        );
        let value = if request.headers.is_empty() {
            ""
        } else {
            value
        };
        let tuple = format!("{same:?}{value:?}{question:?}");
        if let Some(other) = seen.insert(key, tuple.clone()) {
            assert_eq!(other, tuple, "one key for two requests");
            again += 1;
        }
    }
    let tuples: HashSet<_> = seen.values().collect();
    assert_eq!(tuples.len(), seen.len(), "two keys for one request");
    assert!(seen.len() > 10_000 && again < 10_000);
}

#[test]
fn c_03_every_input_is_in_the_key() {
    let base = gateway(1, "g", Some(9));
    let plain = request();
    let key = [("authorization", &b"Bearer one"[..])];
    let other_key = [("authorization", &b"Bearer two"[..])];
    let other_header = [("x-api-key", &b"Bearer one"[..])];
    let stored = |id, version| Credential::Stored { id, version };
    let requests = [
        plain,
        Request { epoch: 1, ..plain },
        Request {
            surface: "compat",
            ..plain
        },
        Request {
            provider: "groq",
            ..plain
        },
        Request {
            model: "m",
            ..plain
        },
        Request {
            path: "embeddings",
            ..plain
        },
        Request {
            path: "chat%2Fcompletions",
            ..plain
        },
        Request {
            query: Some(""),
            ..plain
        },
        Request {
            query: Some("a=1"),
            ..plain
        },
        Request {
            query: Some("a=1&"),
            ..plain
        },
        Request {
            credential: Credential::Client(&[]),
            ..plain
        },
        Request {
            credential: Credential::Client(&key),
            ..plain
        },
        Request {
            credential: Credential::Client(&other_key),
            ..plain
        },
        Request {
            credential: Credential::Client(&other_header),
            ..plain
        },
        Request {
            credential: stored("k", 1),
            ..plain
        },
        Request {
            credential: stored("k", 2),
            ..plain
        },
        Request {
            credential: stored("l", 1),
            ..plain
        },
    ];
    let mut keys: Vec<_> = requests
        .iter()
        .map(|request| key_of(&base, request, None, BODY))
        .collect();
    let gateways = [
        gateway(2, "g", Some(9)),
        gateway(1, "h", Some(9)),
        // Deleted and made anew.
        Gateway {
            created_at: Timestamp::from_millis(6),
            ..base.clone()
        },
    ];
    keys.extend(
        gateways
            .iter()
            .map(|gateway| key_of(gateway, &plain, None, BODY)),
    );
    // Every byte of the body, of every class, and its length.
    for body in [
        &b""[..],
        b" ",
        b"\0",
        b"\xff",
        b"\r\n",
        b"\n",
        b"{}",
        b"{ }",
    ] {
        keys.push(key_of(&base, &plain, None, body));
    }
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 0x20;
        keys.push(key_of(&base, &plain, None, &body));
    }
    let different: HashSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    // What is not an input does not matter.
    let renamed = Gateway {
        name: "x".into(),
        modified_at: Timestamp::from_millis(9),
        ..base.clone()
    };
    let sized = Request {
        length: Some(5),
        ..plain
    };
    assert_eq!(key_of(&renamed, &sized, None, BODY), keys[0]);
    // A body in pieces is the same body.
    let mut pieces = BodyHasher::default();
    BODY.chunks(5).for_each(|piece| pieces.update(piece));
    assert_eq!(pieces.finish(), BodyDigest::of(BODY));
}

#[test]
fn c_04_headers_that_change_the_answer_are_in_the_key() {
    let base = gateway(1, "g", Some(9));
    let key = |headers: &[(&str, &[u8])]| {
        key_of(
            &base,
            &Request {
                headers,
                ..request()
            },
            None,
            BODY,
        )
    };
    let mut keys = vec![key(&[])];
    for name in VARYING {
        keys.extend([
            key(&[(name, b"")]),
            key(&[(name, b"a")]),
            key(&[(name, b"b")]),
        ]);
        keys.push(key(&[(name, b"a"), (name, b"b")]));
    }
    for name in [
        "anthropic-version",
        "anthropic-beta",
        "openai-beta",
        "accept",
    ] {
        assert!(VARYING.contains(&name), "{name}");
    }
    let different: HashSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    // The order of different headers and what stands between them do not matter.
    let one = key(&[
        ("accept", b"a"),
        ("user-agent", b"x"),
        ("openai-beta", b"b"),
    ]);
    assert_eq!(
        one,
        key(&[
            ("openai-beta", b"b"),
            ("accept", b"a"),
            ("cf-aig-metadata", b"{}")
        ])
    );
    assert!(VARYING.is_sorted());
}

#[test]
fn c_05_a_key_of_ones_own_replaces_body_and_model_and_nothing_else() {
    let base = gateway(1, "g", None);
    let plain = request();
    let one = key_of(&base, &plain, Some("x"), BODY);
    let asked = Request {
        model: "other",
        ..plain
    };
    assert_eq!(key_of(&base, &asked, Some("x"), b"other"), one);
    assert_ne!(key_of(&base, &plain, Some("y"), BODY), one);
    let credential = [("authorization", &b"Bearer one"[..])];
    for request in [
        Request {
            provider: "groq",
            ..plain
        },
        Request {
            path: "embeddings",
            ..plain
        },
        Request {
            query: Some("a"),
            ..plain
        },
        Request {
            surface: "compat",
            ..plain
        },
        Request { epoch: 1, ..plain },
        Request {
            credential: Credential::Client(&credential),
            ..plain
        },
        Request {
            headers: &[("accept", b"text/plain")],
            ..plain
        },
    ] {
        assert_ne!(key_of(&base, &request, Some("x"), BODY), one, "{request:?}");
    }
    for gateway in [gateway(1, "h", None), gateway(2, "g", None)] {
        assert_ne!(key_of(&gateway, &plain, Some("x"), BODY), one);
    }
    // A key that looks like a digest of a body is none.
    let caching = gateway(1, "g", Some(9));
    let digest = format!("{:?}", BodyDigest::of(BODY));
    assert_ne!(
        key_of(&caching, &plain, None, BODY),
        key_of(&caching, &plain, Some(&digest), BODY)
    );

    let long = "k".repeat(CacheOptions::MAX_KEY + 1);
    for bad in ["", &long, "a\nb", "a\u{7f}", "ä", "\0"] {
        assert_eq!(ttl(None, &[(KEY, bad)]), Err(Bypass::BadKey), "{bad:?}");
    }
    let longest = &long[1..];
    assert_eq!(ttl(None, &[(KEY, longest)]), Ok(300));
    let wanted = |headers| Wanted::of(caching.cache, options(headers), &plain).unwrap();
    assert!(wanted(&[]).needs_body() && !wanted(&[(KEY, "x")]).needs_body());
}
