/**
 * Stands for `ssh2` in the bundle: the agent reaches its engine by a local socket or TCP, and a third of the bundle
 * would be a client for `ssh://` engines.
 */
class Client {
  constructor() {
    throw new Error('the agent cannot reach an engine over ssh: give it a unix:// or tcp:// address in DOCKER_HOST');
  }
}

module.exports = { Client };
