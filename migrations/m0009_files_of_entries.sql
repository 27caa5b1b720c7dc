-- The files of the entries that were here before are noted: see FilesMigration, which has kept here how far it came.
DELETE FROM fact WHERE name = 'files_noted_to';
