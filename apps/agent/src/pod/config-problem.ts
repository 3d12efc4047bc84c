/** The pod's configuration cannot be carried out as things stand; shown as the container's waiting reason. */
export class ConfigProblem extends Error {
  readonly reason: string;

  constructor(message: string, reason = 'CreateContainerConfigError') {
    super(message);
    this.name = 'ConfigProblem';
    this.reason = reason;
  }
}
