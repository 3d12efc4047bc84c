import type { Readable } from 'node:stream';

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

const maxLineLength = 1024;
const maxCharacters = 65_535;

/**
 * Gives a terminal the sizes that a client sends, one call at a time, as calls that overtake each other would leave it
 * with an old one. Of those that come during a call the newest counts. A size that cannot be set is passed over.
 */
export function followSizes(source: Readable, resize: (size: TerminalSize) => Promise<void>): void {
  let next: TerminalSize | undefined;
  let isBusy = false;
  const apply = async (): Promise<void> => {
    isBusy = true;
    while (next) {
      const size = next;
      next = undefined;
      await resize(size).catch(() => undefined);
    }
    isBusy = false;
  };
  readSizes(source, (size) => {
    next = size;
    if (!isBusy) void apply();
  });
}

/** Reads sizes as clients send them, `{"Width":80,"Height":24}`, one a line. What is none is passed over. */
function readSizes(source: Readable, onSize: (size: TerminalSize) => void): void {
  let rest = '';
  source.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = (lines.pop() ?? '').slice(0, maxLineLength);
    for (const line of lines) {
      const size = parseSize(line);
      if (size) onSize(size);
    }
  });
}

function parseSize(line: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(line) as { Width?: unknown; Height?: unknown };
    return isExtent(width) && isExtent(height) ? { width, height } : undefined;
  } catch {
    // Blank lines between sizes, or something else: a terminal of the old size is better than none.
    return undefined;
  }
}

function isExtent(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= maxCharacters;
}
