import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJson, decodeProtobuf } from './decode.ts';
import captured from './testdata/kubectl-1.33-protobuf.json' with { type: 'json' };
import { arbitraryObject } from './testing/arbitrary-object.ts';
import { encodeProtobuf } from './testing/encode-protobuf.ts';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };

/** What kubectl 1.33 sent, and the object its command line asked for. */
const commands: [keyof typeof captured, object][] = [
  [
    'deployments',
    {
      ...deployment,
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        strategy: {},
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx:1.27', ports: [{ containerPort: 80 }], resources: {} }] },
        },
      },
      status: {},
    },
  ],
  [
    'configmaps',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { a: 'b', long: 'zwei Zeilen\nmit Ümlaut' },
      binaryData: { 'bin.dat': 'Yv8AaW4=' },
    },
  ],
  [
    'secrets',
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'creds' },
      data: { password: 'czNjcmV0', 'bin.dat': 'Yv8AaW4=' },
    },
  ],
  ['namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' }, spec: {}, status: {} }],
  [
    'services',
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db', labels: { app: 'db' } },
      spec: {
        ports: [{ name: '5432-5432', protocol: 'TCP', port: 5432, targetPort: 5432 }],
        selector: { app: 'db' },
        type: 'ClusterIP',
      },
      status: { loadBalancer: {} },
    },
  ],
  [
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: { audiences: [], expirationSeconds: 3600 },
      status: { token: '' },
    },
  ],
];

describe('decodeProtobuf', () => {
  it.each(commands)('reads what kubectl create sends: %s', (name, object) => {
    expect(decodeProtobuf(bytesOf(captured[name]), undefined).object).toEqual(object);
  });

  it.each(['Pod', 'Node', 'Service', 'Secret', 'Event', 'Namespace'])('reads any %s as JSON would be read', (kind) => {
    const reference = { apiVersion: 'v1', kind };
    fc.assert(
      fc.property(arbitraryObject(reference), (value) => {
        const fromJson = decodeJson(JSON.stringify(value), reference).object;
        const fromProtobuf = decodeProtobuf(encodeProtobuf({ ...fromJson }), reference).object;
        expect(fromProtobuf).toMatchObject(fromJson);
        expect(withoutZeros(fromProtobuf)).toEqual(withoutZeros(fromJson));
      }),
    );
  });

  it('keeps an explicit zero behind a pointer and drops one that is none', () => {
    const spec = { replicas: 0, minReadySeconds: 0, selector: {}, template: { spec: { containers: [] } } };
    const { object } = decodeProtobuf(encodeProtobuf({ ...deployment, spec }), deployment);
    expect(object.spec).toMatchObject({ replicas: 0 });
    expect(object.spec).not.toHaveProperty('minReadySeconds');
  });

  it('reads packed and unpacked lists of numbers', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod' };
    // spec (2) { securityContext (14) { supplementalGroups (4): 5, 300, then 7 on its own } }
    const message = [0x12, 0x0b, 0x72, 0x09, 0x22, 0x03, 0x05, 0xac, 0x02, 0x20, 0x07, 0x18, 0x00];
    const raw = [0x12, message.length, ...message];
    const bytes = Uint8Array.from([0x6b, 0x38, 0x73, 0, ...raw]);
    expect(decodeProtobuf(bytes, pod).object.spec).toMatchObject({
      securityContext: { supplementalGroups: [5, 300, 7] },
    });
  });

  it('reads negative numbers', () => {
    const bytes = encodeProtobuf({ apiVersion: 'v1', kind: 'Pod', spec: { priority: -5, containers: [] } });
    expect(decodeProtobuf(bytes, undefined).object.spec).toMatchObject({ priority: -5 });
  });

  it('passes over fields it does not know', () => {
    const bytes = bytesOf(captured.namespaces);
    // 1000 as a string, appended to the envelope
    const extended = Uint8Array.from([...bytes, 0xc2, 0x3e, 0x02, 0x68, 0x69]);
    expect(decodeProtobuf(extended, undefined).object.kind).toBe('Namespace');
  });

  it('refuses bytes without the prefix', () => {
    expect(() => decodeProtobuf(Uint8Array.of(1, 2, 3), deployment)).toThrow(
      expect.objectContaining({
        reason: 'BadRequest',
        message:
          'the object provided is unrecognized (must be of type Deployment): ' +
          'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (010203)',
      }),
    );
  });

  it('refuses a kind that is not expected', () => {
    expect(() => decodeProtobuf(bytesOf(captured.secrets), deployment)).toThrow(
      'Secret in version "v1" cannot be handled as a Deployment',
    );
  });

  it('answers every cut or damaged body with BadRequest', () => {
    const bytes = bytesOf(captured.deployments);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
        const damaged = isCut ? bytes.slice(0, at) : bytes.with(at, byte);
        try {
          decodeProtobuf(damaged, deployment);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ApiError', reason: 'BadRequest' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Go writes structs even when they are empty, with all that is always present in them. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutZeros(element));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, withoutZeros(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => !isZero(member)));
}

function isZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return !value || value === '0';
}
