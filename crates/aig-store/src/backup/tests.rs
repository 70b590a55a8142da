//! What goes in comes out, and what must not be brought back is refused before anything changes.

use std::os::unix::fs::PermissionsExt;

use aig_model::Permission;

use super::*;
use crate::Store;
use crate::testing::{Rig, at as moment, grant, record};

/// A store with two gateways and a row, and a place for a backup.
async fn rig() -> (Rig, aig_model::AccountId, tempfile::TempDir) {
    let rig = Rig::new();
    let account = rig.account("a").await;
    let gateway = rig.gateway(account, "one").await;
    rig.gateway(account, "two").await;
    let journal = rig.store.journal();
    journal.offer(record(account, &gateway, 1));
    journal.flush().await;
    (rig, account, tempfile::tempdir().unwrap())
}

async fn ids(directory: &Path, account: aig_model::AccountId) -> (Vec<String>, u64) {
    let store = Store::open(directory).unwrap();
    let scope = store.scope(grant(account, Permission::Read));
    let page = || aig_model::PageRequest::new(None, None, 100);
    let gateways = scope.gateways(page(), None).await.unwrap();
    let ids = gateways.items.iter().map(|g| g.id.to_string()).collect();
    let one = "one".parse().unwrap();
    let logs = scope.logs(&one, page(), None).await.unwrap();
    (ids, logs.map_or(0, |page| page.total))
}

#[tokio::test]
async fn what_was_there_when_it_was_taken_comes_back_and_nothing_later() {
    let (rig, account, place) = rig().await;
    let backup = place.path().join("deep/backup");
    let manifest = back_up(rig.path(), &backup, moment(7)).unwrap();
    rig.gateway(account, "three").await;
    assert_eq!(Manifest::read(&backup).unwrap(), manifest);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&backup), 0o700);
    let mut names: Vec<_> = fs::read_dir(&backup)
        .unwrap()
        .map(|entry| entry.unwrap())
        .inspect(|entry| assert_eq!(mode(&entry.path()), 0o600))
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["backup.json", "config.db", "logs.db"]);

    let elsewhere = place.path().join("new/data");
    restore(&backup, &elsewhere, false).unwrap();
    let (found, rows) = ids(&elsewhere, account).await;
    assert_eq!(
        (found, rows),
        (["default", "one", "two"].map(str::to_owned).into(), 1)
    );
    assert_eq!(mode(&elsewhere), 0o700);
    assert_eq!(mode(&elsewhere.join("config.db")), 0o600);

    let again = back_up(rig.path(), &backup, moment(8)).unwrap_err();
    assert!(matches!(again, BackupError::Taken(_)), "{again}");
}

#[tokio::test]
async fn an_instance_is_replaced_only_when_told_and_not_in_use() {
    let (rig, account, place) = rig().await;
    let backup = place.path().join("b");
    back_up(rig.path(), &backup, moment(7)).unwrap();
    rig.gateway(account, "three").await;

    let refused = restore(&backup, rig.path(), false).unwrap_err();
    assert!(matches!(refused, BackupError::Exists(_)), "{refused}");
    let refused = restore(&backup, rig.path(), true).unwrap_err();
    assert!(matches!(refused, BackupError::InUse(_)), "{refused}");
    let there = rig
        .scope(account)
        .gateways(aig_model::PageRequest::new(None, None, 9), None);
    assert_eq!(there.await.unwrap().total, 4, "the running store is whole");

    let directory = rig.closed().unwrap();
    restore(&backup, directory.path(), true).unwrap();
    let (found, rows) = ids(directory.path(), account).await;
    assert_eq!((found.len(), rows), (3, 1));
    let left = fs::read_dir(directory.path()).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("restoring")
    });
    assert_eq!(left.count(), 0);
}

/// SQLite would take a foreign log of writes for one of the restored file.
#[tokio::test]
async fn what_lies_beside_an_absent_database_is_not_taken_for_a_part_of_the_restored_one() {
    let (rig, account, place) = rig().await;
    let backup = place.path().join("b");
    back_up(rig.path(), &backup, moment(7)).unwrap();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    for name in ["config.db-wal", "logs.db-wal"] {
        fs::copy(rig.path().join(name), data.join(name)).unwrap();
    }
    let refused = restore(&backup, &data, false).unwrap_err();
    assert!(matches!(refused, BackupError::Exists(_)), "{refused}");
    restore(&backup, &data, true).unwrap();
    assert!(!data.join("config.db-wal").exists() && !data.join("logs.db-wal").exists());
    assert_eq!(ids(&data, account).await.0.len(), 3);
}

#[tokio::test]
async fn a_damaged_or_unknown_backup_changes_nothing() {
    let (rig, _, place) = rig().await;
    let backup = place.path().join("b");
    back_up(rig.path(), &backup, moment(7)).unwrap();
    let data = place.path().join("data");
    let refused = |why: &str| {
        let error = restore(&backup, &data, false).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        let left = fs::read_dir(&data).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{why}");
    };
    let (config, list) = (backup.join("config.db"), backup.join("backup.json"));
    let (whole, said) = (
        fs::read(&config).unwrap(),
        fs::read_to_string(&list).unwrap(),
    );

    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&config, &flipped).unwrap();
    refused("damaged");
    fs::write(&config, &whole[..whole.len() - 1]).unwrap();
    refused("damaged");

    // Changed together with its digest, which no check of bytes can tell.
    let rewritten = |bytes: &[u8]| {
        fs::write(&config, bytes).unwrap();
        let (length, sha256) = copy_bytes(&config, &mut io::sink()).unwrap();
        let mut manifest = Manifest::read(&backup).unwrap();
        manifest.files[0].bytes = length;
        manifest.files[0].sha256 = sha256;
        fs::write(&list, manifest.to_json().to_string()).unwrap();
    };
    let page = 4_096;
    rewritten(&[&whole[..page], &vec![0xa5; whole.len() - page][..]].concat());
    refused("config.db");
    fs::write(&config, &whole).unwrap();
    let newer = Connection::open(&config).unwrap();
    newer.execute_batch("PRAGMA user_version = 999").unwrap();
    drop(newer);
    rewritten(&fs::read(&config).unwrap());
    refused("999");

    fs::write(&list, said.replace("\"format\": 1", "\"format\": 2")).unwrap();
    refused("another form");
    fs::write(&list, "{").unwrap();
    refused("no JSON");
    fs::remove_file(&list).unwrap();
    refused("backup.json");
}

/// Broken off and begun again: what the first left is no obstacle.
#[tokio::test]
async fn what_a_restore_left_half_done_is_no_obstacle() {
    let (rig, account, place) = rig().await;
    let backup = place.path().join("b");
    back_up(rig.path(), &backup, moment(7)).unwrap();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("config.db.restoring"), vec![7; 100_000]).unwrap();
    restore(&backup, &data, false).unwrap();
    assert_eq!(ids(&data, account).await.0.len(), 3);
}
