/** The fields of a schedule in order. */
const fields: readonly { readonly first: number; readonly last: number; readonly names?: readonly string[] }[] = [
  { first: 0, last: 59 },
  { first: 0, last: 23 },
  { first: 1, last: 31 },
  {
    first: 1,
    last: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { first: 0, last: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const descriptors: ReadonlySet<string> = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
]);
const durationRegex = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;

/** What is wrong with a schedule of five cron fields, or `@hourly` and its like; undefined where nothing is. */
export function cronScheduleProblem(schedule: string): string | undefined {
  if (/(?:^|\s)(?:CRON_)?TZ=/.test(schedule)) {
    return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  }
  if (schedule.startsWith('@')) return descriptorProblem(schedule);
  const parts = schedule.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [index, part] of parts.entries()) {
    for (const range of part.split(',')) {
      const problem = rangeProblem(range, index);
      if (problem) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(text: string): string | undefined {
  if (descriptors.has(text)) return undefined;
  const every = /^@every (.+)$/.exec(text)?.[1];
  if (every === undefined) return `unrecognized descriptor: ${text}`;
  return durationRegex.test(every) ? undefined : `failed to parse duration ${text}: time: invalid duration "${every}"`;
}

/** A number, a name, a range of them or all, with a step or without: `5`, `mon-fri`, `10-50/20`. */
function rangeProblem(text: string, index: number): string | undefined {
  const { first: lowest, last: highest } = fields[index] ?? { first: 0, last: 0 };
  const [range = '', step, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  const stepNumber = step === undefined ? 1 : numberOf(step, []);
  if (stepNumber === undefined) return `failed to parse int from ${step}`;
  if (stepNumber === 0) return `step of range should be a positive number: ${text}`;
  const [low = '', high, ...extra] = range.split('-');
  if (extra.length > 0) return `too many hyphens: ${text}`;
  if (low === '*' || low === '?') return high === undefined ? undefined : `failed to parse int from ${low}`;
  const names = fields[index]?.names ?? [];
  const from = numberOf(low, names, lowest);
  if (from === undefined) return `failed to parse int from ${low}`;
  const to = high === undefined ? (step === undefined ? from : highest) : numberOf(high, names, lowest);
  if (to === undefined) return `failed to parse int from ${high}`;
  if (from < lowest) return `beginning of range (${from}) below minimum (${lowest}): ${text}`;
  if (to > highest) return `end of range (${to}) above maximum (${highest}): ${text}`;
  return from > to ? `beginning of range (${from}) beyond end of range (${to}): ${text}` : undefined;
}

function numberOf(text: string, names: readonly string[], first = 0): number | undefined {
  const name = names.indexOf(text.toLowerCase());
  if (name >= 0) return name + first;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** What is wrong with the name of a time zone; undefined where nothing is. */
export function timeZoneProblem(name: string): string | undefined {
  if (name === '') return 'timeZone must be nil or non-empty string';
  if (name.toLowerCase() === 'local')
    return 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  // An offset, which the platform also takes, is not the name of a zone.
  if (/^[+-]/.test(name)) return `unknown time zone ${name}`;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    // RangeError: the platform has no such zone.
    return `unknown time zone ${name}`;
  }
}
