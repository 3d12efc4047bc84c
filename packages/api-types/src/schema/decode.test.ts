import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiError } from '../errors.ts';
import { decodeJson, decodeValue, decodeYaml } from './decode.ts';
import { fieldWarnings, strictDecodingError } from './decode-errors.ts';
import { arbitraryObject } from './testing/arbitrary-object.ts';

const pod = { apiVersion: 'v1', kind: 'Pod' };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
const secret = { apiVersion: 'v1', kind: 'Secret' };
const deleteOptions = { apiVersion: 'v1', kind: 'DeleteOptions' };

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ reason: 'BadRequest', code: 400 });
    return (error as ApiError).message;
  }
  throw new Error('nothing was thrown');
}

describe('decodeJson', () => {
  it('hands a clean object back as it came', () => {
    const object = {
      ...pod,
      metadata: { name: 'a', labels: { app: 'a' } },
      spec: { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '100m' } } }] },
      status: {},
    };
    expect(decodeJson(JSON.stringify(object), pod)).toEqual({ object, unknownFields: [], duplicateFields: [] });
  });

  it('takes a missing apiVersion and kind from what is expected', () => {
    expect(decodeJson('{"metadata":{"name":"a"}}', secret).object).toEqual({ ...secret, metadata: { name: 'a' } });
  });

  it('drops and reports unknown fields, wherever they are', () => {
    const text =
      '{"foo":1,"spec":{"containers":[{"name":"a"},{"name":"b","Image":"x","env":[{"name":"c","bar":{}}]}]}}';
    const { object, unknownFields } = decodeJson(text, pod);
    expect(unknownFields).toEqual(['foo', 'spec.containers[1].Image', 'spec.containers[1].env[0].bar']);
    expect(object.spec).toEqual({ containers: [{ name: 'a' }, { name: 'b', env: [{ name: 'c' }] }] });
  });

  it('reports keys that occur twice, and the last one wins', () => {
    const text = '{"metadata":{"name":"a","labels":{"x":"1","x":"2"},"name":"b:\\"}"},"metadata2":[{"a":1,"a":2}]}';
    const { object, duplicateFields } = decodeJson(text, secret);
    expect(duplicateFields).toEqual(['metadata.labels.x', 'metadata.name', 'metadata2[0].a']);
    expect(object.metadata).toEqual({ name: 'b:"}', labels: { x: '2' } });
  });

  it('counts null and the empty values that Go would not write as absent', () => {
    const text = `{"metadata":{"name":"a","creationTimestamp":null,"labels":{},"generation":0},
      "spec":{"hostNetwork":false,"nodeName":"","volumes":[],"terminationGracePeriodSeconds":0,"containers":null}}`;
    const { object } = decodeJson(text, pod);
    expect(object.metadata).toEqual({ name: 'a' });
    expect(object.spec).toEqual({ containers: [], terminationGracePeriodSeconds: 0 });
  });

  it('fills in what is always present', () => {
    expect(decodeJson('{}', deployment).object).toEqual({
      ...deployment,
      metadata: {},
      spec: { template: { spec: { containers: [] } } },
      status: {},
    });
  });

  it('writes quantities, times and base64 as Kubernetes does', () => {
    const text = `{"metadata":{"name":"a","creationTimestamp":"2026-03-01T01:30:00.25+01:00"},
      "spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":0.5,"memory":"1024Mi"}}}]}}`;
    expect(decodeJson(text, pod).object).toMatchObject({
      metadata: { creationTimestamp: '2026-03-01T00:30:00Z' },
      spec: { containers: [{ resources: { requests: { cpu: '500m', memory: '1Gi' } } }] },
    });
    expect(decodeJson('{"data":{"a":"Zm9v\\nYmFy","b":null}}', secret).object.data).toEqual({ a: 'Zm9vYmFy', b: '' });
  });

  it('keeps a map key called __proto__ what it is', () => {
    const { object } = decodeJson('{"data":{"__proto__":"Zm8=","b":null}}', secret);
    expect(JSON.stringify(object.data)).toBe('{"__proto__":"Zm8=","b":""}');
  });

  it('takes delete options and statuses of any group version', () => {
    const text = '{"kind":"DeleteOptions","apiVersion":"apps/v1","propagationPolicy":"Background"}';
    expect(decodeJson(text, deleteOptions).object).toMatchObject({ propagationPolicy: 'Background' });
  });

  const cannot = 'Pod in version "v1" cannot be handled as a Pod:';
  it.each([
    ['{"spec":"x"}', 'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec'],
    ['{"spec":[]}', 'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec'],
    [
      '{"spec":{"containers":{}}}',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      '{"spec":{"containers":["a"]}}',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      '{"spec":{"containers":[{"env":[{"name":"a","value":1}]}]}}',
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      '{"metadata":{"labels":{"a":true}}}',
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      '{"spec":{"hostNetwork":"yes"}}',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool',
    ],
    [
      '{"spec":{"priority":1.5}}',
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      '{"spec":{"priority":3000000000}}',
      'json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      '{"spec":{"restartPolicy":1}}',
      'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    ],
    [
      '{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      '{"metadata":{"creationTimestamp":"soon"}}',
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    [
      '{"metadata":{"creationTimestamp":"2026-02-30T00:00:00Z"}}',
      'parsing time "2026-02-30T00:00:00Z": day out of range',
    ],
  ])('refuses %s', (text, why) => {
    expect(messageOf(() => decodeJson(text, pod))).toBe(`${cannot} ${why}`);
  });

  it.each([
    ['Zm9', 0],
    ['Zm9v!', 4],
    ['Zm9=v', 4],
  ])('says where base64 is wrong: %s', (data, at) => {
    const message = messageOf(() => decodeJson(JSON.stringify({ data: { a: data } }), secret));
    expect(message).toBe(
      `Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte ${at}`,
    );
  });

  it.each([
    ['', 'unexpected end of JSON input (<empty>)'],
    ['{"a":', 'unexpected end of JSON input ({"a":)'],
    ['hello', "invalid character 'h' looking for beginning of value (68656c6c6f)"],
    ['{"a":1,}', `invalid character '}' looking for beginning of object key string ({"a":1,})`],
    ['{"a" 1}', `invalid character '1' after object key ({"a" 1})`],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair ({"a":1 "b":2})`],
    ['{"a":[1 2]}', `invalid character '2' after array element ({"a":[1 2]})`],
    ['{"a":tru}', `invalid character '}' in literal true (expecting 'e') ({"a":tru})`],
    ['{"a":01}', `invalid character '1' after object key:value pair ({"a":01})`],
    ['{"a":1.x}', `invalid character 'x' after decimal point in numeric literal ({"a":1.x})`],
    ['{"a":"\\x"}', `invalid character 'x' in string escape code ({"a":"\\x"})`],
    ['{"a":"\n"}', `invalid character '\\n' in string literal ({"a":"\n"})`],
    ['{} {}', `invalid character '{' after top-level value ({} {})`],
    [`{"${'x'.repeat(40)}"`, `unexpected end of JSON input ({"${'x'.repeat(28)} ...)`],
  ])('explains malformed JSON: %j', (text, why) => {
    const expected = `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: ${why}`;
    expect(messageOf(() => decodeJson(text, pod))).toBe(expected);
  });

  it('survives absurd nesting', () => {
    expect(messageOf(() => decodeJson('['.repeat(1_000_000), pod))).toContain('exceeded max depth');
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    expect(messageOf(() => decodeJson(deep, pod))).toContain('exceeded max depth');
    expect(messageOf(() => decodeYaml('['.repeat(20_000), pod))).toContain('exceeded max depth');
  });

  it.each([
    ['[]', 'json: cannot unmarshal array into Go value of type struct {'],
    ['"x"', 'json: cannot unmarshal string into Go value of type struct {'],
    ['{"kind":1}', 'json: cannot unmarshal number into Go struct field .kind of type string'],
  ])('refuses what is no object: %s', (text, why) => {
    expect(messageOf(() => decodeJson(text, pod))).toContain(`couldn't get version/kind; json parse error: ${why}`);
  });

  it('refuses another kind than the expected one', () => {
    expect(messageOf(() => decodeJson(JSON.stringify(pod), deployment))).toBe(
      'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
    );
    expect(messageOf(() => decodeJson('{"kind":"Gizmo"}', pod))).toBe(
      'Gizmo in version "v1" cannot be handled as a Pod: ' +
        'no kind "Gizmo" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    );
  });

  it('needs a kind where none is expected', () => {
    expect(messageOf(() => decodeJson('{"apiVersion":"v1"}', undefined))).toBe(
      `Object 'Kind' is missing in '{"apiVersion":"v1"}'`,
    );
    expect(messageOf(() => decodeJson('{"kind":"Pod"}', undefined))).toBe(
      `Object 'apiVersion' is missing in '{"kind":"Pod"}'`,
    );
    expect(decodeJson(JSON.stringify({ ...secret, type: 'x' }), undefined).object).toMatchObject({ type: 'x' });
  });
});

describe('decodeYaml', () => {
  it('reads what JSON would say, and reports duplicates', () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  name: y\nspec:\n  containers:\n  - {name: a, foo: 1}\n';
    expect(decodeYaml(text, pod)).toEqual({
      object: { ...pod, metadata: { name: 'y' }, spec: { containers: [{ name: 'a' }] }, status: {} },
      unknownFields: ['spec.containers[0].foo'],
      duplicateFields: ['metadata.name'],
    });
  });

  it.each([
    ['a: [', 'error converting YAML to JSON: yaml: line 1: '],
    ['a: 1\n---\nb: 1\n', 'error converting YAML to JSON: yaml: line 2: more than one document'],
    ['a: *b', 'error converting YAML to JSON: yaml: '],
    ['- a', "couldn't get version/kind; json parse error: json: cannot unmarshal array"],
  ])('refuses %j', (text, why) => {
    expect(messageOf(() => decodeYaml(text, pod))).toContain(`(must be of type Pod): ${why}`);
  });
});

describe('decodeValue', () => {
  it('never changes its input, and leaves alone what is decoded already', () => {
    fc.assert(
      fc.property(arbitraryObject(pod), (value) => {
        const before = JSON.stringify(value);
        const once = decodeValue(value, pod).object;
        expect(JSON.stringify(value)).toBe(before);
        expect(decodeValue(once, pod)).toEqual({ object: once, unknownFields: [], duplicateFields: [] });
        expect(decodeValue(once, pod).object).toBe(once);
        expect(decodeJson(before, pod).object).toEqual(once);
      }),
    );
  });
});

describe('strictDecodingError', () => {
  it('names everything found in one message', () => {
    const found = { unknownFields: ['spec.foo'], duplicateFields: ['spec.replicas'] };
    expect(strictDecodingError(deployment, found)?.message).toBe(
      'Deployment in version "v1" cannot be handled as a Deployment: ' +
        'strict decoding error: unknown field "spec.foo", duplicate field "spec.replicas"',
    );
    expect(fieldWarnings(found)).toEqual(['unknown field "spec.foo"', 'duplicate field "spec.replicas"']);
  });

  it('has nothing to say of a clean object', () => {
    expect(strictDecodingError(deployment, { unknownFields: [], duplicateFields: [] })).toBeUndefined();
  });
});
