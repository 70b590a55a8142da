//! Places of nodes, before and after overlays.

use super::Sources;
use crate::document::SourceFile;
use crate::overlay;

const TEXT: &str = "\
a: &shared
  b: 1
  'c/d':
  - x
  - y: 2
e: *shared
f: {g: [1,
  2]}
";

fn line(sources: &Sources, pointer: &str) -> usize {
    sources.locate(pointer).expect("there is a text").line
}

#[test]
fn a_member_stands_where_its_key_stands_and_an_item_where_it_starts() {
    let sources = Sources::read("a.yml", TEXT).expect("YAML");
    assert_eq!(line(&sources, "/a"), 1);
    assert_eq!(line(&sources, "/a/b"), 2);
    assert_eq!(line(&sources, "/a/c~1d/0"), 4);
    assert_eq!(line(&sources, "/a/c~1d/1/y"), 5);
    assert_eq!(line(&sources, "/f/g/1"), 8);
}

#[test]
fn what_is_not_there_is_where_the_nearest_node_above_it_is() {
    let sources = Sources::read("a.yml", TEXT).expect("YAML");
    assert_eq!(line(&sources, "/a/b/nothing/below"), 2);
    assert_eq!(line(&sources, "/f/g/9"), 7);
    assert_eq!(line(&sources, "/nowhere"), 1);
    assert!(sources.place("/nowhere").is_none());
}

#[test]
fn an_alias_leads_to_the_parts_of_its_anchor() {
    let sources = Sources::read("a.yml", TEXT).expect("YAML");
    assert_eq!(line(&sources, "/e"), 6);
    assert_eq!(line(&sources, "/e/b"), 2);
}

#[test]
fn an_overlay_owns_what_it_adds_and_what_it_changes() {
    let base = "info: {title: A}\nlist: [{name: a}, {name: b}]\ngone: [1, 2]\n";
    let laid_over = SourceFile {
        path: "over.yml".to_owned(),
        text: "\
overlay: 1.0.0
info: {title: Over, version: 1.0.0}
actions:
- target: $.info
  update:
    title: B
    description: C
- target: $.list
  update:
  - name: c
  - name: d
- target: $.list[0]
  remove: true
- target: $
  update:
    added:
      deep: [1]
"
        .to_owned(),
    };
    let mut document = serde_yaml::from_str(base).expect("YAML");
    let mut sources = Sources::read("base.yml", base).expect("YAML");
    overlay::apply(&laid_over, &mut document, &mut sources).expect("no problems");
    let at = |pointer: &str| sources.locate(pointer).expect("known").to_string();
    assert_eq!(at("/info"), "base.yml:1");
    assert_eq!(at("/info/title"), "over.yml:6");
    assert_eq!(at("/info/description"), "over.yml:7");
    // The first item is gone, so the others have moved up.
    assert_eq!(at("/list/0/name"), "base.yml:2");
    assert_eq!(document["list"][0]["name"], "b");
    assert_eq!(at("/list/1/name"), "over.yml:10");
    assert_eq!(document["list"][2]["name"], "d");
    assert_eq!(at("/list/2"), "over.yml:11");
    assert_eq!(at("/added/deep/0"), "over.yml:17");
    assert_eq!(at("/gone/1"), "base.yml:3");
}
