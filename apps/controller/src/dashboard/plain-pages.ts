import { createHash } from 'node:crypto';

/**
 * Reloads where there is a session after all: after a click on a link in another web page the browser keeps a
 * SameSite=Strict cookie back for that one navigation.
 */
const reloadScript =
  "fetch('/api/session').then((answer) => { if (answer.ok) location.reload(); }).catch(() => undefined);";

/** Admits {@link signInPage}'s script in a content security policy. */
export const reloadScriptHash = `sha256-${createHash('sha256').update(reloadScript).digest('base64')}`;

/** What a browser without a session gets. */
export function signInPage(wasLinkRefused: boolean): string {
  const problem = wasLinkRefused
    ? '<p><b>This link was used before or is too old.</b> Each link opens one browser.</p>'
    : '';
  return page(
    'Gantry',
    `${problem}<p>To open this dashboard, get a link on the machine where the cluster was started:</p><pre>npx gantry dashboard</pre><p>With <code>--read-only</code> the link lets its holder look but not change anything.</p><script>${reloadScript}</script>`,
  );
}

/** What is shown while the page's files are not there. */
export function notBuiltPage(distDir: string): string {
  return page(
    'Gantry',
    `<p>The dashboard is not built (no ${escapeHtml(distDir)}): run <code>npm run build -w apps/dashboard</code> and reload.</p>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>:root{color-scheme:light dark}body{max-width:34rem;margin:18vh auto;padding:0 1rem;font:15px/1.6 system-ui,sans-serif}pre{padding:.7rem 1rem;border:1px solid #8886;border-radius:8px;font-size:15px}</style></head><body><h1>${title}</h1>${body}</body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
