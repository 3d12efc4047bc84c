import type { FieldError } from '../../errors.ts';
import type { Container, HTTPGetAction, LifecycleHandler, Probe } from '../../generated/types.ts';
import { validateNonNegative, validatePort } from '../../validation/common.ts';
import { addProblems, forbidden, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { headerNameProblems } from '../../validation/names.ts';

const schemes: readonly string[] = ['HTTP', 'HTTPS'];
const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

/** The rules of a container's probes and lifecycle handlers. */
export function validateProbes(
  container: Container,
  gracePeriodSeconds: number | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle?.postStart) {
    const handlerPath = path.child('lifecycle').child('postStart');
    validateHandler(lifecycle.postStart, gracePeriodSeconds, handlerPath, errors);
  }
  if (lifecycle?.preStop) {
    validateHandler(lifecycle.preStop, gracePeriodSeconds, path.child('lifecycle').child('preStop'), errors);
  }
  if (livenessProbe) validateSingleSuccessProbe(livenessProbe, path.child('livenessProbe'), errors);
  if (readinessProbe) {
    const probePath = path.child('readinessProbe');
    validateProbe(readinessProbe, probePath, errors);
    const grace = readinessProbe.terminationGracePeriodSeconds;
    if (grace !== undefined) {
      const text = 'must not be set for readinessProbes';
      errors.push(invalidValue(probePath.child('terminationGracePeriodSeconds'), grace, text));
    }
  }
  if (startupProbe) validateSingleSuccessProbe(startupProbe, path.child('startupProbe'), errors);
}

function validateSingleSuccessProbe(probe: Probe, path: FieldPath, errors: FieldError[]): void {
  validateProbe(probe, path, errors);
  if (probe.successThreshold !== 1) {
    errors.push(invalidValue(path.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
  }
}

function validateProbe(probe: Probe, path: FieldPath, errors: FieldError[]): void {
  validateHandler(probe, undefined, path, errors);
  for (const field of counts) {
    const value = probe[field];
    if (value !== undefined && value < 0) validateNonNegative(value, path.child(field), errors);
  }
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalidValue(path.child('terminationGracePeriodSeconds'), grace, 'must be greater than 0'));
  }
}

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

const handlerFields = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** Exactly one way to do it. */
function validateHandler(
  handler: Handler,
  gracePeriodSeconds: number | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  let count = 0;
  for (const field of handlerFields) {
    if (!handler[field]) continue;
    count += 1;
    if (count > 1) errors.push(forbidden(path.child(field), 'may not specify more than 1 handler type'));
    else validateAction(handler, gracePeriodSeconds, path.child(field), errors);
  }
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
}

function validateAction(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  gracePeriodSeconds: number | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (exec) {
    if (!exec.command?.length) errors.push(required(path.child('command')));
  } else if (httpGet) {
    validateHttpGet(httpGet, path, errors);
  } else if (tcpSocket) {
    validatePort(tcpSocket.port, path.child('port'), errors);
  } else if (grpc) {
    validatePort(grpc.port, path.child('port'), errors);
  } else if (sleep && gracePeriodSeconds !== undefined) {
    if (sleep.seconds < 0 || sleep.seconds > gracePeriodSeconds) {
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`;
      errors.push(invalidValue(path, sleep.seconds, text));
    }
  }
}

function validateHttpGet(action: HTTPGetAction, path: FieldPath, errors: FieldError[]): void {
  if (!action.path) errors.push(required(path.child('path')));
  validatePort(action.port, path.child('port'), errors);
  if (!schemes.includes(action.scheme ?? '')) {
    errors.push(notSupported(path.child('scheme'), action.scheme ?? '', schemes));
  }
  for (const header of action.httpHeaders ?? []) {
    addProblems(path.child('httpHeaders'), header.name, headerNameProblems(header.name), errors);
  }
}
