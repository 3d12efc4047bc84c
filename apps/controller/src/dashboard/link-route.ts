import { ApiError, type FeedRole } from '@gantry/api-types';
import type { FastifyInstance } from 'fastify';
import type { Authenticator } from '../auth/token-store.ts';
import type { DashboardServer } from './dashboard-server.ts';

/** `POST /gantry/v1/dashboard-links` `{role}` on the API: an admin gets a link with a one-time token (`gantry dashboard`). */
export function registerDashboardLinkRoute(
  app: FastifyInstance,
  options: { auth: Authenticator; dashboard: DashboardServer },
): void {
  app.post('/gantry/v1/dashboard-links', async (request) => {
    const user = options.auth.authenticate(request.headers.authorization);
    if (!user) throw new ApiError('Unauthorized', 'Unauthorized');
    if (user.role.type !== 'admin')
      throw new ApiError('Forbidden', `dashboard links are made for admins only, not for "${user.name}"`);
    return { url: options.dashboard.issueLink(roleOf(request.body)) };
  });
}

function roleOf(body: unknown): FeedRole {
  const role = typeof body === 'object' && body !== null && 'role' in body ? body.role : undefined;
  if (role === 'admin' || role === 'read-only') return role;
  throw new ApiError('BadRequest', 'role must be "admin" or "read-only"');
}
