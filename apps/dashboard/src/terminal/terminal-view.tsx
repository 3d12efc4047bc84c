import type { FeedPod } from '@gantry/api-types/feed';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { nameOf, namespaceOf } from '../format.ts';
import './terminal.css';
import { openTerminal, shell, type TerminalState } from './terminal-session.ts';

interface TerminalViewProps {
  readonly pod: FeedPod;
  readonly container: string;
  readonly onReconnect: () => void;
}

/** A terminal from its opening to the end of its command. */
export default function TerminalView({ pod, container, onReconnect }: TerminalViewProps): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<TerminalState>({ kind: 'connecting' });
  const { key } = pod;
  useEffect(() => {
    if (!host.current) return;
    const terminal = openTerminal({
      host: host.current,
      pod: { apiVersion: 'v1', resource: 'pods', namespace: namespaceOf(key), name: nameOf(key) },
      command: { container, command: shell },
      onState: setState,
      onLeave: () => document.getElementById('tab-terminal')?.focus(),
    });
    terminal.focus();
    return () => terminal.close();
  }, [key, container]);
  const isOver = state.kind === 'exited' || state.kind === 'failed';
  return (
    <>
      <p className="terminal-state" role="status" data-terminal={state.kind}>
        {stateWords(state)}{' '}
        {isOver && (
          <button type="button" className="button" onClick={onReconnect}>
            Connect again
          </button>
        )}
        {state.kind === 'open' && (
          <span className="muted">
            <kbd>F6</kbd> or <kbd>Ctrl+Shift+Escape</kbd> leaves it
          </span>
        )}
      </p>
      <div ref={host} className="terminal-host" />
    </>
  );
}

function stateWords(state: TerminalState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…';
    case 'open':
      return 'Connected.';
    case 'exited':
      return state.code === 0 ? 'The shell has ended.' : `The shell has ended with exit code ${state.code}.`;
    case 'failed':
      return noShell(state.refusal.message) ?? `No terminal: ${state.refusal.message}`;
  }
}

/** What runtimes say of an image without `sh`. */
function noShell(message: string): string | undefined {
  if (!/"?sh"?: executable file not found|exec: "sh"/.test(message)) return undefined;
  return 'This container has no shell: its image holds none. kubectl debug adds one beside it.';
}
