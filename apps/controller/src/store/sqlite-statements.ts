/** Keys of `$prefix` after `$after`. */
const range = 'key >= $prefix AND key < $end AND key > $after';

/**
 * The records at `$revision`: present ones that have not changed since, and for each key that has, what its first later
 * event replaced. (With MIN, SQLite takes the other columns from the row that has the minimum.)
 */
const past = `
  WITH changed AS (SELECT key, previous, MIN(revision) FROM events WHERE revision > $revision AND ${range} GROUP BY key)
  SELECT key, revision FROM current WHERE ${range} AND revision <= $revision
  UNION ALL SELECT key, previous AS revision FROM changed WHERE previous > 0
`;

/** The SQL of the store, by what it does. */
export const statements = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  selectNewest: 'SELECT MAX(revision) AS revision FROM events',
  selectCompacted: "SELECT value FROM meta WHERE name = 'compacted'",
  updateCompacted: "UPDATE meta SET value = ? WHERE name = 'compacted'",
  selectCurrent: 'SELECT revision FROM current WHERE key = ?',
  selectValue: 'SELECT value FROM events WHERE revision = ?',
  selectRecord: 'SELECT key, revision, value FROM events WHERE revision = (SELECT revision FROM current WHERE key = ?)',
  insertEvent: 'INSERT INTO events (revision, key, kind, previous, value) VALUES (?, ?, ?, ?, ?)',
  upsertCurrent: 'INSERT INTO current VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET revision = excluded.revision',
  deleteCurrent: 'DELETE FROM current WHERE key = ?',
  listNow: `
    SELECT current.key, current.revision, events.value FROM current JOIN events USING (revision)
    WHERE ${range.replaceAll('key ', 'current.key ')} ORDER BY current.key LIMIT $limit`,
  countNow: `SELECT COUNT(*) AS total FROM current WHERE ${range}`,
  listPast: `
    SELECT page.key, page.revision, events.value
    FROM (SELECT * FROM (${past}) ORDER BY key LIMIT $limit) AS page JOIN events USING (revision) ORDER BY page.key`,
  countPast: `SELECT COUNT(*) AS total FROM (${past})`,
  selectHistory: `
    SELECT event.revision, event.key, event.kind, event.value, event.previous, before.value AS previousValue
    FROM events AS event LEFT JOIN events AS before ON before.revision = event.previous
    WHERE event.revision > $from AND event.revision <= $to AND event.key >= $prefix AND event.key < $end
    ORDER BY event.revision`,
  deleteReplaced: `
    DELETE FROM events WHERE revision IN
      (SELECT previous FROM events WHERE revision > $from AND revision <= $to AND previous > 0)`,
  deleteDeletions: 'DELETE FROM events WHERE revision > $from AND revision <= $to AND kind = 2',
} as const;
