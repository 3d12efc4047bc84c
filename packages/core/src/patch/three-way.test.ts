import { describe, expect, it } from 'vitest';
import { applyStrategicMergePatch } from './strategic-merge.ts';
import { planApplyPatch } from './three-way.ts';

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
const service = { apiVersion: 'v1', kind: 'Service' };

const withContainer = (container: object, more: object = {}) => ({
  spec: { template: { spec: { containers: [container], ...more } } },
});

function applyOver(present: object, last: object, desired: object, kind = deployment) {
  return applyStrategicMergePatch({ ...present }, planApplyPatch({ ...last }, desired, kind), kind);
}

describe('planApplyPatch', () => {
  it('removes what was applied before and is no longer wanted', () => {
    const last = withContainer({
      name: 'web',
      image: 'web:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    });
    const desired = withContainer({ name: 'web', image: 'web:2', env: [{ name: 'B', value: '2' }] });
    expect(applyOver(last, last, desired)).toEqual(desired);
  });

  it('leaves alone what somebody else set', () => {
    const last = withContainer({ name: 'web', image: 'web:1' });
    const present = {
      spec: { replicas: 7, ...withContainer({ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent' }).spec },
    };
    const desired = withContainer({ name: 'web', image: 'web:2' });
    expect(applyOver(present, last, desired)).toEqual({
      spec: { replicas: 7, ...withContainer({ name: 'web', image: 'web:2', imagePullPolicy: 'IfNotPresent' }).spec },
    });
  });

  it('removes a whole container that is no longer wanted', () => {
    const last = {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'a', image: 'a:1' },
              { name: 'b', image: 'b:1' },
            ],
          },
        },
      },
    };
    const desired = withContainer({ name: 'a', image: 'a:1' });
    expect(applyOver(last, last, desired)).toEqual(desired);
  });

  it('keeps the node port that the server chose for a port it knows', () => {
    const last = { spec: { ports: [{ port: 80, name: 'http' }] } };
    const present = { spec: { ports: [{ port: 80, name: 'http', nodePort: 30_123 }] } };
    const desired = { spec: { ports: [{ port: 80, name: 'http', targetPort: 8080 }] } };
    expect(applyOver(present, last, desired, service)).toEqual({
      spec: { ports: [{ port: 80, name: 'http', nodePort: 30_123, targetPort: 8080 }] },
    });
  });

  it('replaces lists that have no merge key, and deletes from sets', () => {
    const last = { metadata: { finalizers: ['a', 'b'] }, ...withContainer({ name: 'web', args: ['-v', '1'] }) };
    const desired = { metadata: { finalizers: ['b'] }, ...withContainer({ name: 'web', args: ['-v', '2'] }) };
    expect(applyOver(last, last, desired)).toEqual(desired);
  });

  it('is empty in effect where nothing changed', () => {
    const object = { metadata: { labels: { a: '1' } }, ...withContainer({ name: 'web', image: 'web:1' }) };
    expect(applyOver(object, object, object)).toEqual(object);
  });
});
