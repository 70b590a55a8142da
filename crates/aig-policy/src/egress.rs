//! Where may the house connect to?
//!
//! The one table of addresses that are nobody's on the public internet, and the one reading of a
//! host as it is written. Both are asked twice: when a provider's URL is configured, and again on
//! every dial, with the addresses that the name has at that moment; a check at save time alone
//! would be fooled by a name that changes its mind. Resolving and dialling are left to `aig-proxy`.
//!
//! Resolvers read `2130706433`, `0x7f.1` and `0177.0.0.1` as 127.0.0.1, URL libraries do not agree
//! with them nor with each other. So there is one spelling of each address, and a host whose last
//! label is a number without being an address in that spelling is refused before anybody reads it
//! in a way of their own.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;

use ipnet::IpNet;

/// Which destinations are allowed beyond public addresses over HTTPS.
#[derive(Clone, Debug, Default)]
pub struct EgressRules {
    /// Networks that may be dialled on any port and without TLS, be they private or public.
    pub allow: Vec<IpNet>,
    /// Where the house itself listens; never dialled, whatever is allowed.
    pub own: Vec<SocketAddr>,
}

/// What a URL leads to, as far as can be said without resolving its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination<'a> {
    /// The host.
    pub host: Host<'a>,
    /// The port, the scheme's own where none is written.
    pub port: u16,
    /// Whether TLS is spoken.
    pub tls: bool,
}

/// A host, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A literal address, which no resolver is asked for.
    Address(IpAddr),
    /// A name; which addresses it has is to be seen at each dial.
    Name(&'a str),
}

/// Why a destination is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// The scheme is neither `https` nor `http`.
    Scheme,
    /// The host is neither a name nor an address in its usual spelling, or something else than a port
    /// stands beside it.
    Spelling,
    /// The address is not public, and not allowed.
    Address,
    /// Only HTTPS on its own port goes to addresses that are not allowed expressly.
    Port,
    /// It is a listener of the house's own.
    Own,
}

/// Networks of IPv4 that are nobody's on the public internet, or that lead back into private ones.
/// Source: the IANA special-purpose registry for IPv4.
const NOT_PUBLIC_4: [&str; 15] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// The one block of IPv6 out of which public addresses are given (IANA's IPv6 address space). What
/// stands for IPv4 addresses (`::/96`, `64:ff9b::/96`), loopback, private, link-local and multicast
/// addresses all lie outside.
const GLOBAL_6: &str = "2000::/3";

/// Networks inside that block that are not public. Source: the IANA special-purpose registry for IPv6.
const NOT_PUBLIC_6: [&str; 7] = [
    "2001::/32",
    "2001:2::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

/// Where Google changes the keys of service accounts for tokens; the second stands in old files.
const TOKEN_HOSTS: [&str; 2] = ["oauth2.googleapis.com", "accounts.google.com"];

/// The port of HTTPS.
const HTTPS: u16 = 443;
/// The port of HTTP.
const HTTP: u16 = 80;

// === impl EgressRules ===

impl EgressRules {
    /// Reads a URL's scheme and authority, and says whether it may be dialled at all. A name that
    /// passes is still to be resolved, and each of its addresses asked for with
    /// [`EgressRules::permit`].
    pub fn judge<'u>(
        &self,
        scheme: &str,
        authority: &'u str,
    ) -> Result<Destination<'u>, Forbidden> {
        let destination = Destination::read(scheme, authority)?;
        let Destination { host, port, tls } = destination;
        match host {
            Host::Address(address) => self.permit(address, port, tls)?,
            // RFC 6761 section 6.3: whatever a resolver says, these mean the loopback.
            Host::Name(name) if is_localhost(name) => self
                .permit(Ipv4Addr::LOCALHOST.into(), port, tls)
                .or_else(|_| self.permit(Ipv6Addr::LOCALHOST.into(), port, tls))?,
            // It may have an address in one of the allowed networks; if there is none, it has not.
            Host::Name(_) if port == 0 || (self.allow.is_empty() && !(tls && port == HTTPS)) => {
                return Err(Forbidden::Port);
            }
            Host::Name(_) => {}
        }
        Ok(destination)
    }

    /// Whether this address may be dialled on this port, with or without TLS.
    ///
    /// Public addresses only by HTTPS on its own port; what an administrator allows, in any way.
    pub fn permit(&self, address: IpAddr, port: u16, tls: bool) -> Result<(), Forbidden> {
        let address = address.to_canonical();
        let here = address.is_loopback() || address.is_unspecified();
        if port == 0 {
            return Err(Forbidden::Port);
        }
        if self.is_own(address, port, here) {
            return Err(Forbidden::Own);
        }
        if self.allow.iter().any(|net| net.contains(&address)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(Forbidden::Address);
        }
        match tls && port == HTTPS {
            true => Ok(()),
            false => Err(Forbidden::Port),
        }
    }

    /// Whether a connection that was made leads from this machine to a listener of the house itself.
    ///
    /// A listener on all addresses can be reached by any address of the machine, and which those are
    /// shows in a connection: both of its ends have the same one.
    pub fn is_back_home(&self, local: SocketAddr, peer: SocketAddr) -> bool {
        let (local, remote) = (local.ip().to_canonical(), peer.ip().to_canonical());
        self.is_own(remote, peer.port(), local == remote)
    }

    /// Whether a service account's key may be shown to what that URL names, for a token: to Google
    /// over HTTPS, or to an address that an administrator allows. A name that others could hold
    /// would be a way to send requests wherever the one who stored the key likes.
    pub fn trusts_token_endpoint(&self, url: &str) -> bool {
        let Some((scheme, behind)) = url.split_once("://") else {
            return false;
        };
        let end = behind.find(['/', '?', '#', '\\']).unwrap_or(behind.len());
        let authority = &behind[..end];
        if scheme == "https" && TOKEN_HOSTS.contains(&authority) {
            return true;
        }
        match self.judge(scheme, authority).map(|found| found.host) {
            Ok(Host::Address(address)) => self.allow.iter().any(|net| net.contains(&address)),
            _ => false,
        }
    }

    fn is_own(&self, address: IpAddr, port: u16, here: bool) -> bool {
        self.own.iter().any(|own| {
            let ip = own.ip().to_canonical();
            let same = ip == address || (here && (ip.is_unspecified() || address.is_unspecified()));
            own.port() == port && same
        })
    }
}

/// Whether an address is somebody's on the public internet.
fn is_public(address: IpAddr) -> bool {
    static NETS: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
        let tables = NOT_PUBLIC_4.iter().chain(&NOT_PUBLIC_6);
        tables.map(|net| network(net)).collect()
    });
    static GLOBAL: LazyLock<IpNet> = LazyLock::new(|| network(GLOBAL_6));
    (address.is_ipv4() || GLOBAL.contains(&address)) && !NETS.iter().any(|n| n.contains(&address))
}

fn network(text: &str) -> IpNet {
    text.parse().expect("the tables hold networks only")
}

// === impl Destination ===

impl<'a> Destination<'a> {
    fn read(scheme: &str, authority: &'a str) -> Result<Self, Forbidden> {
        let (tls, own_port) = match scheme {
            https if https.eq_ignore_ascii_case("https") => (true, HTTPS),
            http if http.eq_ignore_ascii_case("http") => (false, HTTP),
            _ => return Err(Forbidden::Scheme),
        };
        let split = match authority.rfind(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, behind) = authority.split_at(split);
        let port = match behind.strip_prefix(':') {
            None if behind.is_empty() => own_port,
            // `parse` alone would take a sign.
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| Forbidden::Port)?
            }
            _ => return Err(Forbidden::Spelling),
        };
        let host = Host::read(host).ok_or(Forbidden::Spelling)?;
        Ok(Self { host, port, tls })
    }
}

// === impl Host ===

impl<'a> Host<'a> {
    /// Reads a host; `None` for what is neither a name nor an address in its usual spelling.
    pub fn read(host: &'a str) -> Option<Self> {
        if let Some(inner) = host.strip_prefix('[') {
            // No zone: which interface is meant is no matter of a URL's.
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        let name = host.strip_suffix('.').unwrap_or(host);
        let legal = |label: &str| {
            let byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            !label.is_empty() && label.bytes().all(byte)
        };
        if !name.split('.').all(legal) {
            return None;
        }
        if name.rsplit('.').next().is_some_and(is_number) {
            let address: Ipv4Addr = host.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        Some(Self::Name(host))
    }
}

/// Whether some parser reads this label as a number (the WHATWG URL standard, "ends in a number").
fn is_number(label: &str) -> bool {
    let hex = (label.strip_prefix("0x")).or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost")
}

// === impl Forbidden ===

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "its scheme is neither https nor http",
            Self::Spelling => "its host is neither a name nor an address in its usual spelling",
            Self::Address => "its address is not a public one",
            Self::Port => "only https on port 443 goes to addresses that are not allowed expressly",
            Self::Own => "it is this gateway itself",
        })
    }
}

impl std::error::Error for Forbidden {}

#[cfg(test)]
mod tests;
