-- partitioned by: reference
create table meta (
    name text not null primary key,
    value text not null
);
