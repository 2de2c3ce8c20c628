-- A driver has few transfers and few cases, and they lie together under the driver's key: to look among them costs less than to
-- keep another tree for it at every write.
drop index ledger_transfer_of_order;
drop index case_file_by_violation;
