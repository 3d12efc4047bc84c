import type { PodSecurityContext, SecurityContext } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { containerSecurity, containerUser } from './container-security.ts';

function userOf(own: SecurityContext, inPod: PodSecurityContext = {}, imageUser = '') {
  const pod = makePod({ name: 'p', uid: 'u', container: { securityContext: own }, spec: { securityContext: inPod } });
  const [container] = pod.spec.containers;
  if (!container) throw new Error('no container');
  return containerUser(pod, container, imageUser);
}

describe('the user of a container', () => {
  it.each([
    [{}, {}, 'app', undefined],
    [{ runAsUser: 5 }, { runAsUser: 6 }, 'app', '5'],
    [{}, { runAsUser: 6, runAsGroup: 7 }, 'app', '6:7'],
    [{ runAsGroup: 7 }, {}, 'app:users', 'app:7'],
    [{ runAsGroup: 7 }, {}, '', '0:7'],
    [{ runAsUser: 0 }, {}, 'app', '0'],
  ])('is, for %j in the container, %j in the pod and %s in the image, %s', (own, inPod, image, user) => {
    expect(userOf(own, inPod, image).user).toBe(user);
  });

  it('has the pod’s groups', () => {
    expect(userOf({}, { supplementalGroups: [1, 2], fsGroup: 2 }).extraGroups).toEqual(['1', '2']);
  });

  const where = '(pod: "p_default(u)", container: main)';
  it.each([
    ['', {}, `container has runAsNonRoot and image will run as root ${where}`],
    ['0:0', {}, `container has runAsNonRoot and image will run as root ${where}`],
    [
      'app',
      {},
      `container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root ${where}`,
    ],
    ['1000', { runAsUser: 0 }, `container's runAsUser breaks non-root policy ${where}`],
  ])('is refused with runAsNonRoot for the image user "%s" and %j', (imageUser, own, message) => {
    expect(() => userOf({ ...own, runAsNonRoot: true }, {}, imageUser)).toThrow(message);
  });

  it.each(['1000', '1000:0'])('may be the image’s %s with runAsNonRoot', (imageUser) => {
    expect(userOf({}, { runAsNonRoot: true }, imageUser)).toEqual({ extraGroups: [] });
  });
});

it('hands on profiles and privileges', () => {
  const pod = makePod({
    container: { securityContext: { allowPrivilegeEscalation: false, seccompProfile: { type: 'RuntimeDefault' } } },
    spec: { securityContext: { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Unconfined' } } },
  });
  const [container] = pod.spec.containers;
  if (!container) throw new Error('no container');
  expect(containerSecurity(pod, container, undefined)).toMatchObject({
    noNewPrivileges: true,
    options: ['apparmor=unconfined'],
  });
});
