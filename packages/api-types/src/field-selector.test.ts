import { describe, expect, it } from 'vitest';
import { compileFieldSelector, parseFieldSelector } from './field-selector.ts';
import { kindByResource, kindOf } from './kinds.ts';
import { makePod } from './testing/index.ts';

const pods = kindByResource('pods') ?? { selectableFields: {} };
const configMaps = kindByResource('configmaps') ?? pods;

describe('field selectors', () => {
  it.each([
    ['spec.nodeName=n1', true],
    ['spec.nodeName==n1,status.phase=Running', true],
    ['spec.nodeName!=n1', false],
    ['metadata.name=web', true],
    ['metadata.namespace=other', false],
    ['', true],
  ])('%j matches the pod: %s', (text, isMatch) => {
    const pod = makePod({ name: 'web', nodeName: 'n1', phase: 'Running' });
    expect(compileFieldSelector(text, pods).matches(pod)).toBe(isMatch);
  });

  it('knows the one value a field must have', () => {
    const selector = compileFieldSelector('spec.nodeName=n1,status.phase!=Failed', pods);
    expect([selector.exactValue('spec.nodeName'), selector.exactValue('status.phase')]).toEqual(['n1', undefined]);
  });

  it('refuses fields that cannot be selected by', () => {
    expect(() => compileFieldSelector('foo=1', pods)).toThrow('field label not supported: foo');
    expect(() => compileFieldSelector('foo=1', configMaps)).toThrow(
      '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    expect(Object.keys(kindOf('nodes').selectableFields)).toEqual(['spec.unschedulable']);
  });

  it('refuses what it cannot understand', () => {
    expect(() => parseFieldSelector('a=1,b')).toThrow("invalid selector: 'a=1,b'; can't understand 'b'");
  });

  it('takes escaped commas, equal signs and backslashes in values', () => {
    expect(parseFieldSelector('a=x\\,y\\=z\\\\,b!=c')).toEqual([
      { field: 'a', operator: '=', value: 'x,y=z\\' },
      { field: 'b', operator: '!=', value: 'c' },
    ]);
  });
});
