import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createTerminal } from './terminal.ts';

function written(isTTY: boolean, columns = 80): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      chunks.push(String(chunk));
      callback();
    },
  });
  const fields = { isTTY, columns };
  return { stream: Object.assign(stream, fields) as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
}

it('writes plain lines, each progress once, where there is no terminal', () => {
  const { stream, text } = written(false);
  const terminal = createTerminal(stream);
  terminal.progress('starting');
  terminal.progress('starting');
  terminal.progress('ready');
  terminal.warn(terminal.bold('low on memory'));
  terminal.line(terminal.dim('done'));
  expect(text()).toBe('starting\nready\nwarning: low on memory\ndone\n');
});

it('rewrites one progress line on a terminal, cut to its width', () => {
  const { stream, text } = written(true, 30);
  const terminal = createTerminal(stream);
  terminal.progress('x'.repeat(50));
  terminal.line('done');
  expect(text()).toBe(`${'x'.repeat(29)}\r\u001b[2Kdone\n`);
});
