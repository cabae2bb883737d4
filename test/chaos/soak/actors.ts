import { setTimeout as delay } from 'node:timers/promises';
import { engineProcess } from '../../../sandbox/engine/engine-process.ts';
import { crashing, good, healthy, unhealthy } from '../../../sandbox/image/sample.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import type { Engine } from '../../../sandbox/swarm/engine.ts';
import type { EngineService } from '../../../sandbox/swarm/services.ts';
import type { RunningHelper } from '../../support/program/start-helper.ts';
import { nodesOf } from '../../support/stage/three-managers.ts';
import { brief, type Published, type Story } from './story.ts';

export type Soak = {
  readonly sandbox: Sandbox;
  readonly managers: readonly [Engine, Engine, Engine];
  readonly story: Story;
  readonly random: () => number;
  readonly services: readonly string[];
  readonly helper: () => RunningHelper;
  /** SIGKILL, then a start of the same helper. */
  readonly killHelper: () => Promise<void>;
  /** Engines that are currently stopped. */
  readonly stopped: Set<Engine>;
};

/** One thing that happens to the Swarm or the helper. It has ended when the promise resolves. */
export type Act = (soak: Soak) => Promise<void>;

const TOLD_WITHIN_MS = 120_000;
const TOLD_AGAIN_MS = 500;

const pick = <T>(random: () => number, from: readonly [T, ...T[]]): T =>
  from[Math.floor(random() * from.length)] ?? from[0];

const anyService = ({ random, services }: Soak): string => {
  const [first = '', ...others] = services;
  return pick(random, [first, ...others]);
};

const between = (random: () => number, least: number, most: number): number =>
  Math.round(least + random() * (most - least));

/** An engine that can answer now. */
const answering = ({ managers, stopped }: Soak): Engine => {
  const [first] = managers;
  return managers.find((one) => !stopped.has(one)) ?? first;
};

/** Sends the webhook of a version until the helper accepts it, because senders retry. */
const tell = async (soak: Soak, { service, digest }: Published): Promise<number> => {
  const until = Date.now() + TOLD_WITHIN_MS;
  for (;;) {
    try {
      const image = soak.sandbox.image(`soak/${service}`, 'v1');
      const answer = await soak.helper().postHook({ image, digest });
      if (answer.status < 300) return Date.now();
    } catch {
      // The helper was killed.
    }
    if (Date.now() > until) throw new Error(`the helper took no webhook of ${service}`);
    await delay(TOLD_AGAIN_MS);
  }
};

const publish = async (soak: Soak, isGood: boolean): Promise<void> => {
  const { sandbox, story, random } = soak;
  const service = anyService(soak);
  const version = `${service} ${story.published.length}`;
  const sample = isGood
    ? pick(random, [good, healthy])(version)
    : pick(random, [crashing, unhealthy])(version);
  const { digest } = await sandbox.pushImage(`soak/${service}`, 'v1', sample);
  const published: Published = { service, digest, isGood, toldAt: null };
  story.published.push(published);
  story.tell(`push: ${service} ${brief(digest)}, ${isGood ? 'good' : 'bad'}`);
  published.toldAt = await tell(soak, published);
};

const pushGood: Act = (soak) => publish(soak, true);
const pushBad: Act = (soak) => publish(soak, false);

/** Posts a changed spec as another actor. Gives up if somebody else was faster. */
const change = async (
  soak: Soak,
  service: string,
  edit: (spec: EngineService['Spec']) => object,
): Promise<boolean> => {
  const { services, api } = answering(soak);
  try {
    const { Spec, Version } = await services.inspect(service);
    await api.call('POST', `/services/${service}/update?version=${Version.Index}`, {
      body: edit(Spec),
    });
    return true;
  } catch (error) {
    soak.story.tell(`somebody else was refused at ${service}: ${String(error).slice(0, 100)}`);
    return false;
  }
};

const labelService: Act = async (soak) => {
  const service = anyService(soak);
  const touched = String(soak.story.lines.length);
  soak.story.tell(`somebody else sets a label of ${service}`);
  await change(soak, service, (spec) => ({ ...spec, Labels: { ...spec.Labels, touched } }));
};

/** Somebody deploys the newest version manually. */
const deployNewest: Act = async (soak) => {
  const { story, sandbox } = soak;
  const newest = story.published.at(-1);
  if (newest === undefined || !newest.isGood) return;
  const { service, digest } = newest;
  story.tell(`somebody else deploys ${service} ${brief(digest)}`);
  const Image = sandbox.image(`soak/${service}`, 'v1', digest);
  const isDone = await change(soak, service, (spec) => ({
    ...spec,
    TaskTemplate: {
      ...spec.TaskTemplate,
      ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image },
    },
  }));
  if (isDone) story.theirs.push({ service, digest, at: Date.now() });
};

const setAvailability = async (
  soak: Soak,
  hostname: string,
  availability: 'active' | 'drain',
): Promise<void> => {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      const engine = answering(soak);
      const node = (await nodesOf(engine)).find((one) => one.Description.Hostname === hostname);
      if (node === undefined) return;
      await engine.api.call('POST', `/nodes/${node.ID}/update?version=${node.Version.Index}`, {
        body: { ...node.Spec, Availability: availability },
      });
      return;
    } catch {
      // The version is outdated, or the Swarm has no leader for a moment.
      await delay(TOLD_AGAIN_MS);
    }
  }
};

const drainNode: Act = async (soak) => {
  const { random, managers, story } = soak;
  const [, second, third] = managers;
  const { name } = pick(random, [second, third]);
  const seconds = between(random, 5, 40);
  story.tell(`${name} is drained for ${seconds} s`);
  await setAvailability(soak, name, 'drain');
  await delay(seconds * 1000);
  await setAvailability(soak, name, 'active');
  story.tell(`${name} is active again`);
};

/** An engine hangs for a while, or is killed and starts again. */
const stopEngine: Act = async (soak) => {
  const { random, managers, story, stopped } = soak;
  const engine = pick(random, managers);
  const pid = await engineProcess(engine);
  if (random() < 0.3) {
    story.tell(`the engine ${engine.name} is killed`);
    process.kill(pid, 'SIGKILL');
    return;
  }
  const seconds = between(random, 5, 60);
  story.tell(`the engine ${engine.name} hangs for ${seconds} s`);
  stopped.add(engine);
  process.kill(pid, 'SIGSTOP');
  try {
    await delay(seconds * 1000);
  } finally {
    process.kill(pid, 'SIGCONT');
    stopped.delete(engine);
  }
  story.tell(`the engine ${engine.name} goes on`);
};

const killHelper: Act = async (soak) => {
  soak.story.tell('the helper is killed');
  await soak.killHelper();
};

/** The frequency of each act, and which acts must not overlap with another of their kind. */
export const ACTS: readonly {
  readonly act: Act;
  readonly weight: number;
  readonly alone: boolean;
}[] = [
  { act: pushGood, weight: 50, alone: false },
  { act: pushBad, weight: 10, alone: false },
  { act: labelService, weight: 8, alone: false },
  { act: deployNewest, weight: 4, alone: false },
  { act: drainNode, weight: 8, alone: true },
  { act: stopEngine, weight: 6, alone: true },
  { act: killHelper, weight: 6, alone: true },
];
