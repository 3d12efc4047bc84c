import type { FieldError } from '../../errors.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../generated/types.ts';
import { validateLocalPath, validateOptionalOneOf } from '../../validation/common.ts';
import { duplicate, forbidden, invalidValue, notSupported, required, tooLong } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { rangeText } from '../../validation/names.ts';

const maxId = 0xffffffff;
const profileTypes: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const maxProfileBytes = 4095;
const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlFormat = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
const sysctlRegex = new RegExp(sysctlFormat);

function validateId(value: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (value === undefined || (value >= 0 && value <= maxId)) return;
  errors.push(invalidValue(path, value, rangeText(0, maxId)));
}

/** The rules of a pod's own security context and of what it shares with the host. */
export function validatePodSecurity(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  validateHostUsers(spec, path, errors);
  const context = spec.securityContext;
  if (!context) return;
  const contextPath = path.child('securityContext');
  validateId(context.fsGroup, contextPath.child('fsGroup'), errors);
  validateId(context.runAsUser, contextPath.child('runAsUser'), errors);
  validateId(context.runAsGroup, contextPath.child('runAsGroup'), errors);
  context.supplementalGroups?.forEach((group, index) => {
    validateId(group, contextPath.child('supplementalGroups').index(index), errors);
  });
  if (spec.shareProcessNamespace && spec.hostPID) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalidValue(contextPath.child('shareProcessNamespace'), true, text));
  }
  if (context.sysctls) validateSysctls(context.sysctls, spec, contextPath.child('sysctls'), errors);
  for (const [field, supported] of [
    ['fsGroupChangePolicy', ['Always', 'OnRootMismatch']],
    ['supplementalGroupsPolicy', ['Merge', 'Strict']],
    ['seLinuxChangePolicy', ['MountOption', 'Recursive']],
  ] as const) {
    validateOptionalOneOf(context[field], supported, contextPath.child(field), errors);
  }
  validateProfiles(context, contextPath, errors);
}

/** The rules of a container's security context. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  hostUsers: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!context) return;
  validateId(context.runAsUser, path.child('runAsUser'), errors);
  validateId(context.runAsGroup, path.child('runAsGroup'), errors);
  validateOptionalOneOf(context.procMount, ['Default', 'Unmasked'], path.child('procMount'), errors);
  if (hostUsers && context.procMount === 'Unmasked') {
    const text = '`hostUsers` must be false to use `Unmasked`';
    errors.push(invalidValue(path.child('procMount'), context.procMount, text));
  }
  validateProfiles(context, path, errors);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalidValue(path, context, text));
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalidValue(path, context, text));
  }
}

function validateHostUsers(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return;
  for (const [isShared, field] of [
    [spec.hostNetwork, 'hostNetwork'],
    [spec.hostPID, 'hostPID'],
    [spec.hostIPC, 'hostIPC'],
  ] as const) {
    if (isShared) errors.push(forbidden(path.child(field), 'when `hostUsers` is false'));
  }
}

function validateProfiles(
  context: { readonly seccompProfile?: SeccompProfile; readonly appArmorProfile?: AppArmorProfile },
  path: FieldPath,
  errors: FieldError[],
): void {
  if (context.seccompProfile) validateSeccomp(context.seccompProfile, path.child('seccompProfile'), errors);
  if (context.appArmorProfile) validateAppArmor(context.appArmorProfile, path.child('appArmorProfile'), errors);
}

function validateSeccomp(profile: SeccompProfile, path: FieldPath, errors: FieldError[]): void {
  const { type, localhostProfile } = profile;
  if (!type) errors.push(required(path.child('type'), 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(path.child('type'), type, profileTypes));
  const localPath = path.child('localhostProfile');
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      errors.push(invalidValue(localPath, profile, 'can only be set when seccomp type is Localhost'));
    }
  } else if (localhostProfile === undefined) {
    errors.push(required(localPath, 'must be set when seccomp type is Localhost'));
  } else {
    validateLocalPath(localhostProfile, localPath, errors);
  }
}

function validateAppArmor(profile: AppArmorProfile, path: FieldPath, errors: FieldError[]): void {
  const { type, localhostProfile } = profile;
  const localPath = path.child('localhostProfile');
  if (!type) errors.push(required(path.child('type'), 'type is required when appArmorProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(path.child('type'), type, profileTypes));
  else if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      errors.push(invalidValue(localPath, localhostProfile, 'can only be set when AppArmor type is Localhost'));
    }
  } else if (localhostProfile === undefined || localhostProfile === '') {
    errors.push(required(localPath, 'must be set when AppArmor type is Localhost'));
  } else if (localhostProfile.trim() !== localhostProfile) {
    errors.push(invalidValue(localPath, localhostProfile, 'must not be padded with whitespace'));
  } else if (localhostProfile.length > maxProfileBytes) {
    errors.push(tooLong(localPath, maxProfileBytes));
  }
}

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of sysctls.entries()) {
    const namePath = path.index(index).child('name');
    if (!name) errors.push(required(namePath));
    else if (name.length > 253 || !sysctlRegex.test(name)) {
      const text = `must have at most 253 characters and match regex ${sysctlFormat}`;
      errors.push(invalidValue(namePath, name, text));
    } else if (seen.has(name)) errors.push(duplicate(namePath, name));
    seen.add(name ?? '');
    const dotted = (name ?? '').replaceAll('/', '.');
    if (spec.hostNetwork && dotted.startsWith('net.')) {
      errors.push(invalidValue(namePath, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC && /^(?:kernel\.(?:shm|msg|sem)|fs\.mqueue\.)/.test(dotted)) {
      errors.push(invalidValue(namePath, name, "may not be specified when 'hostIPC' is true"));
    }
  }
}
