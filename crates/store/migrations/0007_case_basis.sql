-- What a case was opened on, apart from the case: seven kilobytes that never change, beside a row that every step writes anew.
-- partitioned by: driver
create table case_basis (
    driver text not null,
    case_id text not null,
    -- JSON of the verdict.
    verdict text not null,
    -- JSON of the facts of that verdict.
    facts text not null,
    primary key (driver, case_id)
);
insert into case_basis (driver, case_id, verdict, facts) select driver, case_id, verdict, facts from case_file;
alter table case_file drop column verdict;
alter table case_file drop column facts;
