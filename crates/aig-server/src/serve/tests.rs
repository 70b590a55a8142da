//! On which addresses the control side is warned of.

use super::shows_control_to_others;

#[test]
fn the_control_side_is_warned_of_where_others_reach_it_unasked() {
    for (data, control, warned) in [
        ("127.0.0.1:1", "127.0.0.1:1", false),
        ("127.8.8.8:1", "127.8.8.8:1", false),
        ("[::1]:1", "[::1]:1", false),
        ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", false),
        ("0.0.0.0:1", "0.0.0.0:1", true),
        ("[::]:1", "[::]:1", true),
        ("192.0.2.1:1", "192.0.2.1:1", true),
        ("10.0.0.1:1", "10.0.0.1:1", true),
        ("0.0.0.0:1", "127.0.0.1:2", false),
        ("0.0.0.0:1", "0.0.0.0:2", false),
    ] {
        let (data, control) = (data.parse().unwrap(), control.parse().unwrap());
        let said = shows_control_to_others(data, control);
        assert_eq!(said, warned, "{data} {control}");
    }
}
