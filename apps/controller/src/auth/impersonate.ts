import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '@gantry/api-types';
import { authorize, forbiddenMessage } from './authorize.ts';
import { type User, userNamed } from './user.ts';

/**
 * `kubectl --as`: who may do everything may ask what others may. There are no rules for users by name yet, so an
 * impersonated user has rights only by being in `system:masters` or a service account. Throws 403 where the caller may not impersonate.
 */
export function impersonate(user: User, headers: IncomingHttpHeaders): User {
  const name = headers['impersonate-user'];
  if (name === undefined) return user;
  if (typeof name !== 'string') throw new ApiError('BadRequest', 'Impersonate-User may be given once only');
  const attributes = { verb: 'impersonate', group: '', resource: 'users', name };
  if (!authorize(user, attributes)) {
    throw new ApiError('Forbidden', forbiddenMessage(user, attributes), { name, kind: 'users' });
  }
  return userNamed(name, groupsOf(headers['impersonate-group']));
}

/** Node joins repeated headers by commas. */
function groupsOf(header: string | readonly string[] | undefined): string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
}
