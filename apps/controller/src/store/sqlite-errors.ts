/** Primary result codes of SQLite, see https://www.sqlite.org/rescode.html. */
const codes = {
  busy: 5,
  locked: 6,
  readonly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The disk, or what the database may take of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return primaryCode(error) === codes.full;
}

/** A failure of the storage in one line that names the file and what to do. */
export function describeSqliteError(error: unknown, path: string): string {
  if (!(error instanceof Error)) return `${path}: ${String(error)}`;
  switch (primaryCode(error)) {
    case codes.busy:
    case codes.locked:
      return `${path} is in use by another process: only one controller may run on a data directory`;
    case codes.readonly:
      return `${path} is read-only: make it writable for this user`;
    case codes.io:
      return `${path} cannot be read or written (${error.message}): check the disk`;
    case codes.corrupt:
    case codes.notADatabase:
      return `${path} is damaged or not a database: restore it from a backup or move it away to start anew`;
    case codes.full:
      return `${path} cannot grow: the disk is full`;
    case codes.cannotOpen:
      return `${path} cannot be opened: check that the directory exists and is writable`;
    default:
      return `${path}: ${error.message.replaceAll('\n', ' ')}`;
  }
}

/** The low byte of the result code; the rest says more about it. */
function primaryCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0;
  return error.errcode & 0xff;
}
