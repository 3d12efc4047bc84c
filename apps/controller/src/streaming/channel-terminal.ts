import { once } from 'node:events';
import { Transform } from 'node:stream';
import type { Status } from '@gantry/api-types';
import { streamChannels, type TerminalOptions } from '@gantry/api-types/protocol';
import type { ChannelSocket } from './channel-socket.ts';
import { statusBytes, type TerminalClient } from './terminal.ts';

/** Exec and attach over a WebSocket with channels. */
export function channelTerminal(socket: ChannelSocket, options: TerminalOptions): TerminalClient {
  const stdout = options.stdout ? socket.output(streamChannels.stdout) : undefined;
  const stderr = options.stderr && !options.tty ? socket.output(streamChannels.stderr) : undefined;
  // Clients wait for a first message to know that the session is open.
  const first = stdout ? streamChannels.stdout : stderr ? streamChannels.stderr : streamChannels.error;
  void socket.send(first, Buffer.alloc(0));
  return {
    stdin: options.stdin ? socket.input(streamChannels.stdin) : undefined,
    resize: options.tty ? socket.input(streamChannels.resize).pipe(lines()) : undefined,
    stdout,
    stderr,
    closed: socket.closed,
    async finish(status: Status) {
      const bytes = statusBytes(status, socket.protocol.hasStatus);
      if (bytes.length > 0) await socket.send(streamChannels.error, bytes);
      socket.close();
      if (!socket.closed.aborted) await once(socket.closed, 'abort');
    },
  };
}

/** A message is a whole size, with or without a newline after it. */
function lines(): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.concat([chunk, Buffer.from('\n')])),
  });
}
