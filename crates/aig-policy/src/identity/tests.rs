//! Who is recognised, and what each learns at the door.

use aig_model::{Account, Gateway, Permissions, TokenId, TokenLife};
use uuid::Uuid;

use super::*;

struct Door {
    identity: Identity,
    snapshot: Snapshot,
    account: AccountId,
    run: TokenText,
    read: TokenText,
    foreign: TokenText,
}

fn door() -> Door {
    let identity = Identity::new(Secret::new([3; 32]));
    let [account, other] = [1, 2].map(|n| AccountId::from_bytes([n; 16]));
    let now = Timestamp::default();
    let texts = [10, 11, 12].map(|n| TokenText::from_random([n; 32]));
    let made = |n: usize, account, permissions| {
        let token = Token {
            id: TokenId(Uuid::from_u128(n as u128)),
            account,
            name: "t".into(),
            permissions,
            last_four: texts[n].last_four().into(),
            life: TokenLife::default(),
            created_at: now,
            modified_at: now,
        };
        (identity.digest(&texts[n]), token)
    };
    let tokens = [
        made(0, account, Permissions::ALL),
        made(1, account, Permissions::default().with(Permission::Read)),
        made(2, other, Permissions::ALL),
    ];
    let closed = Gateway {
        authentication: true,
        ..Gateway::new(account, GatewayId::from_name("closed"), now)
    };
    let open = Gateway::new(account, GatewayId::from_name("open"), now);
    let accounts = [account, other].map(|id| Account {
        id,
        name: "a".into(),
        created_at: now,
    });
    let snapshot = Snapshot::new(1, accounts, [open, closed], tokens);
    let [run, read, foreign] = texts;
    Door {
        identity,
        snapshot,
        account,
        run,
        read,
        foreign,
    }
}

impl Door {
    fn identify(&self, text: &str) -> Option<Arc<Token>> {
        let now = Timestamp::default();
        self.identity.identify(&self.snapshot, text, now).good()
    }

    fn at(&self, gateway: &str, texts: &[&TokenText]) -> Result<Caller, NotAdmitted> {
        let tokens: Vec<_> = texts
            .iter()
            .filter_map(|t| self.identify(t.expose()))
            .collect();
        let id = gateway.parse().ok();
        self.identity
            .admit(&self.snapshot, Some(self.account), id.as_ref(), &tokens)
            .map(|admitted| admitted.caller)
    }
}

#[test]
fn an_authenticated_gateway_wants_a_run_token_of_its_account() {
    let door = door();
    for gateway in ["closed", "default"] {
        assert!(matches!(
            door.at(gateway, &[&door.run]),
            Ok(Caller::Token(_))
        ));
        for bad in [&[][..], &[&door.read], &[&door.foreign]] {
            assert_eq!(door.at(gateway, bad), Err(NotAdmitted::Unauthorized));
        }
    }
}

#[test]
fn an_open_gateway_takes_anybody() {
    let door = door();
    assert!(matches!(
        door.at("open", &[&door.run]),
        Ok(Caller::Token(_))
    ));
    for texts in [&[][..], &[&door.read], &[&door.foreign]] {
        assert_eq!(door.at("open", texts), Ok(Caller::Anonymous));
    }
}

#[test]
fn where_a_token_is_a_must_an_open_gateway_takes_nobody_else() {
    let door = door();
    let id = "open".parse().ok();
    let at = |tokens: &[Arc<Token>]| {
        let admitted = door
            .identity
            .admit(&door.snapshot, Some(door.account), id.as_ref(), tokens);
        admitted.and_then(Admitted::by_token).map(|_| ())
    };
    let token = |text: &TokenText| door.identify(text.expose());
    assert_eq!(at(&[token(&door.run).unwrap()]), Ok(()));
    for bad in [&door.read, &door.foreign] {
        assert_eq!(at(&[token(bad).unwrap()]), Err(NotAdmitted::Unauthorized));
    }
    assert_eq!(at(&[]), Err(NotAdmitted::Unauthorized));
}

#[test]
fn only_a_valid_token_learns_that_a_gateway_is_absent() {
    let door = door();
    for gateway in ["absent", "NOT AN ID"] {
        assert_eq!(
            door.at(gateway, &[&door.run]),
            Err(NotAdmitted::NoSuchGateway)
        );
        for texts in [&[][..], &[&door.read], &[&door.foreign]] {
            assert_eq!(door.at(gateway, texts), Err(NotAdmitted::Unauthorized));
        }
    }
}

#[test]
fn two_different_tokens_are_refused_and_the_same_twice_is_not() {
    let door = door();
    assert_eq!(
        door.at("open", &[&door.run, &door.foreign]),
        Err(NotAdmitted::TwoTokens)
    );
    assert!(door.at("closed", &[&door.run, &door.run]).is_ok());
}

#[test]
fn every_scheme_and_none_carry_the_token() {
    let door = door();
    for scheme in ["", "Bearer ", "bearer ", "Key ", "Token  "] {
        let text = format!("{scheme}{}", door.run.expose());
        assert!(door.identify(&text).is_some(), "{scheme:?}");
    }
}

#[test]
fn what_is_not_a_token_is_nobody() {
    let door = door();
    let digest = door.identity.digest(&door.run).0;
    let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    let long = "x".repeat(1_000_000);
    for text in [
        "",
        "Bearer",
        "Bearer ",
        "sk-proj-1234",
        "aig_short",
        &hex,
        &long,
    ] {
        assert!(door.identify(text).is_none(), "{:.40}", text);
    }
}

#[test]
fn a_token_is_known_by_its_form_even_when_it_is_not_good() {
    let unknown = TokenText::from_random([99; 32]);
    assert!(Identity::is_token(&format!("Bearer {}", unknown.expose())));
    assert!(!Identity::is_token("Bearer sk-proj-1234"));
}

#[test]
fn another_pepper_knows_no_token() {
    let door = door();
    let other = Identity::new(Secret::new([4; 32]));
    assert!(
        (other.identify(&door.snapshot, door.run.expose(), Timestamp::default()))
            .good()
            .is_none()
    );
}

/// The token of a snapshot with one token, whose former value is `former`, at a moment.
fn at(life: TokenLife, former_until: i64, now: i64) -> [Identified; 2] {
    let identity = Identity::new(Secret::new([3; 32]));
    let [current, former] = [1, 2].map(|n| TokenText::from_random([n; 32]));
    let token = Token {
        id: TokenId(Uuid::from_u128(1)),
        account: AccountId::from_bytes([1; 16]),
        name: "t".into(),
        permissions: Permissions::ALL,
        last_four: "abcd".into(),
        life,
        created_at: Timestamp::default(),
        modified_at: Timestamp::default(),
    };
    let (id, until) = (token.id, Timestamp::from_millis(former_until));
    let snapshot = Snapshot::new(1, [], [], [(identity.digest(&current), token)]).with_former([(
        identity.digest(&former),
        id,
        until,
    )]);
    let now = Timestamp::from_millis(now);
    [&current, &former].map(|text| identity.identify(&snapshot, text.expose(), now))
}

/// Nothing is written when a token expires: the moment alone decides.
#[test]
fn a_token_ends_by_the_clock_alone() {
    let life = TokenLife {
        not_before: Some(Timestamp::from_millis(10)),
        expires_on: Some(Timestamp::from_millis(20)),
        disabled: false,
    };
    let good = [9, 10, 19, 20].map(|now| {
        let [current, _] = at(life, 0, now);
        assert_ne!(current, Identified::Unknown, "its text stays this house's");
        current.good().is_some()
    });
    assert_eq!(good, [false, true, true, false]);
    let disabled = TokenLife {
        disabled: true,
        ..life
    };
    assert_eq!(at(disabled, 0, 15)[0], Identified::NotNow);
}

/// Every moment of a change-over: both values while they overlap, and the former one not a
/// millisecond longer.
#[test]
fn a_14_roll_with_overlap() {
    let forever = TokenLife::default();
    for now in (0..60_000).step_by(499).chain([59_999]) {
        assert!(at(forever, 60_000, now).map(|found| found.good().is_some()) == [true; 2]);
    }
    for now in (60_000..90_000).step_by(499) {
        let [current, former] = at(forever, 60_000, now);
        assert!(current.good().is_some() && former == Identified::NotNow);
    }
    // A change-over does not make a token live longer than it does anyway.
    let short = forever.until(Timestamp::from_millis(5));
    assert_eq!(at(short, 60_000, 5)[1], Identified::NotNow);
}
