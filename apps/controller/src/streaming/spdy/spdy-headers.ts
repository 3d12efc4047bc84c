import { createInflate, type Inflate } from 'node:zlib';
import { headerDictionary } from './header-dictionary.ts';
import { SpdyError } from './spdy-frames.ts';

export type SpdyHeaders = ReadonlyMap<string, string>;

const maxHeaderBytes = 32 * 1024;

/** Decompresses the header blocks of one connection; they share a context, so every one must pass, in its order. */
export class HeaderReader {
  readonly #inflate: Inflate;
  #failure: Error | undefined;

  constructor() {
    // Handed on to the transform, which the types do not know.
    const buffering = { readableHighWaterMark: maxHeaderBytes };
    this.#inflate = createInflate({ dictionary: headerDictionary(), ...buffering });
    this.#inflate.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Rejects with {@link SpdyError} where the block is malformed or too large. One call at a time. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    const inflate = this.#inflate;
    await new Promise<void>((resolve, reject) => {
      const onReadable = () => {
        // The transform stops there by itself and would never call back: a small block may unpack to megabytes.
        if (inflate.readableLength >= maxHeaderBytes) settle(new SpdyError('the headers of a stream are too large'));
      };
      const settle = (error?: Error | null) => {
        inflate.off('readable', onReadable);
        inflate.off('error', settle);
        if (error) reject(error instanceof SpdyError ? error : malformed(error));
        else resolve();
      };
      inflate.on('readable', onReadable);
      inflate.once('error', settle);
      if (this.#failure) return settle(this.#failure);
      inflate.write(block, settle);
    });
    return parseHeaders((inflate.read() as Buffer | null) ?? Buffer.alloc(0));
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function malformed(cause: Error): SpdyError {
  return new SpdyError(`the headers of a stream cannot be decompressed: ${cause.message}`);
}

/** A decompressed block: pairs of name and value, each with its length before it. Throws {@link SpdyError}. */
export function parseHeaders(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new SpdyError('the headers of a stream are cut off');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (at + length > block.length) throw new SpdyError('the headers of a stream are cut off');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  for (let pairs = number(); pairs > 0; pairs -= 1) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

/**
 * Our replies have no headers: a block of none, which deflate may also store as it is. The empty block after it is how
 * deflate says "flush": Go's reader holds the bytes back without it, and fails at the next reply.
 */
const noHeaders = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
const zlibHead = Buffer.from([0x78, 0x01]);

/** The compressed blocks of our replies: the first begins the connection's zlib stream, each is a stored block of it. */
export function createEmptyHeaders(): () => Buffer {
  let isFirst = true;
  return () => {
    const block = isFirst ? Buffer.concat([zlibHead, noHeaders]) : noHeaders;
    isFirst = false;
    return block;
  };
}
