import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { downCommand, startCommand } from './command-line.ts';

it('names the data directory where it is not the one that is meant anyway', () => {
  expect(downCommand(resolve('.gantry'))).toBe('npm run down');
  expect(downCommand('/tmp/other')).toBe('npm run down -- --data-dir /tmp/other');
  expect(startCommand(resolve('.gantry'), ' --nodes 5')).toBe('npm start -- --nodes 5');
  expect(startCommand('/tmp/other', ' --nodes 5')).toBe('npm start -- --nodes 5 --data-dir /tmp/other');
});

it('quotes a directory for the shell', () => {
  expect(downCommand("/tmp/it's mine")).toBe("npm run down -- --data-dir '/tmp/it'\\''s mine'");
});
