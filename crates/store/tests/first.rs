//! dev probe
use clearway_store::*;
#[test]
fn smoke() {
    for url in [
        "sqlite::memory:".to_owned(),
        format!("sqlite:{}/x.db", tempfile::tempdir().unwrap().keep().display()),
    ] {
        let db = Db::open(&url).unwrap();
        assert_eq!(db.migrate().unwrap(), 1);
        assert_eq!(db.migrate().unwrap(), 0);
        let name = String::from("a");
        std::thread::scope(|s| {
            for i in 0..16i64 {
                let (db, name) = (&db, &name);
                s.spawn(move || {
                    for j in 0..100i64 {
                        db.write(|tx| {
                            tx.execute(
                                "insert into meta (value, name) values ($2, $1)",
                                vals![format!("{name}{i}-{j}"), "v"],
                            )
                        })
                        .unwrap();
                        assert_eq!(
                            db.read(|tx| tx.one(
                                "select value from meta where name = $1",
                                vals![format!("{name}{i}-{j}")]
                            ))
                            .unwrap()
                            .get::<String>("value")
                            .unwrap(),
                            "v"
                        );
                    }
                });
            }
        });
        let n: i64 = db.read(|tx| tx.one("select count(*) as n from meta", &[])?.get("n")).unwrap();
        assert_eq!(n, 1600);
        println!("{:?}", db.stats());
    }
}
