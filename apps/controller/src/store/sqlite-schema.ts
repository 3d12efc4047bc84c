import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeSqliteError } from './sqlite-errors.ts';

/** "GNTR": tells our files from other programs' SQLite databases. */
const applicationId = 0x474e5452;
const schemaVersion = 1;

/**
 * `events` is the log and holds every value once; `current` points at the newest event of each present key, so that it
 * stays small and hot. `previous` links an event to the one it replaced: that is how a list at an older revision is
 * found (by undoing later events) and what compaction may drop, both without an index over the log.
 */
const schema = `
  CREATE TABLE events (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    kind INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE current (key TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('compacted', 0);
`;

export interface OpenDatabaseOptions {
  readonly path: string;
  /** The size beyond which writes fail as on a full disk. */
  readonly maxBytes?: number | undefined;
}

/**
 * Opens the database file for this process alone, creating it where absent. Throws an `Error` of one sentence where it is
 * in use, damaged, not ours or of a newer version.
 */
export function openDatabase({ path, maxBytes }: OpenDatabaseOptions): DatabaseSync {
  createPrivateFile(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    configure(database);
    if (maxBytes !== undefined) {
      database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / readPragma(database, 'page_size'))}`);
    }
    prepareSchema(database, path);
    return database;
  } catch (error) {
    try {
      database?.close();
    } catch {
      // The database is unusable either way; the first error says why.
    }
    if (error instanceof UnusableDatabaseError) throw error;
    throw new UnusableDatabaseError(describeSqliteError(error, path), { cause: error });
  }
}

/** Its message is a whole sentence for the operator. */
export class UnusableDatabaseError extends Error {}

/** Secrets are stored in it: SQLite would create it readable for all (and gives its WAL the file's own mode). */
function createPrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnusableDatabaseError(`${path} cannot be opened for writing (${reason})`, { cause: error });
  }
}

/**
 * Exclusive locking before WAL mode: one process owns the file (the kernel drops the lock of a killed one), and the WAL
 * index lives in plain memory instead of shared memory.
 */
function configure(database: DatabaseSync): void {
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
  `);
  // Takes the lock now, so that a second owner fails here and not at its first write.
  database.exec('BEGIN EXCLUSIVE; COMMIT');
}

function prepareSchema(database: DatabaseSync, path: string): void {
  const owner = readPragma(database, 'application_id');
  const version = readPragma(database, 'user_version');
  if (owner === 0 && version === 0 && readPragma(database, 'schema_version') === 0) {
    database.exec(`
      BEGIN;
      ${schema}
      PRAGMA application_id = ${applicationId};
      PRAGMA user_version = ${schemaVersion};
      COMMIT;
    `);
    return;
  }
  if (owner !== applicationId)
    throw new UnusableDatabaseError(`${path} is not a Gantry database: move it away to start anew`);
  if (version > schemaVersion) {
    const message = `${path} was written by a newer Gantry (schema ${version}, this one knows ${schemaVersion}): upgrade Gantry`;
    throw new UnusableDatabaseError(message);
  }
  checkIntegrity(database, path);
}

/** About half a millisecond per megabyte. */
function checkIntegrity(database: DatabaseSync, path: string): void {
  const row = database.prepare('PRAGMA quick_check(1)').get();
  const verdict = row?.quick_check;
  if (verdict === 'ok') return;
  const detail = String(verdict).replaceAll('\n', ' ');
  throw new UnusableDatabaseError(
    `${path} is damaged (${detail}): restore it from a backup or move it away to start anew`,
  );
}

function readPragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
