import { randomBytes } from 'node:crypto';
import type { FeedRole } from '@gantry/api-types';
import type { Authenticator } from './token-store.ts';
import { adminUser, readOnlyUser, type User } from './user.ts';

/** What a dashboard session of each role calls the API with. */
export interface DashboardCredentials {
  /** An `Authorization` header's value, good for this process only; it is never written or sent anywhere. */
  authorization(role: FeedRole): string;
}

/** The users that dashboard sessions act as. */
const users: Readonly<Record<FeedRole, User>> = {
  admin: { ...adminUser, name: 'dashboard-admin' },
  'read-only': readOnlyUser('dashboard-read-only'),
};

/**
 * Knows dashboard sessions by credentials made here, and everybody else as `others` does: so whatever the API server
 * answers, watches or upgrades, it does for the page under the rules that hold for any other client.
 */
export function withDashboardSessions(others: Authenticator): {
  readonly auth: Authenticator;
  readonly credentials: DashboardCredentials;
} {
  const headers = { admin: newHeader(), 'read-only': newHeader() };
  const byHeader = new Map<string, User>([
    [headers.admin, users.admin],
    [headers['read-only'], users['read-only']],
  ]);
  return {
    auth: {
      authenticate: (header) => (header && byHeader.get(header)) || others.authenticate(header),
      review: (token, audiences) => others.review(token, audiences),
      issueToken: (user, options) => others.issueToken(user, options),
      revoke: (userName) => others.revoke(userName),
    },
    credentials: { authorization: (role) => headers[role] },
  };
}

function newHeader(): string {
  return `Bearer dashboard-${randomBytes(32).toString('base64url')}`;
}
