import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isApiError } from './errors.ts';
import { compileLabelMap, compileLabelSelector, formatLabelSelector, parseLabelSelector } from './selector.ts';

function messageOf(text: string): string {
  try {
    parseLabelSelector(text);
  } catch (error) {
    if (isApiError(error, 'BadRequest')) return error.message;
  }
  return 'no error';
}

const labels = { app: 'web', tier: 'front', empty: '', replicas: '3' };

describe('parseLabelSelector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['missing notin (a)', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['empty=', true],
    ['empty in ()', true],
    ['app=web,tier=back', false],
    ['replicas>2', true],
    ['replicas<3', false],
    ['app>2', false],
    ['toString', false],
    ['in in (in,notin)', false],
    [' app  =  web , tier ', true],
  ])('%j matches the labels: %s', (text, isMatch) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(isMatch);
  });

  it.each([
    ['a,', "found '', expected: identifier after ','"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (=', "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a==!b', "unable to parse requirement: found '!', expected: identifier"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>x',
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    [
      'a=-b',
      `unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', or 'my_value', or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ])('refuses %j in the words of Kubernetes', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  it('reads back its own text', () => {
    const key = fc.stringMatching(/^[a-z]{1,3}$/);
    const value = fc.stringMatching(/^[a-z0-9]{1,3}$/);
    const requirement = fc.oneof(
      key,
      key.map((k) => `!${k}`),
      fc.tuple(key, fc.constantFrom('=', '!=', '=='), value).map((parts) => parts.join('')),
      fc
        .tuple(key, fc.constantFrom('in', 'notin'), fc.array(value, { minLength: 1, maxLength: 3 }))
        .map(([k, operator, values]) => `${k} ${operator} (${values.join(',')})`),
    );
    const someLabels = fc.dictionary(key, value);
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1, maxLength: 4 }), someLabels, (parts, object) => {
        const selector = parseLabelSelector(parts.join(','));
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).toBe(selector.toString());
        expect(again.matches(object)).toBe(selector.matches(object));
        const separately = parts.every((part) => parseLabelSelector(part).matches(object));
        expect(selector.matches(object)).toBe(separately);
      }),
    );
  });
});

describe('compileLabelSelector', () => {
  it('selects nothing where there is no selector and everything where it is empty', () => {
    expect(compileLabelSelector(undefined).matches({})).toBe(false);
    expect(compileLabelSelector({}).matches(undefined)).toBe(true);
  });

  it('asks for all labels and all expressions', () => {
    const selector = compileLabelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'missing', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.matches(labels)).toBe(true);
    expect(selector.matches({ ...labels, missing: 'x' })).toBe(false);
    expect(selector.toString()).toBe('app=web,!missing,tier in (back,front)');
  });

  it('refuses an operator that does not exist', () => {
    const compile = (): unknown => compileLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] });
    expect(compile).toThrow('"Like" is not a valid label selector operator');
  });

  it('matches a plain map of labels', () => {
    expect(compileLabelMap({ app: 'web', tier: 'front' }).matches(labels)).toBe(true);
    expect(compileLabelMap({ app: 'web', tier: 'back' }).matches(labels)).toBe(false);
  });

  it('prints selectors as kubectl does', () => {
    expect(formatLabelSelector({ matchLabels: { b: '2', a: '1' } })).toBe('a=1,b=2');
    expect(formatLabelSelector({})).toBe('<none>');
  });
});
