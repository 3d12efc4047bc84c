import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Terminal } from '../output/terminal.ts';
import { choosePort } from './ports.ts';

let holder: Server;
let taken: number;
let lines: string[];
const terminal: Terminal = {
  line: (text = '') => void lines.push(text),
  progress: () => undefined,
  warn: () => undefined,
  bold: (text) => text,
  dim: (text) => text,
};

beforeEach(async () => {
  lines = [];
  holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  taken = typeof address === 'object' && address ? address.port : 0;
});

afterEach(() => {
  holder.close();
});

const choice = { purpose: 'API', option: '--port', address: '127.0.0.1' };

it('refuses a wanted port that is in use, naming the option', async () => {
  const refused = choosePort(terminal, { ...choice, wanted: taken, fallback: taken });
  await expect(refused).rejects.toThrow(`port ${taken} for the API is in use on 127.0.0.1: choose another with --port`);
});

it('goes on from a default port that is in use, and says so', async () => {
  const port = await choosePort(terminal, { ...choice, wanted: undefined, fallback: taken });
  expect(port).toBeGreaterThan(taken);
  expect(lines[0]).toContain(`port ${taken} is in use`);
});

it('names an address that is not of this host', async () => {
  const refused = choosePort(terminal, { ...choice, address: '192.0.2.77', wanted: 6443, fallback: 6443 });
  await expect(refused).rejects.toThrow('192.0.2.77 is not an address of this host');
});
