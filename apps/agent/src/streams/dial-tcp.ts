import { connect, type Socket } from 'node:net';

const connectTimeoutMs = 10_000;

/** Connects, each direction ending by itself. Rejects with the system's error, or after ten seconds. */
export function dialTcp(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy(new Error(`connect to ${host}:${port} timed out`));
    }, connectTimeoutMs);
    socket.once('error', reject);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
