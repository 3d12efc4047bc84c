import { describe, expect, it } from 'vitest';
import { ansiParts, plainText } from './ansi.ts';
import { createLogFilter } from './log-filter.ts';

const esc = '\u001b[';

describe('escape sequences', () => {
  it('become styles, and nothing of them stays in the text', () => {
    const line = `${esc}1;31merror${esc}0m after ${esc}38;5;196mpalette${esc}0m ${esc}38;2;1;2;3mtrue${esc}0m`;
    expect(ansiParts(line)).toEqual([
      { text: 'error', className: 'ansi-red-fg ansi-bold' },
      { text: ' after ', className: '' },
      { text: 'palette', className: '', color: 'rgb(255, 0, 0)' },
      { text: ' ', className: '' },
      { text: 'true', className: '', color: 'rgb(1, 2, 3)' },
    ]);
    expect(plainText(line)).toBe('error after palette true');
  });

  it('cannot make elements of what a container prints', () => {
    const line = `${esc}31m<img src=x onerror=alert(1)>${esc}0m`;
    expect(ansiParts(line)).toEqual([{ text: '<img src=x onerror=alert(1)>', className: 'ansi-red-fg' }]);
  });
});

describe('the filter', () => {
  const entry = (text: string, source = 0) => ({ time: '', source, text });

  it('looks through colours, in any case, and leaves markers alone', () => {
    const filter = createLogFilter('err.r 5\\d\\d', (source) => source === 1);
    expect(filter.matches(entry(`${esc}31mERROR${esc}0m 502`))).toBe(true);
    expect(filter.matches(entry('ERROR 502', 1))).toBe(false);
    expect(filter.matches(entry('fine'))).toBe(false);
    expect(filter.matches({ ...entry('node-3 does not answer', -1), marker: 'node' })).toBe(true);
  });

  it('takes a pattern that is none as text, and says so', () => {
    const filter = createLogFilter('a(b', () => false);
    expect(filter.problem).toMatch(/Invalid regular expression/);
    expect([filter.matches(entry('xA(B')), filter.matches(entry('ab'))]).toEqual([true, false]);
  });
});
