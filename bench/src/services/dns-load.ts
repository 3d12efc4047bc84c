import { createSocket } from 'node:dgram';
import { percentile } from '../load/statistics.ts';

export interface DnsLoad {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Asks for the names in turn, at `perSecond` (in batches of two milliseconds), and waits for every answer. */
export async function measureDns(
  server: string,
  names: readonly string[],
  count: number,
  perSecond: number,
): Promise<DnsLoad> {
  const socket = createSocket('udp4');
  const sentAt = new Map<number, number>();
  const times: number[] = [];
  let last = performance.now();
  const done = new Promise<void>((resolve) => {
    socket.on('message', (answer) => {
      const id = answer.readUInt16BE(0);
      const start = sentAt.get(id);
      if (start === undefined) return;
      sentAt.delete(id);
      last = performance.now();
      times.push(last - start);
      if (times.length === count) resolve();
    });
  });
  const begin = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(count, Math.floor(((performance.now() - begin) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      const id = sent & 0xffff;
      sentAt.set(id, performance.now());
      socket.send(question(id, names[sent % names.length] ?? ''), 53, server);
    }
    if (sent === count) clearInterval(timer);
  }, 2);
  const limit = setTimeout(() => socket.emit('timeout'), 15_000);
  await Promise.race([done, new Promise((resolve) => socket.once('timeout', resolve))]);
  clearTimeout(limit);
  // Lost questions are missing in the rate, not in the time.
  const seconds = (last - begin) / 1000;
  socket.close();
  return { perSecond: times.length / seconds, p99Ms: percentile(times, 0.99) };
}

function question(id: number, name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 1, 0, 1])]);
}
