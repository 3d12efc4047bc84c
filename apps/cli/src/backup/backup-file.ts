import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { AnyObject } from '@gantry/core/backup/backup-objects';
import { extract, type Pack, pack } from 'tar-stream';
import { isSystemError, UserError } from '../output/user-error.ts';

/** The beginning of every backup. */
export interface BackupHeader {
  readonly format: 'gantry-backup';
  readonly version: 1;
  readonly createdAt: string;
  readonly gantry: string;
}

/**
 * A backup is a tar archive: `backup.json`, `objects.json` (a list), then the archives of volumes, each in pieces named
 * `volumes/NAMESPACE/CLAIM/NUMBER`, because the size of a tar entry must be known before it begins.
 */
const pieceBytes = 4 * 1024 * 1024;

/** Writes a backup beside its final name, which it gets when all is written. */
export class BackupWriter {
  readonly #pack: Pack = pack();
  readonly #path: string;
  readonly #written: Promise<void>;

  constructor(path: string) {
    this.#path = path;
    this.#written = pipeline(this.#pack as unknown as Readable, createWriteStream(`${path}.part`, { mode: 0o600 }));
    this.#written.catch(() => undefined);
  }

  addJson(name: string, value: unknown): Promise<void> {
    return this.#add(name, Buffer.from(JSON.stringify(value, undefined, 1)));
  }

  /** Resolves with the bytes of the volume's archive. */
  async addVolume(namespace: string, claim: string, archive: Readable): Promise<number> {
    let pieces = 0;
    let total = 0;
    let waiting: Buffer[] = [];
    let size = 0;
    const flush = async () => {
      if (size === 0) return;
      await this.#add(`volumes/${namespace}/${claim}/${String(pieces).padStart(8, '0')}`, Buffer.concat(waiting));
      pieces += 1;
      total += size;
      waiting = [];
      size = 0;
    };
    for await (const chunk of archive) {
      waiting.push(chunk as Buffer);
      size += (chunk as Buffer).byteLength;
      if (size >= pieceBytes) await flush();
    }
    await flush();
    return total;
  }

  async finish(): Promise<void> {
    this.#pack.finalize();
    await this.#written;
    await rename(`${this.#path}.part`, this.#path);
  }

  async abandon(): Promise<void> {
    this.#pack.destroy();
    await this.#written.catch(() => undefined);
    await rm(`${this.#path}.part`, { force: true });
  }

  #add(name: string, content: Buffer): Promise<void> {
    const added = new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, mode: 0o600 }, content, (error) => (error ? reject(error) : resolve()));
    });
    // A full disk ends the writing, not the entry.
    return Promise.race([added, this.#written]);
  }
}

export interface BackupReader {
  onHeader(header: BackupHeader): void;
  onObjects(objects: readonly AnyObject[]): Promise<void>;
  /** Resolves when it is done with the volume's archive, of which it may leave the rest unread. */
  onVolume(namespace: string, claim: string, archive: Readable): Promise<void>;
}

/** Reads a backup from its beginning to its end. Throws `UserError` where the file is none. */
export async function readBackup(path: string, reader: BackupReader): Promise<void> {
  const entries = extract();
  const volumes = new VolumePieces(reader);
  let isBackup = false;
  const take = async (name: string, content: Readable): Promise<void> => {
    if (name === 'backup.json') {
      const header = JSON.parse((await readAll(content)).toString('utf8')) as BackupHeader;
      if (header.format !== 'gantry-backup' || header.version !== 1) throw notABackup(path);
      isBackup = true;
      return reader.onHeader(header);
    }
    if (!isBackup) throw notABackup(path);
    if (name === 'objects.json') {
      return reader.onObjects(JSON.parse((await readAll(content)).toString('utf8')) as AnyObject[]);
    }
    const [, namespace, claim] = /^volumes\/([^/]+)\/([^/]+)\/\d+$/.exec(name) ?? [];
    if (namespace && claim) await volumes.add(namespace, claim, await readAll(content));
  };
  entries.on('entry', (header, content, next) => {
    take(header.name, content as unknown as Readable).then(
      () => next(),
      (error: unknown) => entries.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  try {
    await pipeline(createReadStream(path), entries);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) throw new UserError(`there is no file ${path}`);
    if (isBackup || error instanceof UserError) throw error;
    throw notABackup(path);
  }
  if (!isBackup) throw notABackup(path);
  await volumes.end();
}

function notABackup(path: string): UserError {
  return new UserError(`${path} is not a backup that this gantry can read`);
}

async function readAll(content: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Puts the pieces of each volume together again, one volume after another. */
class VolumePieces {
  readonly #reader: BackupReader;
  #current: { readonly key: string; readonly archive: PassThrough; readonly done: Promise<void> } | undefined;

  constructor(reader: BackupReader) {
    this.#reader = reader;
  }

  async add(namespace: string, claim: string, piece: Buffer): Promise<void> {
    const key = `${namespace}/${claim}`;
    if (this.#current?.key !== key) {
      await this.end();
      const archive = new PassThrough();
      const done = this.#reader.onVolume(namespace, claim, archive);
      // Who does not want the rest must not hold it up.
      done.then(
        () => archive.resume(),
        () => archive.resume(),
      );
      this.#current = { key, archive, done };
    }
    const { archive } = this.#current ?? {};
    if (archive && !archive.destroyed && !archive.write(piece)) {
      await Promise.race([
        new Promise((resolve) => archive.once('drain', resolve)),
        finished(archive).catch(() => undefined),
      ]);
    }
  }

  async end(): Promise<void> {
    this.#current?.archive.end();
    await this.#current?.done;
    this.#current = undefined;
  }
}
