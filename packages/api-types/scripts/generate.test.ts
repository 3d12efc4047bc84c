import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generate } from './generate.ts';

describe('src/generated', () => {
  it.each(Object.entries(generate()))('has the %s that the facts give (npm run generate)', (name, text) => {
    const present = readFileSync(new URL(`../src/generated/${name}`, import.meta.url), 'utf8');
    expect(present === text).toBe(true);
  });
});
