import { ApiError } from '@gantry/api-types';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { adminUser, nodeUser } from '../auth/user.ts';
import { systemClock } from '../system-clock.ts';
import { registerJoinRoutes } from './join-routes.ts';
import { joinScript } from './join-script.ts';

const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };

function ignore(): void {
  // What is logged is not this test's subject.
}

async function open(nodes: Set<string>) {
  const revoked: string[] = [];
  const app = Fastify();
  registerJoinRoutes(app, {
    auth: {
      authenticate: (header: string | undefined) =>
        header === 'Bearer node' ? nodeUser('host-1') : header ? adminUser : undefined,
      revoke: async (name: string) => void revoked.push(name),
    } as never,
    informers: {} as never,
    clock: systemClock,
    logger,
    agentDist: '',
    isConnected: () => false,
    cluster: 'test',
    client: {
      delete: async (_resource, _namespace, name) => {
        if (!nodes.delete(name)) throw new ApiError('NotFound', name);
      },
    },
  });
  const leave = (token: string) =>
    app.inject({ method: 'DELETE', url: '/gantry/v1/node', headers: { authorization: `Bearer ${token}` } });
  return { leave, revoked, [Symbol.asyncDispose]: async () => void (await app.close()) };
}

it('takes the Node and the credential of the host that asks, however often it asks', async () => {
  const nodes = new Set(['host-1', 'host-2']);
  await using server = await open(nodes);
  for (let time = 0; time < 2; time += 1) {
    const answer = await server.leave('node');
    expect([answer.statusCode, answer.json()]).toEqual([200, { nodeName: 'host-1', cluster: 'test' }]);
  }
  expect([...nodes]).toEqual(['host-2']);
  expect(new Set(server.revoked)).toEqual(new Set([nodeUser('host-1').name]));
});

it('takes nothing for anybody else', async () => {
  const nodes = new Set(['host-1']);
  await using server = await open(nodes);
  expect((await server.leave('admin')).statusCode).toBeGreaterThanOrEqual(400);
  expect([...nodes]).toEqual(['host-1']);
});

it('is what the joining script tells of, which any Node can parse', () => {
  expect(() => new Function('require', 'join', joinScript)).not.toThrow();
  expect(joinScript).toContain('leave.sh');
});
