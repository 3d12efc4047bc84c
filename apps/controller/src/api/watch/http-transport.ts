import type { ServerResponse } from 'node:http';
import { endGraceMs, type WatchTransport } from './watch-transport.ts';

/** A watch as newline-delimited JSON over a chunked response. Headers go out at once: clients wait for them. */
export function openHttpTransport(response: ServerResponse): WatchTransport {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const transport: WatchTransport = {
    onDrain: undefined,
    onClose: undefined,
    write(frames) {
      const [only] = frames;
      return response.write(frames.length === 1 && only ? only : Buffer.concat(frames));
    },
    end() {
      response.end();
      const timer = setTimeout(() => response.destroy(), endGraceMs);
      response.once('finish', () => clearTimeout(timer));
      response.once('close', () => clearTimeout(timer));
    },
    destroy: () => void response.destroy(),
  };
  response.on('drain', () => transport.onDrain?.());
  response.on('close', () => transport.onClose?.());
  // A client that vanishes in mid-write: 'close' follows and does the rest.
  response.on('error', () => undefined);
  return transport;
}
