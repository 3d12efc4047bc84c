import type { ApiConnection } from './api-connection.ts';

/** Asks the controller for a link with a fresh one-time token. */
export async function dashboardLink(api: ApiConnection, role: 'admin' | 'read-only'): Promise<string> {
  const { url } = await api.json<{ url: string }>({
    method: 'POST',
    path: '/gantry/v1/dashboard-links',
    body: { role },
  });
  return url;
}
