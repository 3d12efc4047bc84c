import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { explainStartFailure } from './start-failure.ts';

async function failureToListen(host: string, port: number): Promise<unknown> {
  const server = createServer();
  const failed = once(server, 'error');
  server.listen({ host, port });
  return (await failed)[0];
}

it('names the port that is in use', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const message = explainStartFailure(await failureToListen('127.0.0.1', port));
  expect(message).toContain(`port ${port} on 127.0.0.1 is in use`);
  holder.close();
});

it('names an address that the host has not', async () => {
  expect(explainStartFailure(await failureToListen('192.0.2.77', 0))).toContain('192.0.2.77 is not an address');
});

it('leaves what it does not know to the error itself', () => {
  expect(explainStartFailure(new Error('odd'))).toBe('the controller could not start');
});
