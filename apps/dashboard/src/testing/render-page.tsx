import { text } from 'node:stream/consumers';
import { prerenderToNodeStream } from 'react-dom/static';
import { Router } from 'wouter';
import { App } from '../app.tsx';
import type { ClusterStore } from '../state/cluster-store.ts';
import { ClusterContext } from '../state/hooks.ts';

/** The whole page as text, as it is before any effect has run: enough to see that every view can be drawn. */
export async function renderPage(store: ClusterStore, path: string): Promise<string> {
  const { prelude } = await prerenderToNodeStream(
    <Router ssrPath={path}>
      <ClusterContext value={store}>
        <App />
      </ClusterContext>
    </Router>,
  );
  const html = await text(prelude);
  return html
    .replace(/<!-- -->/g, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#x27;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}
