import Docker from 'dockerode';
import { expect, it } from 'vitest';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import { makeDemoImages } from './demo-images.ts';

it('says in one line why the demo is left out, and fails nothing', async () => {
  const terminal = quietTerminal();
  expect(await makeDemoImages(terminal, new Docker({ socketPath: '/nowhere/docker.sock' }))).toBe(false);
  expect(terminal.lines).toEqual([
    'warning: the demo is left out, because its images could not be made: connect ENOENT /nowhere/docker.sock',
  ]);
});
