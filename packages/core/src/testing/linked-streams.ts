import { type AcceptorFrame, decodeStreamData, type OpenerFrame } from '@gantry/api-types/protocol';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { StreamAcceptor, type StreamHandler } from '../streams/stream-acceptor.ts';
import { StreamOpener } from '../streams/stream-opener.ts';
import { FakeClock } from './fake-clock.ts';

export interface LinkedStreams {
  readonly opener: StreamOpener;
  readonly acceptor: StreamAcceptor;
  /** Everything that crossed, in its order. */
  readonly toAcceptor: (OpenerFrame | Uint8Array)[];
  readonly toOpener: (AcceptorFrame | Uint8Array)[];
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Both ends of a session's streams in memory; what one end sends reaches the other in a later turn, in its order. */
export function linkStreams(handle: StreamHandler, clock: Clock = new FakeClock()): LinkedStreams {
  const toAcceptor: LinkedStreams['toAcceptor'] = [];
  const toOpener: LinkedStreams['toOpener'] = [];
  const acceptor: StreamAcceptor = new StreamAcceptor({
    handle,
    logger: silent,
    transport: wire<AcceptorFrame>(toOpener, (frame) => deliver(opener, frame)),
  });
  const opener: StreamOpener = new StreamOpener(
    wire<OpenerFrame>(toAcceptor, (frame) => deliver(acceptor, frame)),
    clock,
  );
  return { opener, acceptor, toAcceptor, toOpener };
}

function wire<F>(record: (F | Uint8Array)[], onArrival: (frame: F | Uint8Array) => void) {
  const send = (frame: F | Uint8Array) => {
    record.push(frame);
    setImmediate(() => onArrival(frame));
  };
  return { sendFrame: send, sendData: send, isWritable: () => true };
}

function deliver<F>(
  end: { onFrame(frame: F): void; onData(id: number, channel: number, data: Uint8Array): void },
  frame: F | Uint8Array,
): void {
  if (!(frame instanceof Uint8Array)) return end.onFrame(frame);
  const decoded = decodeStreamData(frame);
  if (decoded) end.onData(decoded.id, decoded.channel, decoded.data);
}
