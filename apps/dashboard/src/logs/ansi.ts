import Anser from 'anser';

/** A piece of a line in one style. */
export interface AnsiPart {
  readonly text: string;
  /** Of the sixteen colours and of decorations: the theme decides how they look. */
  readonly className: string;
  /** Colours beyond the sixteen. */
  readonly color?: string;
  readonly background?: string;
}

const escapeCharacter = '\u001b';

/** The line taken apart by its escape sequences. */
export function ansiParts(line: string): readonly AnsiPart[] {
  if (!line.includes(escapeCharacter)) return [{ text: line, className: '' }];
  return Anser.ansiToJson(line, { use_classes: true, remove_empty: true }).map((part) => {
    const color = colorOf(part.fg, part.fg_truecolor);
    const background = colorOf(part.bg, part.bg_truecolor);
    const classes = [
      part.fg && !color ? `${part.fg}-fg` : '',
      part.bg && !background ? `${part.bg}-bg` : '',
      ...(part.decorations ?? []).map((decoration) => `ansi-${decoration}`),
    ];
    return {
      text: part.content,
      className: classes.filter(Boolean).join(' '),
      ...(color ? { color } : {}),
      ...(background ? { background } : {}),
    };
  });
}

/** The line without its escape sequences: for filters, copies and downloads. */
export function plainText(line: string): string {
  return line.includes(escapeCharacter) ? Anser.ansiToText(line) : line;
}

function colorOf(name: string | null, trueColor: string | null): string | undefined {
  if (name === 'ansi-truecolor' && trueColor) return `rgb(${trueColor})`;
  const index = Number(/^ansi-palette-(\d+)$/.exec(name ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(index)) return undefined;
  if (index >= 232) return gray(index - 232);
  const cube = index - 16;
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}

/** The xterm palette: a cube of six levels a colour, then 24 grays. */
function level(step: number): number {
  return step === 0 ? 0 : 55 + 40 * step;
}

function gray(step: number): string {
  const value = 8 + 10 * step;
  return `rgb(${value}, ${value}, ${value})`;
}
