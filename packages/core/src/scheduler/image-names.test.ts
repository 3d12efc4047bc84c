import { expect, it } from 'vitest';
import { normalizeImageName } from './image-names.ts';

it.each([
  ['nginx', 'nginx:latest'],
  ['nginx:1.29', 'nginx:1.29'],
  ['registry:5000/team/app', 'registry:5000/team/app:latest'],
  ['app@sha256:abc', 'app@sha256:abc'],
])('takes %s as %s', (name, normalized) => {
  expect(normalizeImageName(name)).toBe(normalized);
});
