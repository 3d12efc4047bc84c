import { readFileSync } from 'node:fs';
import { errorCatalogue } from '@gantry/api-types';
import { closeCodes } from '@gantry/api-types/protocol';
import { expect, it } from 'vitest';

const document = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** The cells of all rows that match, in the document's order. */
function rows(pattern: RegExp): string[][] {
  return document
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

it('documents exactly the reasons of the catalogue, with code and whether to retry', () => {
  const documented = rows(/^\| [A-Z]\w+ \| \d{3} \|/).map(([reason, code, retry]) => [reason, code, retry]);
  const catalogued = Object.entries(errorCatalogue).map(([reason, { code, isRetryable }]) => [
    reason,
    String(code),
    isRetryable ? 'yes' : 'no',
  ]);
  expect(documented).toEqual(catalogued);
});

it('documents exactly the close codes of the agent protocol', () => {
  const documented = rows(/^\| \d{4} \|/).map(([code, name]) => [name, Number(code)]);
  expect(Object.fromEntries(documented)).toEqual(closeCodes);
});
