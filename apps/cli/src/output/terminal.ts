import { styleText } from 'node:util';

/** Where a command writes. Colours and a rewritten progress line appear on a terminal only. */
export interface Terminal {
  /** A finished line. */
  line(text?: string): void;
  /** What goes on just now; the next line or progress replaces it. Without a terminal each change is a line of its own. */
  progress(text: string): void;
  warn(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
}

/** The terminal of a process's output stream. */
export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const isTty = stream.isTTY === true;
  let progressText = '';
  const clear = () => {
    if (isTty && progressText !== '') stream.write('\r\u001b[2K');
    progressText = '';
  };
  const style = (format: 'bold' | 'dim' | 'yellow', text: string) => (isTty ? styleText(format, text) : text);
  return {
    line: (text = '') => {
      clear();
      stream.write(`${text}\n`);
    },
    progress: (text) => {
      if (text === progressText) return;
      if (isTty) {
        clear();
        stream.write(text.slice(0, Math.max(20, stream.columns - 1)));
      } else stream.write(`${text}\n`);
      progressText = text;
    },
    warn: (text) => {
      clear();
      stream.write(`${style('yellow', 'warning:')} ${text}\n`);
    },
    bold: (text) => style('bold', text),
    dim: (text) => style('dim', text),
  };
}
