import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMapBody, createTestApi, deploymentBody, podBody, type TestApi, tokens } from './testing/test-api.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';

/** Whatever a client sends, it gets Kubernetes' own error, and nobody else notices. */
describe('bad input', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await createTestApi();
    await api.app.listen({ port: 0, host: '127.0.0.1' });
  });
  afterEach(async () => {
    expect((await api.call('GET', '/readyz')).code).toBe(200);
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const cases: [title: string, url: string, body: unknown, code: number, reason: string, text: string][] = [
    ['JSON that is cut off', configMaps, '{"kind":"ConfigMap"', 400, 'BadRequest', 'unexpected end of JSON input'],
    ['a body that is no object', configMaps, '[1,2]', 400, 'BadRequest', 'cannot unmarshal array'],
    ['an empty body', configMaps, '', 400, 'BadRequest', 'must be of type ConfigMap'],
    ['another kind', configMaps, podBody('x'), 400, 'BadRequest', 'cannot be handled as a ConfigMap'],
    [
      'an unknown kind',
      configMaps,
      { kind: 'Foo', apiVersion: 'v1' },
      400,
      'BadRequest',
      'no kind \\"Foo\\" is registered',
    ],
    [
      'a list where a map belongs',
      configMaps,
      { ...configMapBody('x'), data: ['a'] },
      400,
      'BadRequest',
      'cannot unmarshal array',
    ],
    [
      'a number where text belongs',
      configMaps,
      { ...configMapBody('x'), data: { a: 1 } },
      400,
      'BadRequest',
      'cannot unmarshal number into Go',
    ],
    [
      'text where a number belongs',
      deployments,
      { ...deploymentBody('x'), spec: { ...deploymentBody('x').spec, replicas: 'two' } },
      400,
      'BadRequest',
      'cannot unmarshal string',
    ],
    [
      'a number that is no integer',
      deployments,
      { ...deploymentBody('x'), spec: { ...deploymentBody('x').spec, replicas: 1.5 } },
      400,
      'BadRequest',
      'cannot unmarshal number',
    ],
    [
      'negative replicas',
      deployments,
      { ...deploymentBody('x'), spec: { ...deploymentBody('x').spec, replicas: -1 } },
      422,
      'Invalid',
      'must be greater than or equal to 0',
    ],
    ['a name with capitals', configMaps, configMapBody('Upper'), 422, 'Invalid', 'a lowercase RFC 1123 subdomain'],
    ['a name that is too long', configMaps, configMapBody('x'.repeat(254)), 422, 'Invalid', 'must be no more than 253'],
    ['a label that is none', configMaps, configMapBody('x', 'v', { 'a b': 'c' }), 422, 'Invalid', 'metadata.labels'],
    [
      'a namespace name with dots',
      '/api/v1/namespaces',
      { kind: 'Namespace', apiVersion: 'v1', metadata: { name: 'a.b' } },
      422,
      'Invalid',
      'must not contain dots',
    ],
    [
      'a missing namespace',
      '/api/v1/namespaces/gone/pods',
      podBody('x'),
      404,
      'NotFound',
      'namespaces \\"gone\\" not found',
    ],
    [
      'a pod without containers',
      pods,
      podBody('x', { spec: { containers: [] } }),
      422,
      'Invalid',
      'spec.containers: Required value',
    ],
    [
      'a service account that is not there',
      pods,
      podBody('x', { spec: { serviceAccountName: 'robot' } }),
      403,
      'Forbidden',
      'serviceaccount \\"robot\\" not found',
    ],
    [
      'a priority class that is not there',
      pods,
      podBody('x', { spec: { priorityClassName: 'vip' } }),
      403,
      'Forbidden',
      'no PriorityClass with name vip was found',
    ],
    [
      'a priority class named like a part of JavaScript',
      pods,
      podBody('x', { spec: { priorityClassName: 'constructor' } }),
      403,
      'Forbidden',
      'no PriorityClass with name constructor was found',
    ],
  ];
  it.each(cases)('%s', async (_title, url, body, code, reason, text) => {
    const answer = await api.call('POST', url, { body });
    expect([answer.code, answer.body?.reason]).toEqual([code, reason]);
    expect(answer.text).toContain(text);
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code });
  });

  it.each(['-1', '1e400', 'ten', '1Zi', ''])('refuses the quantity %j', async (memory) => {
    const container = { name: 'c', image: 'i:1', resources: { requests: { memory } } };
    const { code } = await api.call('POST', pods, { body: podBody('q', { spec: { containers: [container] } }) });
    expect([400, 422]).toContain(code);
  });

  it('malformed YAML', async () => {
    const answer = await api.call('POST', configMaps, { body: 'a: [1,\nb: }', contentType: 'application/yaml' });
    expect([answer.code, answer.body.reason]).toEqual([400, 'BadRequest']);
    expect(answer.text).toContain('error converting YAML to JSON');
  });

  it('YAML that grows without end', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`);
    const body = `a0: &a0 [x]\n${levels.join('\n')}\n`;
    expect((await api.call('POST', configMaps, { body, contentType: 'application/yaml' })).code).toBe(400);
  });

  it('JSON that is nested without end', async () => {
    const body = `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deep"},"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`;
    expect((await api.call('POST', configMaps, { body })).code).toBe(400);
  });

  it('patches that are nested without end', async () => {
    await api.call('POST', configMaps, { body: configMapBody('deep-patch') });
    const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    for (const [kind, body] of [
      ['merge', `{"data":${nested}}`],
      ['strategic-merge', `{"data":${nested}}`],
      ['json', `[{"op":"add","path":"/data","value":${nested}}]`],
    ]) {
      const contentType = `application/${kind}-patch+json`;
      const { code, body: answer } = await api.call('PATCH', `${configMaps}/deep-patch`, { body, contentType });
      expect([code, answer.message]).toEqual([400, 'error decoding patch: exceeded max depth']);
    }
  });

  it('patches that leave nothing of a Scale', async () => {
    await api.call('POST', deployments, { body: deploymentBody('no-scale') });
    const body = '[{"op":"replace","path":"","value":null}]';
    const contentType = 'application/json-patch+json';
    expect((await api.call('PATCH', `${deployments}/no-scale/scale`, { body, contentType })).code).toBe(400);
  });

  it('protobuf that is none', async () => {
    const contentType = 'application/vnd.kubernetes.protobuf';
    for (const body of [
      Buffer.from('garbage'),
      Buffer.from('k8s\0garbage'),
      Buffer.from([0x6b, 0x38, 0x73, 0, 0x12, 0xff]),
    ]) {
      expect((await api.call('POST', configMaps, { body, contentType })).code).toBe(400);
    }
  });

  it('media types that are not served', async () => {
    const { code, body } = await api.call('POST', configMaps, { body: 'x', contentType: 'text/plain' });
    expect(code).toBe(415);
    expect(body).toMatchObject({
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    });
  });

  it('keys that are special in JavaScript', async () => {
    const body =
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"proto","labels":{"constructor":"x"}},"data":{"__proto__":"y","toString":"z"}}';
    const { code, text } = await api.call('POST', configMaps, { body });
    expect(code).toBe(201);
    expect(text).toContain('"toString":"z"');
    expect(({} as Record<string, unknown>).y).toBeUndefined();
  });

  it('paths that are not encoded properly', async () => {
    expect((await api.call('GET', `${configMaps}/%ff`)).code).toBe(400);
    expect((await api.call('GET', `${configMaps}/a%2Fb`)).code).toBe(404);
  });

  it('a body that is too large, refused before it has been read', async () => {
    const answer = await api.call('POST', configMaps, { body: configMapBody('big', 'x'.repeat(4 * 1024 * 1024)) });
    expect(answer.code).toBe(413);
    expect(answer.body).toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('50 MB that keep coming, of which the sender learns why they were refused', async () => {
    const { port } = api.app.server.address() as AddressInfo;
    const sent = await sendWithoutEnd(port, 50 * 1024 * 1024);
    expect(sent.answer).toContain('413');
  });
});

/** Sends a chunked body as fast as it is taken, until the server hangs up. */
function sendWithoutEnd(port: number, total: number): Promise<{ bytes: number; answer: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    let bytes = 0;
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65536, 'x'), Buffer.from('\r\n')]);
    socket.write(
      `POST ${configMaps} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens.admin}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    const send = () => {
      while (bytes < total && !socket.destroyed) {
        bytes += chunk.length;
        if (!socket.write(chunk)) {
          socket.once('drain', send);
          return;
        }
      }
    };
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ bytes, answer }));
    send();
  });
}
