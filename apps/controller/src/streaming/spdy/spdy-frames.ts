/** Frames of SPDY/3.1 as far as Kubernetes' clients use them; anything else is passed over. */
export type SpdyFrame =
  /** Part of a data frame: large ones come in pieces, `isLast` is the sender's end of the stream. */
  | { readonly type: 'data'; readonly id: number; readonly data: Buffer; readonly isLast: boolean }
  /** `headers` is still compressed. */
  | { readonly type: 'synStream'; readonly id: number; readonly headers: Buffer; readonly isLast: boolean }
  /** Compressed headers that keep the connection's context going; the stream itself ignores them. */
  | { readonly type: 'headers'; readonly id: number; readonly headers: Buffer; readonly isLast: boolean }
  | { readonly type: 'reset'; readonly id: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway' };

/** The peer does not speak SPDY/3.1, or not within our limits: its connection is closed. */
export class SpdyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SpdyError';
  }
}

const version = 3;
const headBytes = 8;
const maxControlBytes = 64 * 1024;
const flagFin = 1;
const types = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7, headers: 8 } as const;

/** Takes a connection's bytes apart, however they are cut into chunks. Throws {@link SpdyError}. */
export class SpdyParser {
  #buffered: Buffer = Buffer.alloc(0);
  /** Within a data frame: what is missing of it. */
  #data: { readonly id: number; left: number; readonly hasFin: boolean } | undefined;

  /** The frames that are complete now, and the data that has come. */
  push(chunk: Buffer): SpdyFrame[] {
    const frames: SpdyFrame[] = [];
    let rest = this.#buffered.length > 0 ? Buffer.concat([this.#buffered, chunk]) : chunk;
    for (;;) {
      if (this.#data) {
        if (rest.length === 0) break;
        rest = this.#takeData(this.#data, rest, frames);
        continue;
      }
      if (rest.length < headBytes) break;
      const length = rest.readUIntBE(5, 3);
      if ((rest.readUInt8(0) & 0x80) === 0) {
        this.#beginData(rest, length, frames);
        rest = rest.subarray(headBytes);
        continue;
      }
      if (length > maxControlBytes) throw new SpdyError(`a control frame of ${length} bytes is too large`);
      if (rest.length < headBytes + length) break;
      const frame = parseControl(rest.subarray(0, headBytes + length));
      if (frame) frames.push(frame);
      rest = rest.subarray(headBytes + length);
    }
    this.#buffered = rest;
    return frames;
  }

  #beginData(head: Buffer, length: number, frames: SpdyFrame[]): void {
    const id = head.readUInt32BE(0);
    const hasFin = (head.readUInt8(4) & flagFin) !== 0;
    if (length > 0) this.#data = { id, left: length, hasFin };
    else frames.push({ type: 'data', id, data: Buffer.alloc(0), isLast: hasFin });
  }

  #takeData(frame: { id: number; left: number; hasFin: boolean }, rest: Buffer, frames: SpdyFrame[]): Buffer {
    const data = rest.subarray(0, frame.left);
    frame.left -= data.length;
    if (frame.left === 0) this.#data = undefined;
    frames.push({ type: 'data', id: frame.id, data, isLast: frame.left === 0 && frame.hasFin });
    return rest.subarray(data.length);
  }
}

function parseControl(frame: Buffer): SpdyFrame | undefined {
  if (frame.readUInt16BE(0) !== (0x8000 | version)) throw new SpdyError('the frame is not one of SPDY/3.1');
  const body = frame.subarray(headBytes);
  const isLast = (frame.readUInt8(4) & flagFin) !== 0;
  const type = frame.readUInt16BE(2);
  const least = { [types.synStream]: 10, [types.synReply]: 4, [types.reset]: 8, [types.headers]: 4 }[type] ?? 4;
  if (body.length < least) throw new SpdyError(`a control frame of type ${type} is too short`);
  const id = body.readUInt32BE(0) & 0x7fffffff;
  switch (type) {
    case types.synStream:
      return { type: 'synStream', id, headers: body.subarray(10), isLast };
    case types.synReply:
    case types.headers:
      return { type: 'headers', id, headers: body.subarray(4), isLast };
    case types.reset:
      return { type: 'reset', id };
    case types.ping:
      return { type: 'ping', id: body.readUInt32BE(0) };
    case types.goAway:
      return { type: 'goAway' };
    default:
      // SETTINGS, WINDOW_UPDATE and what we do not know: Kubernetes' clients need none of it.
      return undefined;
  }
}

function control(type: number, body: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function words(...values: number[]): Buffer {
  const body = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) body.writeUInt32BE(value, 4 * index);
  return body;
}

/** A data frame; `isLast` ends our side of the stream. */
export function dataFrame(id: number, data: Uint8Array, isLast = false): Buffer {
  const frame = Buffer.alloc(headBytes + data.byteLength);
  frame.writeUInt32BE(id, 0);
  frame.writeUInt8(isLast ? flagFin : 0, 4);
  frame.writeUIntBE(data.byteLength, 5, 3);
  frame.set(data, headBytes);
  return frame;
}

/** Accepts a stream; `headers` is compressed. */
export function synReplyFrame(id: number, headers: Buffer): Buffer {
  return control(types.synReply, Buffer.concat([words(id), headers]));
}

export function pingFrame(id: number): Buffer {
  return control(types.ping, words(id));
}

export const resetCodes = { protocolError: 1, refusedStream: 3, cancel: 5 } as const;

export function resetFrame(id: number, code: number): Buffer {
  return control(types.reset, words(id, code));
}

/** No stream after `lastId` is served. */
export function goAwayFrame(lastId: number, isError: boolean): Buffer {
  return control(types.goAway, words(lastId, isError ? 1 : 0));
}

/** For tests and clients: opens a stream. */
export function synStreamFrame(id: number, headers: Buffer, isLast = false): Buffer {
  return control(types.synStream, Buffer.concat([words(id, 0), Buffer.alloc(2), headers]), isLast ? flagFin : 0);
}
