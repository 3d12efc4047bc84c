import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { Status } from '@gantry/api-types';
import type { StreamRequest } from '@gantry/api-types/protocol';
import { linkStreams } from '@gantry/core/testing';
import { expect, it } from 'vitest';
import { serveTerminal } from './terminal.ts';

const options = { container: 'main', stdin: false, stdout: true, stderr: false, tty: false };
const pod = { namespace: 'default', name: 'web', uid: 'uid-1' };
const request: StreamRequest = { kind: 'exec', pod, command: ['true'], options };
const none = { stdin: undefined, resize: undefined, stderr: undefined };

it('tells the client how the command ended, after all of its output', async () => {
  const { opener } = linkStreams(async (_request, stream) => {
    stream.channel(1).write('out');
    stream.channel(3).write('{"status":"Success"}');
  });
  const stdout = new PassThrough();
  const stream = await opener.open(request, new AbortController().signal);
  const said: Status[] = [];
  const finish = async (status: Status) => void said.push(status);
  await serveTerminal(stream, { ...none, stdout, closed: new AbortController().signal, finish });
  expect([String(stdout.read()), said]).toEqual(['out', [{ status: 'Success' }]]);
});

it('survives a client whose output breaks off while the command goes on', async () => {
  const { opener } = linkStreams(async (_request, stream) => {
    stream.accept();
    stream.channel(1).write('out');
    await once(stream.signal, 'abort');
  });
  const gone = new AbortController();
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write ECANCELED')) });
  const stream = await opener.open(request, new AbortController().signal);
  const serving = serveTerminal(stream, { ...none, stdout, closed: gone.signal, finish: async () => undefined });
  await once(stdout, 'error');
  // An unhandled rejection would show within a turn, and end the controller.
  await new Promise((resolve) => setImmediate(resolve));
  gone.abort();
  await serving;
});
