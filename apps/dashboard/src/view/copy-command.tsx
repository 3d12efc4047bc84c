import { type ReactNode, useState } from 'react';

/** A shell line with a button that copies it. */
export function CopyCommand({ command }: { readonly command: string }): ReactNode {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  const copy = (): void => {
    // Absent on pages that are not served from this machine and not over TLS.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    Promise.resolve(clipboard?.writeText(command) ?? Promise.reject(new Error('no clipboard'))).then(
      () => setState('copied'),
      () => setState('failed'),
    );
  };
  return (
    <p className="command">
      <code>{command}</code>
      <button type="button" className="button button-quiet" onClick={copy}>
        {state === 'copied' ? 'Copied' : state === 'failed' ? 'Select and copy' : 'Copy'}
      </button>
    </p>
  );
}
