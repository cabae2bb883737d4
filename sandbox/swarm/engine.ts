import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type EngineApi, engineApi } from '../engine/api.ts';
import type { EngineAddresses } from '../engine/start-engine.ts';
import { createServices, type Services } from './services.ts';

/** An engine of a sandbox, as tests and the demo use it. */
export type Engine = EngineAddresses & {
  readonly api: EngineApi;
  readonly services: Services;
  /**
   * Runs the docker command of this engine's version against it and returns the output. Throws if the command fails.
   */
  readonly docker: (...args: readonly string[]) => Promise<string>;
};

const run = promisify(execFile);
const DOCKER_WITHIN_MS = 120_000;

/** Connects to an engine that already runs, started by any process. */
export const attachEngine = (addresses: EngineAddresses): Engine => {
  const api = engineApi(addresses.socket);
  return {
    ...addresses,
    api,
    services: createServices(api),
    docker: async (...args) => {
      const { stdout } = await run(
        'docker',
        ['--config', `${addresses.folder}/docker-config`, '--host', addresses.url, ...args],
        {
          timeout: DOCKER_WITHIN_MS,
          maxBuffer: 64 * 1024 * 1024,
          env: { ...process.env, PATH: addresses.path },
        },
      );
      return stdout;
    },
  };
};
