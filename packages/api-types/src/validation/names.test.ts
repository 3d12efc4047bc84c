import { describe, expect, it } from 'vitest';
import {
  configMapKeyProblems,
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  envNameProblems,
  labelValueProblems,
  percentProblems,
  portNameProblems,
  qualifiedNameProblems,
} from './names.ts';

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const nameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', or 'my.name', or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

describe('names', () => {
  it.each(['a', 'a.b-c.d', '0', 'x'.repeat(253)])('takes %s as a subdomain', (name) => {
    expect(dns1123SubdomainProblems(name)).toEqual([]);
  });

  it.each([
    [dns1123SubdomainProblems, 'Web', [subdomainText]],
    [dns1123SubdomainProblems, 'a..b', [subdomainText]],
    [dns1123SubdomainProblems, 'x'.repeat(254), ['must be no more than 253 bytes']],
    [dns1123LabelProblems, 'a.b', ['must not contain dots']],
    [dns1123LabelProblems, '-a', [labelText]],
    [dns1123LabelProblems, 'x'.repeat(64), ['must be no more than 63 bytes']],
    [
      dns1035LabelProblems,
      '1a',
      [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name', or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [qualifiedNameProblems, 'a b', [nameText]],
    [qualifiedNameProblems, '', ['name part must be non-empty', nameText]],
    [qualifiedNameProblems, '/a', ['prefix part must be non-empty']],
    [qualifiedNameProblems, 'A/a', [`prefix part ${subdomainText}`]],
    [labelValueProblems, 'x'.repeat(64), ['must be no more than 63 bytes']],
    [
      configMapKeyProblems,
      'a/b',
      [
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', or 'KEY_NAME', or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [configMapKeyProblems, '..', ["must not be '..'"]],
    [configMapKeyProblems, '..a', ["must not start with '..'"]],
    [
      envNameProblems,
      'a=b',
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
    [portNameProblems, '80', ['must contain at least one letter (a-z)']],
    [portNameProblems, 'a--b', ['must not contain consecutive hyphens']],
    [portNameProblems, 'a-very-long-port-name', ['must be no more than 15 bytes']],
    [
      percentProblems,
      '5',
      [
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
  ] as const)('%o refuses %j', (problemsOf, name, problems) => {
    expect(problemsOf(name)).toEqual(problems);
  });
});
