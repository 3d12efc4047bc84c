/**
 * The name formats of Kubernetes. Every `*Problems` function answers with Kubernetes' own sentences about what is wrong,
 * and with the shared empty list where nothing is.
 */
const none: readonly string[] = [];

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualifiedPart})?`;
const configMapKey = '[-._a-zA-Z0-9]+';

const labelRegex = new RegExp(`^${label}$`);
const subdomainRegex = new RegExp(`^${subdomain}$`);
const dns1035Regex = new RegExp(`^${dns1035}$`);
const qualifiedPartRegex = new RegExp(`^${qualifiedPart}$`);
const labelValueRegex = new RegExp(`^${labelValue}$`);
const configMapKeyRegex = new RegExp(`^${configMapKey}$`);
const headerNameRegex = /^[-A-Za-z0-9]+$/;
const percentRegex = /^[0-9]+%$/;
const cIdentifierRegex = /^[A-Za-z_][A-Za-z0-9_]*$/;
const printableButEquals = /^[ -<>-~]+$/;

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const dns1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const configMapKeyText = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";

/** `must be no more than 63 bytes`. */
export function maxLengthText(length: number): string {
  return `must be no more than ${length} bytes`;
}

/** `must be between 1 and 65535, inclusive`. */
export function rangeText(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

function regexText(text: string, format: string, ...examples: readonly string[]): string {
  const used = `regex used for validation is '${format}'`;
  if (examples.length === 0) return `${text} (${used})`;
  return `${text} (e.g. ${examples.map((example) => `'${example}'`).join(', or ')}, ${used})`;
}

/** A name of most kinds: dot-separated labels, at most 253 bytes. */
export function dns1123SubdomainProblems(value: string): readonly string[] {
  if (value.length <= 253 && subdomainRegex.test(value)) return none;
  const problems = value.length > 253 ? [maxLengthText(253)] : [];
  if (!subdomainRegex.test(value)) problems.push(regexText(subdomainText, subdomain, 'example.com'));
  return problems;
}

/** A name of a container, volume or namespace: one DNS label, at most 63 bytes. */
export function dns1123LabelProblems(value: string): readonly string[] {
  if (value.length <= 63 && labelRegex.test(value)) return none;
  const problems = value.length > 63 ? [maxLengthText(63)] : [];
  if (labelRegex.test(value)) return problems;
  problems.push(
    subdomainRegex.test(value) ? 'must not contain dots' : regexText(labelText, label, 'my-name', '123-abc'),
  );
  return problems;
}

/** A name of a Service: a DNS label that starts with a letter. */
export function dns1035LabelProblems(value: string): readonly string[] {
  if (value.length <= 63 && dns1035Regex.test(value)) return none;
  const problems = value.length > 63 ? [maxLengthText(63)] : [];
  if (!dns1035Regex.test(value)) problems.push(regexText(dns1035Text, dns1035, 'my-name', 'abc-123'));
  return problems;
}

/** A label key or resource name: `[prefix/]name`. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const slash = value.indexOf('/');
  if (slash < 0) {
    return value.length <= 63 && qualifiedPartRegex.test(value) ? none : qualifiedPartProblems(value);
  }
  if (value.indexOf('/', slash + 1) >= 0) {
    return [
      `a qualified name ${regexText(qualifiedText, qualifiedPart, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = value.slice(0, slash);
  const prefixProblems =
    prefix === '' ? ['prefix part must be non-empty'] : dns1123SubdomainProblems(prefix).map((p) => `prefix part ${p}`);
  const nameProblems = qualifiedPartProblems(value.slice(slash + 1));
  return prefixProblems.length === 0 ? nameProblems : [...prefixProblems, ...nameProblems];
}

function qualifiedPartProblems(name: string): readonly string[] {
  if (name.length <= 63 && qualifiedPartRegex.test(name)) return none;
  const problems: string[] = [];
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${maxLengthText(63)}`);
  if (!qualifiedPartRegex.test(name)) {
    problems.push(`name part ${regexText(qualifiedText, qualifiedPart, 'MyName', 'my.name', '123-abc')}`);
  }
  return problems;
}

/** A label value: at most 63 bytes, may be empty. */
export function labelValueProblems(value: string): readonly string[] {
  if (value.length <= 63 && labelValueRegex.test(value)) return none;
  const problems = value.length > 63 ? [maxLengthText(63)] : [];
  if (!labelValueRegex.test(value)) {
    problems.push(regexText(labelValueText, labelValue, 'MyValue', 'my_value', '12345'));
  }
  return problems;
}

/** A key of a ConfigMap or Secret, which becomes a file name. */
export function configMapKeyProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 253) problems.push(maxLengthText(253));
  if (!configMapKeyRegex.test(value)) {
    problems.push(regexText(configMapKeyText, configMapKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems.length === 0 ? none : problems;
}

/** The name of an environment variable: printable ASCII but `=` (as since Kubernetes 1.34). */
export function envNameProblems(value: string): readonly string[] {
  if (printableButEquals.test(value)) return none;
  if (value === '') return ['environment variable name must be non-empty'];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A C identifier, as names of environment variables made by prefixes had to be. */
export function cIdentifierProblems(value: string): readonly string[] {
  if (cIdentifierRegex.test(value)) return none;
  return [
    regexText(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      '[A-Za-z_][A-Za-z0-9_]*',
      'my_name',
      'MY_NAME',
      'MyName',
    ),
  ];
}

/** A name of a port (RFC 6335): at most 15 of `[-a-z0-9]` with a letter among them. */
export function portNameProblems(value: string): readonly string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push(maxLengthText(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems.length === 0 ? none : problems;
}

/** A port number. */
export function portNumberProblems(value: number): readonly string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? none : [rangeText(1, 65535)];
}

/** The name of an HTTP header. */
export function headerNameProblems(value: string): readonly string[] {
  if (headerNameRegex.test(value)) return none;
  return [
    regexText("a valid HTTP header must consist of alphanumeric characters or '-'", '[-A-Za-z0-9]+', 'X-Header-Name'),
  ];
}

/** `25%`. */
export function percentProblems(value: string): readonly string[] {
  if (percentRegex.test(value)) return none;
  return [
    regexText("a valid percent string must be a numeric string followed by an ending '%'", '[0-9]+%', '1%', '93%'),
  ];
}

/** A name that only has to fit into a path. */
export function pathSegmentProblems(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}
