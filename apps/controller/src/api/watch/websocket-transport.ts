import type { WebSocket } from 'ws';
import { endGraceMs, type WatchTransport } from './watch-transport.ts';

/** Bytes that may wait in the socket before the watch is held back. */
const highWaterBytes = 256 * 1024;

/** A watch over a WebSocket: one text message per event. */
export function openWebSocketTransport(socket: WebSocket): WatchTransport {
  const transport: WatchTransport = {
    onDrain: undefined,
    onClose: undefined,
    write(frames) {
      const last = frames.length - 1;
      for (const [index, frame] of frames.entries()) {
        // ws calls back once the bytes are handed to the kernel: that of the last message stands for all before it.
        if (index === last) socket.send(frame, { binary: false }, () => transport.onDrain?.());
        else socket.send(frame, { binary: false });
      }
      return socket.bufferedAmount < highWaterBytes;
    },
    end() {
      socket.close(1000);
      const timer = setTimeout(() => socket.terminate(), endGraceMs);
      socket.once('close', () => clearTimeout(timer));
    },
    destroy: () => socket.terminate(),
  };
  socket.on('close', () => transport.onClose?.());
  socket.on('error', () => undefined);
  return transport;
}
