import { expect, it } from 'vitest';
import { parseBlockIo } from './block-io.ts';

it('reads limits of all containers and of one', () => {
  const annotations = {
    'blkio.gantry.io/write-bps': '10Mi',
    'blkio.gantry.io/read-iops': '1k',
    'blkio.gantry.io/weight': '100',
    'blkio.gantry.io/write-bps.db': '1M',
    'blkio.gantry.io/write-iops.db': '50',
    other: 'x',
  };
  expect(parseBlockIo(annotations, ['web', 'db'])).toEqual(
    new Map([
      ['web', { writeBytes: 10 * 2 ** 20, readOperations: 1000, weight: 100 }],
      ['db', { writeBytes: 1e6, readOperations: 1000, weight: 100, writeOperations: 50 }],
    ]),
  );
  expect(parseBlockIo({ 'blkio.gantry.io/read-bps.db': '5k' }, ['web', 'db'])).toEqual(
    new Map([['db', { readBytes: 5000 }]]),
  );
  expect(parseBlockIo(undefined, ['web'])).toEqual(new Map());
});

it.each([
  ['write-bps', 'fast'],
  ['write-bps', '0'],
  ['read-bps', '-1M'],
  ['read-iops', ''],
  ['write-iops.web', '3G'],
  ['weight', '9'],
  ['weight', '1001'],
  ['write-bps.db', '1M'],
  ['speed', '1M'],
  ['constructor', '1M'],
])('refuses %s: %j and names the annotation', (name, value) => {
  expect(() => parseBlockIo({ [`blkio.gantry.io/${name}`]: value }, ['web'])).toThrow(
    `annotation blkio.gantry.io/${name}: `,
  );
});
