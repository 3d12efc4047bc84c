import { useEffect, useRef } from 'react';
import { useSearchValue } from '../state/url-search.ts';
import { instantText, parseInstant } from './instant.ts';
import type { Replay } from './replay.ts';

/** Browsers allow only so many changes of the URL a second. */
const writeAfterMs = 300;

/** Keeps the instant that is looked at in the URL's `t`, and looks at the one a link names. */
export function useInstantUrl(replay: Replay, isConnected: boolean): void {
  const [text, setText] = useSearchValue('t');
  const written = useRef<string | undefined>(undefined);
  const { at } = replay;
  useEffect(() => {
    if (!isConnected || text === written.current) return;
    written.current = text;
    const wanted = parseInstant(text);
    if (wanted !== undefined) void replay.seek(wanted);
    else if (text === undefined && replay.at !== undefined) replay.goLive();
  }, [text, isConnected, replay]);
  useEffect(() => {
    // Before the connection stands nothing has been looked at yet but what the link says.
    if (!isConnected) return;
    const timer = setTimeout(() => {
      const next = at === undefined ? undefined : instantText(at);
      if (next === written.current) return;
      written.current = next;
      setText(next);
    }, writeAfterMs);
    return () => clearTimeout(timer);
  }, [at, isConnected, setText]);
}
