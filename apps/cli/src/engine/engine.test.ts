import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { expect, it } from 'vitest';
import { checkEngineAddress, lookForEngine } from './engine.ts';

/** What stands at an engine's socket. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { docker: Docker }> {
  const directory = await mkdtemp(join(tmpdir(), 'gantry-engine-'));
  const socketPath = join(directory, 'docker.sock');
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    docker: new Docker({ socketPath }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const info = { NCPU: 2, MemTotal: 4096, ServerVersion: '20.10.24', OperatingSystem: 'Debian', OSType: 'linux' };

it('finds an engine that answers', async () => {
  await using engine = await serve((_request, response) => response.end(JSON.stringify(info)));
  expect(await lookForEngine(engine.docker)).toMatchObject({
    type: 'found',
    info: { cpus: 2, serverVersion: '20.10.24' },
  });
});

it('tells an engine that hangs from one that is not there', async () => {
  await using engine = await serve(() => undefined);
  expect(await lookForEngine(engine.docker, 50)).toEqual({ type: 'silent', why: 'no answer within 0.05 s' });
  const nowhere = await lookForEngine(new Docker({ socketPath: '/nowhere/docker.sock' }));
  expect(nowhere).toEqual({ type: 'absent', why: 'connect ENOENT /nowhere/docker.sock' });
});

it('does not take one that answers with an error for one that is not there', async () => {
  await using engine = await serve((_request, response) => {
    response.statusCode = 500;
    response.end('{"message":"out of order"}');
  });
  expect(await lookForEngine(engine.docker)).toMatchObject({
    type: 'silent',
    why: expect.stringContaining('out of order'),
  });
});

it.each([
  'tcp://192.0.2.1:2375',
  'tcp://docker:2376',
  'ssh://me@host',
  'ssh://localhost',
  'https://[2001:db8::1]:2376',
])('refuses the engine of another machine: %s', (address) => {
  expect(() => checkEngineAddress(address)).toThrow(
    /^the Docker Engine at DOCKER_HOST=.* is of another machine, .*gantry join/,
  );
});

it.each(['unix:///var/run/docker.sock', 'tcp://127.0.0.1:2375', 'tcp://localhost:2375', 'tcp://[::1]:2375'])(
  'takes an engine of this machine: %s',
  (address) => {
    expect(() => checkEngineAddress(address)).not.toThrow();
  },
);
