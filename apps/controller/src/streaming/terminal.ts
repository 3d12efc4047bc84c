import type { Readable, Writable } from 'node:stream';
import type { Status } from '@gantry/api-types';
import { streamChannels } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { OpenedStream } from '@gantry/core/streams/stream-opener';

/** The client's side of exec and attach, whatever it speaks. Streams it has not asked for are absent. */
export interface TerminalClient {
  readonly stdin: Readable | undefined;
  /** JSON of the terminal's sizes, one after the other. */
  readonly resize: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** Aborted once the client is gone. */
  readonly closed: AbortSignal;
  /** Called when all output has been sent: tells how it ended and hangs up. */
  finish(status: Status): Promise<void>;
}

const maxStatusBytes = 64 * 1024;

/** Connects a client with the node's stream until both are done. Never rejects. */
export async function serveTerminal(stream: OpenedStream, client: TerminalClient): Promise<void> {
  const onGone = () => stream.close();
  if (client.closed.aborted) onGone();
  client.closed.addEventListener('abort', onGone, { once: true });
  const { stdin, resize } = client;
  // An input that breaks off is no end of the session: the client's going is, and so is the command's end.
  if (stdin) void copyStream(stdin, stream.channel(streamChannels.stdin)).catch(() => undefined);
  if (resize) void copyStream(resize, stream.channel(streamChannels.resize)).catch(() => undefined);
  const statusText = readText(stream.channel(streamChannels.error));
  // Settled from the start: an output may fail long before the end is waited for, and nobody else would catch that.
  const outputs = Promise.allSettled([
    sendOutput(stream.channel(streamChannels.stdout), client.stdout),
    sendOutput(stream.channel(streamChannels.stderr), client.stderr),
  ]);
  const error = await stream.ended;
  await outputs;
  client.closed.removeEventListener('abort', onGone);
  if (client.closed.aborted) return;
  await client.finish(error ? error.toStatus() : parseStatus(await statusText));
}

function sendOutput(source: Readable, target: Writable | undefined): Promise<void> {
  if (target) return copyStream(source, target);
  source.resume();
  return Promise.resolve();
}

function readText(source: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    source.on('data', (chunk: Buffer) => {
      if (text.length < maxStatusBytes) text += chunk.toString('utf8');
    });
    source.once('end', () => resolve(text));
    source.once('close', () => resolve(text));
  });
}

function parseStatus(text: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch {
    // The agent ends every such stream with a Status: without one, it has failed in some other way.
    const message = "the node's agent did not say how the command ended";
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason: 'InternalError',
      code: 500,
    };
  }
}

/** What clients older than the Status get: a text for a failure, nothing for success. */
export function statusBytes(status: Status, hasStatus: boolean): Buffer {
  if (hasStatus) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? 'failed'));
}
