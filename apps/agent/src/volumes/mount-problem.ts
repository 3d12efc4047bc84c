/** A volume could not be set up; the message is that of Kubernetes' FailedMount event. */
export class MountProblem extends Error {}
