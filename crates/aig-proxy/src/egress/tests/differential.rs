//! Every spelling of an address, held against the address that is really dialled.
//!
//! Three readers must agree on each generated URL: what judges it when it is configured, what dials
//! it, and an oracle that reads hosts as the C library's resolver does. What the first two refuse,
//! the oracle may read as it likes; what they take must be what the oracle reads.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::sync::LazyLock;

use aig_provider::{Call, Providers};

use super::*;

/// splitmix64: the same URLs on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

/// An address, half of them from the table, whose edges are the interesting ones.
fn address(chance: &mut Chance) -> Ipv4Addr {
    static KNOWN: LazyLock<Vec<Ipv4Addr>> = LazyLock::new(|| {
        let lines = ADDRESSES.lines();
        let read = |line: &str| line.split_once(' ')?.1.parse().ok();
        lines.filter_map(read).collect()
    });
    match chance.one_in(2) {
        true => KNOWN[chance.below(KNOWN.len())],
        false => Ipv4Addr::from_bits(u32::try_from(chance.next() >> 32).unwrap()),
    }
}

fn number(chance: &mut Chance, value: u32) -> String {
    let zeros = "0".repeat(chance.below(3));
    match chance.below(5) {
        0 => format!("0x{zeros}{value:x}"),
        1 => format!("0X{zeros}{value:X}"),
        2 => format!("0{zeros}{value:o}"),
        _ => value.to_string(),
    }
}

/// The address in one to four numbers, as inet_aton(3) takes them.
fn numbers(chance: &mut Chance, address: Ipv4Addr) -> String {
    let bits = address.to_bits();
    let parts = 1 + chance.below(4);
    let mut text = String::new();
    for part in 1..parts {
        let byte = bits >> (32 - 8 * part) & 0xff;
        text.push_str(&number(chance, byte));
        text.push('.');
    }
    let rest = match parts {
        1 => bits,
        _ => bits & (u32::MAX >> (8 * (parts - 1))),
    };
    text + &number(chance, rest)
}

fn host(chance: &mut Chance) -> String {
    let address = address(chance);
    let [a, b] = [address.to_bits() >> 16, address.to_bits() & 0xffff];
    match chance.below(14) {
        0..=2 => address.to_string(),
        3..=6 => numbers(chance, address),
        7 => format!("[::ffff:{address}]"),
        8 => format!("[{}]", address.to_ipv6_mapped()),
        9 => format!("[0:0:0:0:0:FFFF:{a:X}:{b:X}]"),
        10 => format!("[64:ff9b::{a:x}:{b:x}]"),
        11 => format!("[2002:{a:x}:{b:x}::]"),
        12 => format!("[{}]", Ipv6Addr::from_bits(u128::from(chance.next()) << 64)),
        _ => chance.of(&["localhost", "LOCALHOST", "LocalHost"]).into(),
    }
}

/// Something that makes one parser read another host than the next.
fn twisted(chance: &mut Chance, host: String) -> String {
    let at = chance.below(host.len());
    let letter = host.as_bytes()[at];
    let with = |text: &str| format!("{}{text}{}", &host[..at], &host[at + 1..]);
    match chance.below(16) {
        0 => format!("{host}."),
        1 => with(&format!("%{letter:02x}")),
        2 if letter.is_ascii_digit() => {
            let wide = char::from_u32(0xff10 + u32::from(letter - b'0')).unwrap();
            with(&wide.to_string())
        }
        3 => with("\t"),
        4 => with("\n"),
        5 => format!("user@{host}"),
        6 => format!("1.1.1.1@{host}"),
        7 => format!("{host}@1.1.1.1"),
        8 => format!("1.1.1.1\\@{host}"),
        9 => format!("1.1.1.1#@{host}"),
        10 => format!("1.1.1.1?@{host}"),
        11 => host.replace('.', "。"),
        12 => host.replace(']', "%25eth0]"),
        13 => host.replace(['[', ']'], ""),
        14 => host.to_uppercase(),
        _ => host,
    }
}

fn url(chance: &mut Chance) -> String {
    let mut host = host(chance);
    if chance.one_in(3) {
        host = twisted(chance, host);
    }
    let scheme = chance.of(&["https", "https", "https", "HTTPS", "http", "ftp", "file"]);
    let port = chance.of(&[
        "", "", "", "", ":443", ":0443", ":80", ":22", ":0", ":65536", ":", ":443@", ":+443",
    ]);
    format!("{scheme}://{host}{port}{}", chance.of(&["", "/", "/v1"]))
}

/// What the C library's resolver reads as an address without asking anybody.
fn oracle(host: &str) -> Option<IpAddr> {
    if let Some(inner) = host.strip_prefix('[') {
        return inner
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
            .map(Into::into);
    }
    let parts: Vec<u32> = (host.split('.'))
        .map(|part| match part.as_bytes() {
            [b'0', b'x' | b'X', ..] => u32::from_str_radix(&part[2..], 16).ok(),
            [b'0', _, ..] => u32::from_str_radix(part, 8).ok(),
            _ => part.parse().ok(),
        })
        .collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    if bytes.len() > 3 || bytes.iter().any(|byte| *byte > 255) {
        return None;
    }
    let room = u32::MAX.checked_shr(u32::try_from(8 * bytes.len()).unwrap())?;
    if *last > room {
        return None;
    }
    let high = bytes.iter().enumerate();
    let bits = high.fold(*last, |bits, (n, byte)| bits | byte << (24 - 8 * n));
    Some(Ipv4Addr::from_bits(bits).into())
}

/// The verdict when a provider is configured: the URL it leads to, if it is taken.
fn configured(rules: &EgressRules, url: &str) -> Option<Uri> {
    static KNOWN: LazyLock<Providers> = LazyLock::new(Providers::known);
    let providers = KNOWN.clone().with_override("x", url).ok()?;
    let call = Call {
        tail: "y",
        ..Call::default()
    };
    let target = providers.get("x").unwrap().target_of(&call).unwrap();
    let authority = target.authority().unwrap().as_str();
    rules.judge(target.scheme_str().unwrap(), authority).ok()?;
    Some(target)
}

async fn agree(urls: u64) {
    let connector = connector(&[]);
    let mut chance = Chance(17);
    let (mut taken, mut spelled) = (0, 0);
    for _ in 0..urls {
        let url = url(&mut chance);
        let target = configured(&connector.rules, &url);
        // What is dialled if the URL reaches the connector by any other way.
        let given: Option<Uri> = url.parse().ok();
        let dialled = match &given {
            Some(uri) => connector.clone().addresses(uri).await.ok(),
            None => None,
        };
        if let Some(target) = &target {
            let at_use = connector.addresses(target).await;
            let at_use = at_use.unwrap_or_else(|_| panic!("{url} is taken and not dialled"));
            assert_eq!(Some(at_use), dialled, "{url}");
            taken += 1;
        } else if let Some(dialled) = dialled {
            // What only a base may not have, and what is no matter of the host's.
            let more = url.contains(['?', '#']);
            assert!(
                more,
                "{url} is refused, and yet {dialled:?} would be dialled"
            );
        }
        let host = given.as_ref().and_then(Uri::host).unwrap_or_default();
        let Some(read) = oracle(host) else { continue };
        spelled += 1;
        let resolved = (host.trim_matches(['[', ']']), 443).to_socket_addrs();
        let resolved: Vec<_> = resolved.unwrap().map(|address| address.ip()).collect();
        assert_eq!(
            resolved,
            [read],
            "the oracle reads {host} as the system does"
        );
        if let Some(target) = target {
            let dialled = connector.addresses(&target).await.unwrap();
            assert_eq!(dialled, [SocketAddr::new(read, 443)], "{url}");
            assert!(connector.rules.permit(read, 443, true).is_ok(), "{url}");
        }
    }
    assert!(taken * 50 > urls, "only {taken} of {urls} were taken");
    assert!(
        spelled * 3 > urls,
        "only {spelled} of {urls} were addresses"
    );
}

#[tokio::test]
async fn n_04_every_spelling_is_judged_as_what_is_dialled() {
    agree(20_000).await;
}

#[tokio::test]
#[ignore = "long form: cargo xtask soak"]
async fn soak_n_04_every_spelling_is_judged_as_what_is_dialled() {
    agree(1_000_000).await;
}

/// The spellings by name, through the whole connector, with a listener that would notice.
#[tokio::test]
async fn n_04_spellings_of_the_loopback_are_refused() {
    let honeypot = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = honeypot.local_addr().unwrap().port();
    let mut connector = connector(&[]);
    for host in [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:7f00:1]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "user@127.0.0.1",
        "user:word@127.0.0.1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "127.0.0.1\t",
        "127.0.0\n.1",
        "lоcalhost",
    ] {
        let url = format!("http://{host}:{port}/");
        assert!(configured(&connector.rules, &url).is_none(), "{url}");
        let Ok(uri) = url.parse::<Uri>() else {
            continue;
        };
        let error = connector.call(uri).await.unwrap_err();
        assert!(matches!(error, DialError::Forbidden), "{url:?}: {error}");
    }
    let dialled = futures_util::FutureExt::now_or_never(honeypot.accept());
    assert!(dialled.is_none(), "somebody dialled");
}
