import { pino } from 'pino';
import { openSqliteStore } from './sqlite-store.ts';

/** One acknowledged write, as the child of the kill test prints it. */
export interface Acknowledged {
  readonly key: string;
  readonly type: 'created' | 'updated' | 'deleted';
  readonly value: string;
  readonly revision: number;
}

const writers = 32;

/**
 * Writes until it is killed, each writer to keys of its own, and prints every write once it is acknowledged. Pipes are
 * written synchronously, so what was acknowledged and not printed is at most what the kill interrupted.
 */
async function writeUntilKilled(path: string, run: string): Promise<void> {
  const store = await openSqliteStore({ path, logger: pino({ level: 'silent' }) });
  const print = (write: Acknowledged) => process.stdout.write(`${JSON.stringify(write)}\n`);
  const write = async (writer: number) => {
    for (let n = 0; ; n += 1) {
      const key = `/${run}/${writer}-${n}`;
      const created = await store.create(key, value(writer, n));
      print({ key, type: 'created', value: value(writer, n), revision: created });
      const updated = await store.update(key, value(writer, -n), created);
      print({ key, type: 'updated', value: value(writer, -n), revision: updated });
      if (n % 3 > 0) continue;
      const deleted = await store.delete(key, updated);
      print({ key, type: 'deleted', value: value(writer, -n), revision: deleted });
      if (writer === 0 && n % 30 === 0) await store.compact(Math.max(0, store.currentRevision - 2000));
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
}

/** Of very different sizes, so that commits span from one page to many. */
function value(writer: number, n: number): string {
  return JSON.stringify({ writer, n, padding: 'x'.repeat((Math.abs(n) * 37) % 3000) });
}

const [path, run] = process.argv.slice(2);
if (path && run && process.argv[1] === import.meta.filename) {
  try {
    await writeUntilKilled(path, run);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    // An open store keeps the process alive.
    process.exit(1);
  }
}
