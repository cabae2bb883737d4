import { shortDigest } from '../../src/core/image/digest.ts';
import type { RunView } from '../../src/core/contract/run-views.ts';
import type { Account } from './account.ts';
import { followPush } from './follow-push.ts';
import { type Helper, startHelper } from './helper.ts';
import { REPOSITORY, SERVICES, type Stage, TAG, type Version } from './stage.ts';

/** The demo after its first push was deployed. */
export type Play = {
  readonly helper: Helper;
  /** Pushes another version and shows what happens. */
  readonly push: (version: Version) => Promise<void>;
};

/** Called as soon as a helper starts, so that it can be stopped in every case. */
export type Started = (helper: Helper) => void;

const names = SERVICES.map(({ name }) => name);

/** Pushes, follows, and checks in the containers themselves what they run. Throws if the push was not deployed. */
export const pushAndFollow = async (
  stage: Stage,
  helper: Helper,
  account: Account,
  version: Version,
  signal: AbortSignal,
): Promise<void> => {
  const image = `${stage.registryHost}/${REPOSITORY}:${TAG}`;
  account.title(`A push: ${image} becomes ${version.name}`);
  const before = await Promise.all(names.map((name) => stage.runningDigests(name)));
  const at = Date.now();
  const digest = await stage.push(version);
  account.event(0, 'pushed', `${version.name} is ${shortDigest(digest)}`);
  const deployments = await followPush(
    helper,
    account,
    { image, digest, at, services: names },
    signal,
  );
  const after = await Promise.all(names.map((name) => stage.runningDigests(name)));
  for (const [index, { name, replicas }] of SERVICES.entries()) {
    const wanted = version.crashes ? before[index]?.[0] : digest;
    const running = after[index] ?? [];
    const right = running.filter((one) => one === wanted).length;
    const detail = `${name}: ${right} of ${replicas} containers run ${wanted?.slice(7, 19)}`;
    account.event(Date.now() - at, 'asked of them', detail, right === replicas ? 'well' : 'badly');
    if (right !== replicas) throw new Error(`${name} runs ${running.join(', ') || 'nothing'}`);
  }
  const failed = deployments.filter(({ state }) => state !== 'succeeded');
  if (failed.length > 0 && !version.crashes) {
    throw new Error(failed.map(({ service, state }) => `${service.name}: ${state}`).join(', '));
  }
};

const dryRun = async (helper: Helper, account: Account): Promise<void> => {
  const run = await helper.ask<RunView>('POST', '/api/v1/smart-redeploy', { dryRun: true });
  if (run === null) return;
  account.title('SmartRedeploy, as a dry run: what would it deploy?');
  for (const { name, verdict, running, reason } of run.services) {
    const digest = running === null ? '' : `, runs ${running.slice(7, 19)}`;
    account.note(name, `${verdict}${reason === null ? '' : ` (${reason})`}${digest}`);
  }
  const counts = Object.entries(run.counts).map(([verdict, count]) => `${count} ${verdict}`);
  account.note('in all', counts.join(', ') || 'no service');
};

/** Deploys the first version of the services, before the helper starts. */
export const deployFirst = async (stage: Stage, account: Account): Promise<void> => {
  for (const line of stage.description) account.note('sandbox', line);
  const first = await stage.deploy({ name: 'v1', crashes: false });
  for (const { name, replicas } of SERVICES) {
    account.note(
      'deployed',
      `${name}: ${replicas} × ${REPOSITORY}:${TAG}, v1, ${shortDigest(first)}`,
    );
  }
};

/**
 * Plays the demo until its first push is deployed: deploys services, starts the helper, pushes and follows. Throws if
 * any of these fails.
 */
export const play = async (
  stage: Stage,
  account: Account,
  signal: AbortSignal,
  started: Started,
): Promise<Play> => {
  await deployFirst(stage, account);
  const helper = await startHelper(stage, signal);
  started(helper);
  account.note('helper', `${helper.url}, log ${helper.logFile}`);
  await stage.notify(helper.hookUrl);
  account.note('notifications', `of the registry go to ${helper.url}/hooks/…`);

  const push = (version: Version) => pushAndFollow(stage, helper, account, version, signal);
  await push({ name: 'v2', crashes: false });
  await dryRun(helper, account);
  return { helper, push };
};
