-- The store keeps the code of a reason and its facts; programs make the advice of the code.
ALTER TABLE operation DROP COLUMN reason_hint;
