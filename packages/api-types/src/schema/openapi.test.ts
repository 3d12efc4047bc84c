import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../generated/types.ts';
import { deploymentKind } from '../kinds/deployment.ts';
import { podKind } from '../kinds/pod.ts';
import { serviceKind } from '../kinds/service.ts';
import { makePod } from '../testing/index.ts';
import { createOpenApiDocuments, type OpenApiDocument } from './openapi/documents.ts';
import { enumValues } from './openapi/enums.ts';
import type { V2Document } from './openapi/paths.ts';
import { ProtobufReader } from './protobuf/reader.ts';

const kinds = [podKind, serviceKind, deploymentKind];
const documents = createOpenApiDocuments({ kinds, title: 'Test', version: 'v1.36.0' });

interface Schema {
  readonly [key: string]: unknown;
  readonly properties: Record<string, Schema>;
}

interface V3Document {
  readonly paths: Record<
    string,
    Record<string, { parameters: { name: string; in: string }[] } & Record<string, unknown>>
  >;
  readonly components: { readonly schemas: Record<string, Schema> };
}

function parse<T>(document: OpenApiDocument | undefined): T {
  return JSON.parse(new TextDecoder().decode(document?.bytes)) as T;
}

function referencesOf(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
}

describe('OpenAPI v2', () => {
  it('describes a kind with what strategic merge needs', async () => {
    const { definitions } = parse<V2Document>(await documents.v2Json());
    const deployment = definitions['io.k8s.api.apps.v1.Deployment'];
    expect(deployment).toMatchObject({
      type: 'object',
      description: expect.stringContaining('Deployment enables declarative updates'),
      'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
      properties: { apiVersion: { type: 'string' }, metadata: { $ref: expect.stringContaining('meta.v1.ObjectMeta') } },
    });
    expect(definitions['io.k8s.api.core.v1.PodSpec']).toMatchObject({
      required: ['containers'],
      properties: {
        containers: { type: 'array', 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' },
        volumes: { 'x-kubernetes-patch-strategy': 'merge,retainKeys' },
      },
    });
    expect(definitions['io.k8s.api.core.v1.Container']?.properties?.ports).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
    });
  });

  it('defines everything that it refers to', async () => {
    const document = parse<V2Document>(await documents.v2Json());
    const defined = new Set(Object.keys(document.definitions).map((name) => `#/definitions/${name}`));
    expect(referencesOf(document).filter((reference) => !defined.has(reference))).toEqual([]);
  });

  it('has a patch operation with the parameters kubectl looks for, for each kind', async () => {
    const { paths } = parse<V2Document>(await documents.v2Json());
    const patch = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']?.patch;
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' });
    const names = patch?.parameters.map((parameter) => parameter.name);
    expect(names).toEqual(expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']));
  });

  it('is the same document in protobuf', async () => {
    const json = parse<V2Document>(await documents.v2Json());
    const { bytes } = await documents.v2Protobuf();
    const names = namesUnder(bytes, 9, 1);
    expect(names).toEqual(Object.keys(json.definitions));
    expect(namesUnder(bytes, 8, 2)).toEqual(Object.keys(json.paths));
  });
});

describe('an enumeration', () => {
  const pod = (change: (spec: Pod['spec'], container: Container) => void): readonly string[] => {
    const object = makePod();
    const [container] = object.spec.containers;
    if (container) change(object.spec, container);
    return podKind.validate(object).flatMap(({ field, reason }) => (reason === 'FieldValueNotSupported' ? field : []));
  };

  it('is told of fields and of the items of lists, in both versions', async () => {
    const { components } = parse<V3Document>(await documents.v3('api/v1'));
    const { definitions } = parse<V2Document>(await documents.v2Json());
    for (const schemas of [components.schemas, definitions as unknown as V3Document['components']['schemas']]) {
      const container = schemas['io.k8s.api.core.v1.Container']?.properties;
      expect(container?.imagePullPolicy).toMatchObject({ type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] });
      expect(container?.name).not.toHaveProperty('enum');
      const service = schemas['io.k8s.api.core.v1.ServiceSpec']?.properties;
      expect(service?.ipFamilies).toMatchObject({ items: { enum: ['', 'IPv4', 'IPv6'] } });
    }
  });

  it.each<[string, (spec: Pod['spec'], container: Container, value: string) => void]>([
    ['PullPolicy', (_, container, value) => Object.assign(container, { imagePullPolicy: value })],
    [
      'TerminationMessagePolicy',
      (_, container, value) => Object.assign(container, { terminationMessagePolicy: value }),
    ],
    ['Protocol', (_, container, value) => Object.assign(container, { ports: [{ containerPort: 1, protocol: value }] })],
    ['RestartPolicy', (spec, _, value) => Object.assign(spec, { restartPolicy: value })],
    ['DNSPolicy', (spec, _, value) => Object.assign(spec, { dnsPolicy: value })],
    ['PreemptionPolicy', (spec, _, value) => Object.assign(spec, { preemptionPolicy: value })],
    ['OSName', (spec, _, value) => Object.assign(spec, { os: { name: value } })],
    ['ProcMountType', (_, container, value) => Object.assign(container, { securityContext: { procMount: value } })],
    [
      'HostPathType',
      (spec, _, value) => Object.assign(spec, { volumes: [{ name: 'v', hostPath: { path: '/x', type: value } }] }),
    ],
  ])('%s has the values that the API takes, and no others', (type, set) => {
    const values = enumValues(`v1.${type}`) ?? [];
    expect(values.length).toBeGreaterThan(1);
    for (const value of values) expect(pod((spec, container) => set(spec, container, value))).toEqual([]);
    expect(pod((spec, container) => set(spec, container, 'Nonsense'))).toHaveLength(1);
  });
});

describe('OpenAPI v3', () => {
  it('lists a document for each served version, with its hash', async () => {
    const { paths } = await documents.v3Index();
    expect(Object.keys(paths)).toEqual(['api/v1', 'apis/apps/v1']);
    const document = await documents.v3('apis/apps/v1');
    expect(paths['apis/apps/v1']?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${document?.hash}`);
  });

  it('has nothing for what is not served', async () => {
    expect(await documents.v3('apis/batch/v1')).toBeUndefined();
  });

  it.each(['api/v1', 'apis/apps/v1'])('defines everything that %s refers to', async (path) => {
    const document = parse<V3Document>(await documents.v3(path));
    const defined = new Set(Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`));
    expect(referencesOf(document).filter((reference) => !defined.has(reference))).toEqual([]);
  });

  it('puts nothing beside a reference', async () => {
    const { components } = parse<V3Document>(await documents.v3('apis/apps/v1'));
    const strategy = components.schemas['io.k8s.api.apps.v1.DeploymentSpec']?.properties.strategy;
    expect(strategy).toEqual({
      description: expect.any(String),
      'x-kubernetes-patch-strategy': 'retainKeys',
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy' }],
    });
  });

  it('has a patch operation with the parameters kubectl looks for', async () => {
    const { paths } = parse<V3Document>(await documents.v3('api/v1'));
    const patch = paths['/api/v1/namespaces/{namespace}/pods/{name}']?.patch;
    const query = patch?.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    expect(query).toEqual(expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']));
  });

  it('makes each document once', async () => {
    expect(await documents.v3('api/v1')).toBe(await documents.v3('api/v1'));
  });
});

/** The names in a list of named messages: `Document.<part>.<item>.name`. */
function namesUnder(bytes: Uint8Array, part: number, item: number): string[] {
  const names: string[] = [];
  each(new ProtobufReader(bytes), part, (list) => each(list, item, (named) => each(named, 1, undefined, names)));
  return names;
}

function each(
  reader: ProtobufReader,
  wanted: number,
  visit: ((message: ProtobufReader) => void) | undefined,
  names: string[] = [],
): void {
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number !== wanted) reader.skip(wireType);
    else if (visit) visit(reader.message());
    else names.push(reader.string());
  }
}
