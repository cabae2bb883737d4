import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import { EngineRefusal } from '../../../sandbox/engine/api.ts';
import { composeUpdateAuth } from '../../../src/adapters/registry/sign-in/update-auth.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { createTestRegistries, imageNamed, unbounded } from '../../support/fake-registry/client.ts';
import { ownSandbox } from '../../support/stage/own-sandbox.ts';
import {
  REGISTRY_BEHAVIOURS,
  REPOSITORY,
  startBehaving,
} from '../../support/fake-registry/registry-behaviours.ts';

const acme = { username: 'acme', password: createSecret('hunter2') };

/** What the engine makes of an image, by the call that `docker service create` asks it with. */
const askEngine = async (
  { engines: [{ api }] }: AttachedSandbox,
  host: string,
  isSignedIn: boolean,
): Promise<string> => {
  const headers: Record<string, string> = isSignedIn
    ? { 'x-registry-auth': composeUpdateAuth(host, { kind: 'password', ...acme }) }
    : {};
  try {
    const path = `/distribution/${host}/${REPOSITORY}:v1/json`;
    const { Descriptor } = await api.call<{ Descriptor: { digest: string } }>('GET', path, {
      headers,
    });
    return Descriptor.digest;
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    return `refused: ${error.message}`;
  }
};

describe('what the engine resolves, the helper resolves', () => {
  let sandbox: AttachedSandbox;
  let hostAddress: string;
  beforeAll(() => {
    sandbox = attachSandbox(ownSandbox());
    hostAddress = sandbox.engines[0].hostAddress;
  });
  afterAll(() => sandbox.close());

  test.for(REGISTRY_BEHAVIOURS)('$name', async (behaviour, { annotate }) => {
    const isSignedIn = behaviour.isSignedIn === true;
    const judged = await startBehaving(behaviour, { hostAddress });
    const engine = await askEngine(sandbox, judged.host, isSignedIn);
    await judged.close();
    const asked = await startBehaving(behaviour, { hostAddress });
    const { host } = asked;
    await using client = createTestRegistries({
      hosts: [{ host, insecure: true, credentials: isSignedIn ? acme : null }],
    });
    const helper = await client.findDigest(imageNamed(`${host}/${REPOSITORY}:v1`), unbounded());
    await asked.close();
    const digest = asked.setTag(REPOSITORY, 'v1', behaviour.name);
    // Better than the engine is good enough.
    expect({ engine, helper }).toMatchObject({
      helper: { kind: 'published', digest: engine.startsWith('refused') ? digest : engine },
    });
    await annotate(`the engine: ${engine.slice(0, 300)}`);
  });
});
