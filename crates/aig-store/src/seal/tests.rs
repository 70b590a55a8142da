//! Records open where they belong, under the right key, whole; and nowhere else.

use super::*;

const SECRET: &str = "sk-canary-0123456789-abcdefghij";

fn ring(bytes: impl IntoIterator<Item = u8>) -> KeyRing {
    KeyRing::new(bytes.into_iter().map(|byte| Secret::new([byte; KEY_LEN]))).unwrap()
}

struct Home {
    account: AccountId,
    gateway: GatewayId,
}

fn home() -> Home {
    Home {
        account: AccountId::from_bytes([1; 16]),
        gateway: "g".parse().unwrap(),
    }
}

impl Home {
    fn place(&self) -> Place<'_> {
        Place {
            account: self.account,
            gateway: &self.gateway,
            provider: "openai",
            alias: "default",
            secret: "s",
            version: 1,
        }
    }
}

fn sealed(ring: &KeyRing) -> Sealed {
    ring.newest().seal(&home().place(), SECRET).unwrap()
}

fn opened(ring: &KeyRing, record: &Sealed) -> Result<String, Unopened> {
    let opened = ring.open(&home().place(), record);
    opened.map(|secret| secret.expose().clone())
}

#[test]
fn s_01_a_secret_opens_again_and_no_two_records_are_alike() {
    let ring = ring([7]);
    let (one, two) = (sealed(&ring), sealed(&ring));
    assert_eq!(opened(&ring, &one).unwrap(), SECRET);
    assert_eq!(opened(&ring, &two).unwrap(), SECRET);
    assert_ne!(one.wrapped, two.wrapped);
    assert_ne!(one.sealed, two.sealed);
    for record in [&one.wrapped, &one.sealed] {
        for run in SECRET.as_bytes().windows(8) {
            assert!(!record.windows(8).any(|bytes| bytes == run));
        }
    }
}

#[test]
fn s_02_a_record_with_any_bit_flipped_does_not_open() {
    let ring = ring([7]);
    let record = sealed(&ring);
    for part in 0..2 {
        let length = [&record.wrapped, &record.sealed][part].len();
        for bit in 0..length * 8 {
            let mut changed = record.clone();
            let bytes = [&mut changed.wrapped, &mut changed.sealed]
                .into_iter()
                .nth(part)
                .unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = opened(&ring, &changed).unwrap_err();
            assert!(!error.to_string().contains("canary"), "bit {bit}: {error}");
        }
    }
}

#[test]
fn s_03_a_record_opens_in_its_own_place_only() {
    let ring = ring([7]);
    let record = sealed(&ring);
    let home = home();
    let other: GatewayId = "h".parse().unwrap();
    let elsewhere = [
        Place {
            account: AccountId::from_bytes([2; 16]),
            ..home.place()
        },
        Place {
            gateway: &other,
            ..home.place()
        },
        Place {
            provider: "groq",
            ..home.place()
        },
        Place {
            alias: "other",
            ..home.place()
        },
        Place {
            secret: "t",
            ..home.place()
        },
        Place {
            version: 2,
            ..home.place()
        },
        // The same letters, cut elsewhere.
        Place {
            provider: "openaid",
            alias: "efault",
            ..home.place()
        },
    ];
    for place in elsewhere {
        assert_eq!(ring.open(&place, &record).unwrap_err(), Unopened::Forged);
        let anew = ring.rewrap(ring.newest(), &place, &record.wrapped);
        assert!(matches!(anew, Err(RewrapError::Unopened(Unopened::Forged))));
    }
    let mut mixed = record.clone();
    mixed.sealed = sealed(&ring).sealed;
    assert_eq!(opened(&ring, &mixed).unwrap_err(), Unopened::Forged);
}

#[test]
fn s_07_malformed_records_are_refused_with_the_reason() {
    let ring = ring([7]);
    let record = sealed(&ring);
    let mut vectors = 0;
    for length in 0..record.wrapped.len() {
        let cut = Sealed {
            wrapped: record.wrapped[..length].to_vec(),
            ..record.clone()
        };
        assert_eq!(
            opened(&ring, &cut).unwrap_err(),
            Unopened::Length,
            "{length}"
        );
        vectors += 1;
    }
    for length in 0..record.sealed.len() {
        let cut = Sealed {
            sealed: record.sealed[..length].to_vec(),
            ..record.clone()
        };
        let short = length < 1 + NONCE_LEN + TAG_LEN;
        let expected = if short {
            Unopened::Length
        } else {
            Unopened::Forged
        };
        assert_eq!(opened(&ring, &cut).unwrap_err(), expected, "{length}");
        vectors += 1;
    }
    for format in (0..=u8::MAX).filter(|format| *format != FORMAT) {
        let mut foreign = record.clone();
        foreign.wrapped[0] = format;
        assert_eq!(
            opened(&ring, &foreign).unwrap_err(),
            Unopened::Format(format)
        );
        let mut foreign = record.clone();
        foreign.sealed[0] = format;
        assert_eq!(
            opened(&ring, &foreign).unwrap_err(),
            Unopened::Format(format)
        );
        vectors += 2;
    }
    let mut long = record.clone();
    long.wrapped.push(0);
    assert_eq!(opened(&ring, &long).unwrap_err(), Unopened::Length);
    let mut long = record.clone();
    long.sealed.push(0);
    assert_eq!(opened(&ring, &long).unwrap_err(), Unopened::Forged);
    let unknown = super::tests::ring([8]);
    let id = ring.newest().id();
    assert_eq!(
        opened(&unknown, &record).unwrap_err(),
        Unopened::UnknownKey(id)
    );
    assert!(vectors >= 60);
}

/// A record that was written by the first version of the format must open for ever.
#[test]
fn s_07_a_record_of_the_first_format_opens() {
    let record = Sealed {
        wrapped: bytes(include_str!("vectors/format-1.wrapped.hex")),
        sealed: bytes(include_str!("vectors/format-1.sealed.hex")),
    };
    assert_eq!(opened(&ring([7]), &record).unwrap(), SECRET);
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.trim().as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn a_data_key_that_was_wrapped_anew_opens_with_the_new_key_alone() {
    let (old, both, new) = (ring([7]), ring([8, 7]), ring([8]));
    let record = sealed(&old);
    let wrapped = both
        .rewrap(both.newest(), &home().place(), &record.wrapped)
        .unwrap();
    let anew = Sealed { wrapped, ..record };
    assert_eq!(opened(&new, &anew).unwrap(), SECRET);
    assert!(matches!(
        opened(&old, &anew).unwrap_err(),
        Unopened::UnknownKey(_)
    ));
}

#[test]
fn a_canary_tells_its_maker_from_all_others() {
    let ring = ring([7]);
    let canary = ring.newest().canary().unwrap();
    assert!(ring.maker_of(&canary).is_ok());
    assert!(super::tests::ring([8, 7]).maker_of(&canary).is_ok());
    let other = super::tests::ring([8]);
    assert!(matches!(
        other.maker_of(&canary),
        Err(Unopened::UnknownKey(_))
    ));
    for bit in 0..canary.len() * 8 {
        let mut changed = canary.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(ring.maker_of(&changed).is_err(), "bit {bit}");
    }
    assert!(format!("{ring:?}").len() < 40, "a ring shows ids alone");
}
