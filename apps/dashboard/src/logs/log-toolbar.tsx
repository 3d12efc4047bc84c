import { type ReactNode, useState } from 'react';
import { failureWords } from '../api/refusal.ts';
import { useSearchValue } from '../state/url-search.ts';
import { plainText } from './ansi.ts';
import { everyContainer } from './log-sources.ts';

interface LogToolbarProps {
  readonly containers: readonly string[];
  readonly container: string | undefined;
  readonly grep: string;
  readonly onGrep: (pattern: string) => void;
  readonly problem: string | undefined;
  /** The lines as they are shown, for copy and download. */
  readonly textOf: () => readonly string[];
  readonly fileName: string;
  readonly onClear: () => void;
}

/** What to show of the log, and what to do with it. */
export function LogToolbar(props: LogToolbarProps): ReactNode {
  const { containers, container, grep, onGrep, problem } = props;
  const [, setContainer] = useSearchValue('container');
  const [previous, setPrevious] = useSearchValue('previous');
  return (
    <div className="log-toolbar">
      <input
        type="search"
        aria-label="Filter lines by regular expression"
        placeholder="Filter (regular expression)"
        value={grep}
        onChange={(event) => onGrep(event.target.value)}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : 'log-filter-problem'}
      />
      {containers.length > 1 && (
        <select
          aria-label="Container"
          value={container ?? ''}
          onChange={(event) => setContainer(event.target.value || undefined)}
        >
          <option value="">first container</option>
          <option value={everyContainer}>all containers</option>
          {containers.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={previous !== undefined}
          onChange={(event) => setPrevious(event.target.checked ? '1' : undefined)}
        />
        Previous run
      </label>
      <LogOutput {...props} />
      {problem !== undefined && (
        <p id="log-filter-problem" className="error">
          {problem}. Looking for the text itself.
        </p>
      )}
    </div>
  );
}

function LogOutput({ textOf, fileName, onClear }: LogToolbarProps): ReactNode {
  const [outcome, setOutcome] = useState('');
  const text = (): string =>
    textOf()
      .map((line) => `${plainText(line)}\n`)
      .join('');
  const copy = (): void => {
    navigator.clipboard.writeText(text()).then(
      () => setOutcome('Copied'),
      (failure: unknown) => setOutcome(`Not copied: ${failureWords(failure)}`),
    );
  };
  const download = (): void => {
    const url = URL.createObjectURL(new Blob([text()], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = fileName;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <span className="log-output">
      <span className="muted" aria-live="polite">
        {outcome}
      </span>
      <button type="button" className="button button-quiet" onClick={copy}>
        Copy
      </button>
      <button type="button" className="button button-quiet" onClick={download}>
        Download
      </button>
      <button type="button" className="button button-quiet" onClick={onClear}>
        Clear
      </button>
    </span>
  );
}
