//! What is kept, what is not, and what is taken out.

use super::*;

fn captured(
    room: &Arc<Room>,
    pieces: &[&[u8]],
    secrets: &[&'static str],
) -> (Option<Vec<u8>>, BodyFate) {
    let mut capture = Capture::new(room);
    for piece in pieces {
        capture.push(&Bytes::copy_from_slice(piece));
    }
    let secrets: Vec<_> = secrets
        .iter()
        .map(|s| Bytes::from_static(s.as_bytes()))
        .collect();
    let (mut body, fate) = capture.finish();
    if let Some(body) = &mut body {
        let before = body.pieces().concat();
        body.digest = Some(Box::new([1; 32]));
        let found = hide(body, &sought(&secrets));
        assert_eq!(found, body.pieces().concat() != before);
        assert_eq!(body.digest.is_none(), found, "it is of what was sent");
    }
    (body.map(|body| body.pieces().concat()), fate)
}

#[test]
fn a_body_is_kept_as_it_came_and_great_pieces_are_not_copied() {
    let room = Room::new(OPEN_BODIES);
    let great = Bytes::from(vec![b'x'; 4 * SMALL]);
    let mut capture = Capture::new(&room);
    capture.push(&Bytes::from_static(b"a"));
    capture.push(&Bytes::from_static(b"b"));
    capture.push(&great);
    capture.push(&Bytes::from_static(b"c"));
    let (body, fate) = capture.finish();
    let body = body.unwrap();
    assert_eq!((body.pieces().len(), fate), (3, BodyFate::Kept));
    assert_eq!(body.pieces()[0], "ab");
    assert_eq!(body.pieces()[1].as_ptr(), great.as_ptr());
    assert_eq!(body.pieces()[2], "c");
}

#[test]
fn nothing_is_no_body() {
    assert_eq!(
        captured(&Room::new(9), &[b""], &[]),
        (None, BodyFate::NotKept)
    );
}

#[test]
fn a_body_beyond_its_bound_is_not_kept_at_all_and_gives_its_room_back() {
    let room = Room::new(usize::MAX);
    let most = vec![b'x'; Body::MAX];
    assert_eq!(captured(&room, &[&most], &[]).1, BodyFate::Kept);
    assert_eq!(
        captured(&room, &[&most, b"y"], &[]),
        (None, BodyFate::TooLarge)
    );
    assert_eq!(
        captured(&room, &[&most, b"y", b"z"], &[]),
        (None, BodyFate::TooLarge)
    );
    assert_eq!(room.taken.load(Ordering::Relaxed), 0);
}

#[test]
fn all_bodies_together_have_a_bound() {
    let room = Room::new(10);
    let mut first = Capture::new(&room);
    first.push(&Bytes::from_static(b"123456"));
    assert_eq!(captured(&room, &[b"12345"], &[]), (None, BodyFate::Shed));
    assert_eq!(captured(&room, &[b"1234"], &[]).1, BodyFate::Kept);
    drop(first);
    assert_eq!(captured(&room, &[b"12345"], &[]).1, BodyFate::Kept);
    assert_eq!(room.taken.load(Ordering::Relaxed), 0);
}

#[test]
fn s_09_a_key_that_comes_back_is_taken_out_wherever_the_pieces_end() {
    let room = Room::new(OPEN_BODIES);
    let text = b"{\"error\":\"bad key sk-secret-1, yes sk-secret-1\"}";
    let clean = b"{\"error\":\"bad key [redacted], yes [redacted]\"}".to_vec();
    for cut in 0..text.len() {
        let (a, b) = text.split_at(cut);
        // Pieces that are kept apart, and pieces that are joined.
        let (long, mut padded) = (vec![b'.'; SMALL], clean.clone());
        let seen = captured(&room, &[a, b], &["sk-secret-1", "absent-key"]);
        assert_eq!(seen, (Some(clean.clone()), BodyFate::Kept), "{cut}");
        let (a, b) = ([&long, a].concat(), [b, &long].concat());
        let seen = captured(&room, &[&a, &b], &["sk-secret-1"]);
        padded.splice(0..0, long.iter().copied());
        padded.extend(&long);
        assert_eq!(seen, (Some(padded), BodyFate::Kept), "{cut}");
    }
}

#[test]
fn s_09_a_key_in_many_small_pieces_is_found_too() {
    let secret: Vec<u8> = (b'a'..=b'z').collect();
    for width in 1..6 {
        let mut body = Body::default();
        for piece in [b"--", &secret[..], b"--"].concat().chunks(width) {
            body.push(Bytes::copy_from_slice(piece)).unwrap();
        }
        assert!(has(&body, &Finder::new(&secret)), "{width}");
        assert!(!has(&body, &Finder::new(b"abcdefgx")), "{width}");
    }
}

#[test]
fn what_is_too_short_for_a_key_stays() {
    let room = Room::new(OPEN_BODIES);
    let body = captured(&room, &[b"a test of test"], &["test"]).0;
    assert_eq!(body.unwrap(), b"a test of test");
}
