import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { SandboxAddresses } from '../../../sandbox/sandbox.ts';
import { openStage, type Stage } from './open-stage.ts';
import { ownSandbox } from './own-sandbox.ts';
import type { HelperOptions } from '../program/start-helper.ts';

/** How the helper of a stage is started, and on which sandbox; default: the file's own. */
export type StageOptions = Partial<HelperOptions> & { readonly addresses?: SandboxAddresses };

/** A stage that exists while tests and their hooks run. Its user does not need to close it. */
export type StageInUse = Omit<Stage, 'close'>;

/**
 * Gives the tests of a file, or of the block that calls this, one stage. It opens before the first test and closes
 * after the last, which removes its services. For a failed test, it prints the helper's output. If options depend on
 * what an earlier `beforeAll` started, pass a function. The stage closes before an earlier `afterAll` runs.
 */
export const useStage = (
  options: StageOptions | (() => StageOptions | Promise<StageOptions>) = {},
): StageInUse => {
  let stage: Stage | undefined;
  const opened = (): Stage => {
    if (stage === undefined) throw new Error('the stage is not open yet');
    return stage;
  };
  beforeAll(async () => {
    const { addresses, ...helper } = typeof options === 'function' ? await options() : options;
    stage = await openStage(addresses ?? ownSandbox(), helper);
  });
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => opened().tell());
  });
  afterAll(async () => {
    if (stage === undefined) return;
    try {
      // The next file with this sandbox starts without services.
      for (const { services } of stage.sandbox.engines) await services.removeAll();
    } finally {
      await stage.close();
    }
  });
  return {
    get sandbox() {
      return opened().sandbox;
    },
    get services() {
      return opened().services;
    },
    get helper() {
      return opened().helper;
    },
    get folder() {
      return opened().folder;
    },
    tell: (about) => opened().tell(about),
    restart: () => opened().restart(),
  };
};
