import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { ApiTarget } from '../api/paths.ts';
import { type ExecCommand, type ExecEnd, openExec } from '../api/pod-exec.ts';

export type TerminalState = { readonly kind: 'connecting' } | { readonly kind: 'open' } | ExecEnd;

export interface TerminalSessionOptions {
  readonly host: HTMLElement;
  readonly pod: ApiTarget;
  readonly command: ExecCommand;
  readonly onState: (state: TerminalState) => void;
  /** The operator wants the keyboard back. */
  readonly onLeave: () => void;
}

/** bash where the container has it, else sh: one command, so that a second session is not needed to find out. */
export const shell: readonly string[] = [
  'sh',
  '-c',
  'if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi',
];

const scrollbackLines = 5_000;

/** A terminal on the page, connected with a command in a container. */
export function openTerminal(options: TerminalSessionOptions): { focus(): void; close(): void } {
  const { host, onState } = options;
  const terminal = new Terminal({
    // Screen readers read the DOM that this keeps; the contrast is that of WCAG AA on either ground.
    screenReaderMode: true,
    minimumContrastRatio: 4.5,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: getComputedStyle(host).fontFamily,
    fontSize: 13,
    scrollback: scrollbackLines,
    theme: themeOf(host),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  terminal.attachCustomKeyEventHandler((event) => {
    if (!isLeaveKey(event)) return true;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'keydown') options.onLeave();
    return false;
  });
  onState({ kind: 'connecting' });
  const session = openExec(options.pod, options.command, {
    onOpen() {
      onState({ kind: 'open' });
      session.resize(terminal.cols, terminal.rows);
    },
    onOutput: (bytes) => terminal.write(bytes),
    onEnd(end) {
      terminal.options.disableStdin = true;
      onState(end);
    },
  });
  terminal.onData((text) => session.write(text));
  terminal.onResize(({ cols, rows }) => session.resize(cols, rows));
  const stopFitting = keepFitting(host, fit);
  const stopTheming = keepTheme(host, terminal);
  return {
    focus: () => terminal.focus(),
    close() {
      stopFitting();
      stopTheming();
      session.close();
      terminal.dispose();
    },
  };
}

/** Tab belongs to the shell, so that another key leads out of the terminal. Windows keeps Ctrl+Shift+Escape, hence F6. */
function isLeaveKey({ key, ctrlKey, shiftKey }: KeyboardEvent): boolean {
  return key === 'F6' || (key === 'Escape' && ctrlKey && shiftKey);
}

function keepFitting(host: HTMLElement, fit: FitAddon): () => void {
  fit.fit();
  const observer = new ResizeObserver(() => fit.fit());
  observer.observe(host);
  return () => observer.disconnect();
}

function keepTheme(host: HTMLElement, terminal: Terminal): () => void {
  const apply = (): void => {
    terminal.options.theme = themeOf(host);
  };
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', apply);
  const observer = new MutationObserver(apply);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', apply);
    observer.disconnect();
  };
}

/** The host's own colours: the page's theme decides, in CSS. */
function themeOf(host: HTMLElement) {
  const { color, backgroundColor } = getComputedStyle(host);
  const selection = getComputedStyle(host, '::selection').backgroundColor;
  return { foreground: color, background: backgroundColor, cursor: color, selectionBackground: selection };
}
