import { type FieldError, invalid, type TokenRequest } from '@gantry/api-types';
import { formatTime } from '@gantry/core/lib/timestamp';
import type { IssueToken } from '../../auth/token-issuer.ts';
import type { Target } from '../context.ts';

const minSeconds = 600;
const maxSeconds = 2 ** 32;
const defaultSeconds = 3600;
const tokenRequestKind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

/** serviceaccounts/token: a token of the account, and with it the request as it was carried out. */
export async function requestToken(
  issue: IssueToken,
  target: Target,
  body: Partial<TokenRequest>,
  now: number,
): Promise<object> {
  const { audiences = [], expirationSeconds = defaultSeconds, boundObjectRef } = body.spec ?? {};
  checkLifetime(target.name, expirationSeconds);
  const namespace = target.namespace ?? '';
  const issued = await issue({
    namespace,
    serviceAccount: target.name,
    audiences,
    expirationSeconds,
    ...(boundObjectRef
      ? {
          boundTo: {
            kind: boundObjectRef.kind ?? '',
            name: boundObjectRef.name ?? '',
            ...(boundObjectRef.uid ? { uid: boundObjectRef.uid } : {}),
          },
        }
      : {}),
  });
  const { token, expirationTimestamp } = issued;
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: target.name, namespace, creationTimestamp: formatTime(now) },
    spec: { audiences: issued.audiences, expirationSeconds, boundObjectRef: boundObjectRef ?? null },
    status: { token, expirationTimestamp },
  };
}

function checkLifetime(name: string, seconds: number): void {
  const refuse = (text: string): never => {
    const message = `Invalid value: ${seconds}: ${text}`;
    const error: FieldError = { field: 'spec.expirationSeconds', reason: 'FieldValueInvalid', message };
    throw invalid(tokenRequestKind, name, [error]);
  };
  if (seconds < minSeconds) refuse('may not specify a duration less than 10 minutes');
  if (seconds > maxSeconds) refuse('may not specify a duration larger than 2^32 seconds');
}
