import { Transform, type TransformCallback } from 'node:stream';

/** One entry of a tar archive. */
export interface TarEntry {
  readonly name: string;
  readonly isLink: boolean;
  /** Where a link points; empty for others. */
  readonly linkName: string;
  readonly sizeBytes: number;
}

const blockBytes = 512;
/** Long names and PAX records are a few hundred bytes; what claims more is no archive that Docker writes. */
const maxMetaBytes = 1024 * 1024;

/**
 * Lets through the entries of a tar archive that `keeps` says yes to, byte for byte, at the reader's pace: the contents
 * of the others are dropped as they come. Understands ustar, GNU long names and PAX records.
 */
export class TarSieve extends Transform {
  readonly #keeps: (entry: TarEntry) => boolean;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Headers that describe the next entry, which decides about them, too. */
  #meta: Buffer[] = [];
  #name: string | undefined;
  #linkName: string | undefined;
  /** Bytes left of the current entry's contents, padding included. */
  #left = 0;
  #isKept = false;

  constructor(keeps: (entry: TarEntry) => boolean) {
    super();
    this.#keeps = keeps;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#take(chunk);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  override _flush(done: TransformCallback): void {
    if (this.#left > 0 || this.#pendingBytes > 0) return done(new Error('the archive ends in the middle of an entry'));
    done();
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        if (this.#isKept) this.push(part);
        this.#left -= part.byteLength;
        rest = rest.subarray(part.byteLength);
        continue;
      }
      rest = this.#collect(rest);
    }
  }

  /** Collects a header, with the contents where it is one of the kinds that describe the next entry. */
  #collect(rest: Buffer): Buffer {
    const wanted = this.#wantedBytes();
    const part = rest.subarray(0, wanted - this.#pendingBytes);
    this.#pending.push(part);
    this.#pendingBytes += part.byteLength;
    if (this.#pendingBytes === wanted && this.#wantedBytes() === wanted) this.#onBlocks(Buffer.concat(this.#pending));
    return rest.subarray(part.byteLength);
  }

  #wantedBytes(): number {
    if (this.#pendingBytes < blockBytes) return blockBytes;
    const header = Buffer.concat(this.#pending).subarray(0, blockBytes);
    if (!isMeta(header)) return blockBytes;
    const size = sizeOf(header);
    if (size > maxMetaBytes) throw new Error('the archive has a header that is too large');
    return blockBytes + padded(size);
  }

  #onBlocks(blocks: Buffer): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    const header = blocks.subarray(0, blockBytes);
    if (isMeta(header)) {
      this.#meta.push(blocks);
      return this.#readMeta(typeOf(header), blocks.subarray(blockBytes, blockBytes + sizeOf(header)));
    }
    // The end of an archive is two empty blocks.
    const isEnd = header.every((byte) => byte === 0);
    const size = isEnd ? 0 : sizeOf(header);
    this.#isKept = isEnd || this.#keeps(this.#entryOf(header, size));
    if (this.#isKept) for (const part of [...this.#meta, header]) this.push(part);
    this.#left = padded(size);
    this.#meta = [];
    this.#name = undefined;
    this.#linkName = undefined;
  }

  #entryOf(header: Buffer, sizeBytes: number): TarEntry {
    const prefix = text(header, 345, 155);
    const short = text(header, 0, 100);
    const isUstar = header.toString('latin1', 257, 262) === 'ustar';
    const name = this.#name ?? (isUstar && prefix !== '' ? `${prefix}/${short}` : short);
    const isLink = '12'.includes(typeOf(header));
    return { name, isLink, linkName: isLink ? (this.#linkName ?? text(header, 157, 100)) : '', sizeBytes };
  }

  #readMeta(type: string, content: Buffer): void {
    if (type === 'L') this.#name = text(content, 0, content.byteLength);
    if (type === 'K') this.#linkName = text(content, 0, content.byteLength);
    if (type !== 'x') return;
    for (const record of content.toString('utf8').split('\n')) {
      const [, key, value] = /^\d+ (path|linkpath)=(.*)$/.exec(record) ?? [];
      if (key === 'path') this.#name = value;
      if (key === 'linkpath') this.#linkName = value;
    }
  }
}

function typeOf(header: Buffer): string {
  return header.toString('latin1', 156, 157);
}

function isMeta(header: Buffer): boolean {
  return /[xgLK]/.test(typeOf(header));
}

/** Octal digits, or (GNU) base 256 where the first bit says so. */
function sizeOf(header: Buffer): number {
  const field = header.subarray(124, 136);
  if ((field[0] ?? 0) >= 0x80) return Number(field.readBigUInt64BE(4));
  const size = Number.parseInt(text(field, 0, 12).trim() || '0', 8);
  if (Number.isNaN(size)) throw new Error('this is not a tar archive');
  return size;
}

function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

function text(buffer: Buffer, offset: number, length: number): string {
  const part = buffer.subarray(offset, offset + length);
  const end = part.indexOf(0);
  return part.toString('utf8', 0, end < 0 ? part.byteLength : end);
}
