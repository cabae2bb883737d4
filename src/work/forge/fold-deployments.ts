import type { Forge } from '../../core/forge/report.ts';
import { splitName } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { BuildFacts } from '../../core/image/published.ts';
import { recordBuild } from '../../store/deployments/deployments.ts';
import { type ForgeCandidate, readForgeCandidates } from '../../store/forge/candidates.ts';
import { endWaits } from '../../store/forge/end-waits.ts';
import { foldReport, readUntoldReports } from '../../store/forge/fold-report.ts';
import { linkToReport } from '../../store/forge/link-report.ts';
import { dropForgeEnds, reportsOf } from '../../store/forge/reports.ts';
import { putWait, readWaitsToTell } from '../../store/forge/waits.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import type { Registries } from '../../core/contract/registries.ts';
import type { Clock } from '../loop/clock.ts';
import { createTargets, linksOf } from './targets.ts';

export type FoldDeps = {
  readonly forges: readonly Forge[];
  readonly db: Db;
  readonly clock: Pick<Clock, 'now'>;
  readonly registries: Pick<Registries, 'readBuildFacts'>;
  readonly newId: () => string;
  readonly log: Log;
};

/** Deployments read at one time; the rest follow in the next round. */
const AT_ONCE = 500;
/** A rollout reads its own build facts. Only if a deployment waits longer than this do we read them here. */
const WAITS_MS = 5_000;
const READ_WITHIN_MS = 5_000;

/** Updates the reports for forges in the store, where they wait to be sent. Returns how many reports changed. */
export type Fold = (signal: AbortSignal) => Promise<number>;

export const createFold = (deps: FoldDeps): Fold => {
  const { db, clock, log } = deps;
  const targetOf = createTargets(deps);
  /** Deployments whose build facts could not be read: each is tried once. */
  let asked = new Set<string>();

  /** Reads the build facts of a waiting deployment. A rollout in progress reads its own. */
  const buildOf = async (
    candidate: ForgeCandidate,
    signal: AbortSignal,
  ): Promise<BuildFacts | null> => {
    const { id, build, read: known, to, isEnded, queuedAt } = candidate;
    if (build !== null || to === null) return build;
    if (known !== null) {
      await recordBuild(db, id, known);
      return known;
    }
    if (isEnded || asked.has(id) || clock.now() - queuedAt < WAITS_MS) return null;
    asked.add(id);
    const image = { ...splitName(candidate.name), tag: candidate.tag, digest: to };
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(READ_WITHIN_MS)]);
      const read = await deps.registries.readBuildFacts(image, to, limited);
      if (read !== null) await recordBuild(db, id, read);
      return read;
    } catch (error) {
      signal.throwIfAborted();
      log.debug('build facts not read', { deployment: id, error });
      return null;
    }
  };

  const reportOf = async (
    candidate: ForgeCandidate,
    signal: AbortSignal,
  ): Promise<string | null> => {
    const image = { ...candidate, build: await buildOf(candidate, signal) };
    const target = await targetOf(image);
    if (target === null) return null;
    const links = linksOf(target, image, candidate.before);
    const made = { ...links, id: deps.newId(), now: clock.now() };
    return linkToReport(db, candidate.id, target.key, made);
  };

  /** Adds images that wait at gates to the reports of their commits, and removes those that no longer wait. */
  const foldWaits = async (): Promise<void> => {
    for (const wait of await readWaitsToTell(db, AT_ONCE)) {
      const target = await targetOf(wait);
      const links = target === null ? null : linksOf(target, wait, wait.before);
      const made = links === null ? null : { ...links, id: deps.newId(), now: clock.now() };
      await putWait(db, wait, target === null || made === null ? null : { ...target, links: made });
    }
    await endWaits(db, AT_ONCE);
  };

  return async (signal) => {
    const candidates = await readForgeCandidates(db, AT_ONCE);
    const ids = candidates.map(({ id }) => id);
    asked = asked.intersection(new Set(ids));
    const known = await reportsOf(db, ids);
    const touched = new Set<string>();
    for (const candidate of candidates) {
      const report = known.get(candidate.id) ?? (await reportOf(candidate, signal));
      if (report !== null) touched.add(report);
    }
    await foldWaits();
    for (const report of await readUntoldReports(db)) touched.add(report);
    let changed = 0;
    for (const report of touched) {
      if (await foldReport(db, report, clock.now())) changed += 1;
    }
    const ended = candidates.filter(({ isEnded }) => isEnded).map(({ id }) => id);
    await dropForgeEnds(db, ended);
    return changed;
  };
};
