import { expect, it } from 'vitest';
import { engineRefusal } from './install-engine.ts';

const absent = { type: 'absent', why: 'connect ENOENT' } as const;
const silent = { type: 'silent', why: 'no answer within 25 s' } as const;

it.each([
  {
    where: 'the user named an engine',
    found: absent,
    here: { dockerHost: 'unix:///mine.sock', canInstall: true },
    first: 'no Docker Engine answers at DOCKER_HOST=unix:///mine.sock: connect ENOENT',
    second: 'Start that engine, or unset DOCKER_HOST to use /var/run/docker.sock.',
  },
  {
    where: 'one is there and does not answer',
    found: silent,
    here: { dockerHost: undefined, canInstall: true },
    first: 'the Docker Engine at unix:///var/run/docker.sock does not answer: no answer within 25 s',
    second: 'Restart it, or try again when it is less busy.',
  },
  {
    where: 'this user cannot install one',
    found: absent,
    here: { dockerHost: undefined, canInstall: false },
    first: 'no Docker Engine answers at unix:///var/run/docker.sock: connect ENOENT',
    second:
      'Install Docker Engine 20.10 or newer (https://docs.docker.com/engine/install/), start it, and make sure that you may use its socket.',
  },
])('says in two lines what to do where $where', ({ found, here, first, second }) => {
  expect(engineRefusal(found, here)?.split('\n')).toEqual([first, second]);
});

it('refuses nothing where one can be installed', () => {
  expect(engineRefusal(absent, { dockerHost: undefined, canInstall: true })).toBeUndefined();
});
