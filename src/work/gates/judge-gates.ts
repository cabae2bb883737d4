import type { Capabilities } from '../../core/swarm/cluster.ts';
import type { Digest } from '../../core/image/digest.ts';
import { imageName } from '../../core/image/image-reference.ts';
import { trackedBy } from '../../core/policy/labels.ts';
import type { AtGates, Closed, OpenedGates } from '../../core/policy/gates/at-gates.ts';
import { candidatesOf, type SeenDigest } from '../../core/policy/gates/candidates.ts';
import { groupsOf } from '../../core/policy/gates/gate-rules.ts';
import { areOpen, nextOpening } from '../../core/policy/gates/window.ts';
import { gate, type GateInput } from '../../core/policy/gates/gate.ts';
import type { Approvals, Candidate } from '../../core/policy/gates/gate-state.ts';
import { presentTag, type Service, specDigest } from '../../core/swarm/service.ts';
import type { Hold, Verdict } from '../../core/verdict/verdict.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readSeen } from '../../store/published/seen-digests.ts';
import { readApprovals } from '../../store/approvals/votes.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { type Gating, gatesOf, type ServiceGates } from './gating.ts';

/** An assessed service, before its gates are applied. */
export type Assessed = {
  readonly service: Service;
  /** The image that it is compared with. */
  readonly image: TaggedImage;
  /** The digest that its tag shows. */
  readonly published: Digest;
  /** What it is known to run if its spec has no digest; null if unknown. */
  readonly knownDigest: Digest | null;
  readonly verdict: Verdict;
};

/** A service whose running or published digest is unknown. */
export type Incomparable = Omit<Assessed, 'verdict' | 'published'> & {
  readonly published: Digest | null;
};

export type Gates = {
  /** Reads what is needed for these services. Await this before judging them. */
  readonly prepare: (services: readonly Pick<Assessed, 'service' | 'image'>[]) => Promise<void>;
  /** Returns the same verdict if the service has no gate, or nothing would be deployed anyway. */
  readonly judge: (one: Assessed, holds: Holds) => Verdict;
  /** The closed gates of a service that cannot be compared; null if none is closed. */
  readonly closedFor: (one: Incomparable, said?: Approvals) => Closed | null;
  /** A registry no longer has this image: it stops being a candidate. */
  readonly forget: (image: TaggedImage, digest: Digest) => void;
};

/** Holds on digests. A freeze is separate, because it covers the service, whatever its image. */
export type Holds = {
  readonly frozen: (service: Service) => Hold | null;
  readonly hold: (service: Service, digest: Digest, image: TaggedImage) => Hold | null;
};

type Of = {
  readonly name: string;
  readonly capabilities: Pick<Capabilities, 'setsDigest'>;
};

/** Holds that leave other digests or tags free. */
const OF_DIGEST: ReadonlySet<Hold['kind']> = new Set([
  'known-bad',
  'left-by-person',
  'rejected',
  'expired',
  'no-fitting-node',
]);

/** Reads what waits on a cluster and who voted, for one check. */
export const readGates = async (
  db: Db,
  cluster: Of,
  gating: Gating,
  now: number,
): Promise<Gates> => {
  const approvals = await readApprovals(db, cluster.name);
  const seen = new Map<string, readonly SeenDigest[]>();
  const known = new Map<string, ServiceGates | null>();
  const find = (service: Service): ServiceGates | null => {
    const before = known.get(service.id);
    if (before !== undefined) return before;
    const found = gatesOf(gating, cluster, service, now);
    known.set(service.id, found);
    return found;
  };

  const candidates = (one: Omit<Assessed, 'verdict'>): readonly Candidate[] => {
    const { service, image, published, knownDigest } = one;
    const present = service.image.ok ? (service.image.image.tag ?? image.tag) : image.tag;
    const from = {
      present: { tag: present, digest: specDigest(service) ?? knownDigest },
      policy: trackedBy(service),
      published: { tag: image.tag, digest: published },
      seen: seen.get(imageName(image)) ?? [],
    };
    // A cluster that cannot be given a digest takes what is published.
    return cluster.capabilities.setsDigest
      ? candidatesOf(from, now)
      : [{ tag: image.tag, digest: published, firstSeenAt: now }];
  };

  const judgeFrom = (
    { service, verdict }: Assessed,
    from: Digest,
    { rules }: ServiceGates,
    all: readonly Candidate[],
  ): Verdict => {
    const pass = (some: readonly Candidate[]) => {
      const [first, ...rest] = some;
      if (first === undefined) return null;
      const input: GateInput = {
        rules,
        candidates: [first, ...rest],
        approvals: (candidate) => approvals(service, candidate, now),
      };
      return gate(input, now);
    };
    const result = pass(all);
    if (result === null) return verdict;
    const { candidate } = result;
    if (result.kind !== 'open') {
      // An expired image is held from its due time on. Until that is recorded, it waits.
      const dueAt = result.kind === 'waiting' ? result.dueAt : now;
      const at: AtGates = { candidate, gates: result.gates, dueAt };
      return { verdict: 'waiting', from, to: candidate.digest, at };
    }
    const index = all.indexOf(candidate);
    const behind = pass(all.slice(index + 1));
    const later =
      behind === null || behind.kind === 'open'
        ? null
        : {
            candidate: behind.candidate,
            gates: behind.gates,
            dueAt: behind.kind === 'waiting' ? behind.dueAt : now,
          };
    const covers = all.slice(0, index + 1).map(({ digest }) => digest);
    const opened: OpenedGates = { tag: candidate.tag, covers, later };
    return { verdict: 'obsolete', from, to: candidate.digest, opened };
  };

  return {
    prepare: async (services) => {
      const names = services.flatMap(({ service, image }) =>
        find(service) === null ? [] : imageName(image),
      );
      const missing = [...new Set(names)].filter((name) => !seen.has(name));
      const found = await readSeen(db, missing);
      for (const name of missing) seen.set(name, found.get(name) ?? []);
    },
    judge: (one, holds) => {
      const { service, image, verdict } = one;
      const gates = find(service);
      const from = standsAt(one);
      if (gates === null || from === null) return verdict;
      const isCurrent = ['current', 'diverged', 'unknown'].includes(verdict.verdict);
      const tag = presentTag(service);
      const all = candidates(one).filter((each) => !isCurrent || each.tag !== tag);
      const frozen = holds.frozen(service);
      const free = all.filter(
        ({ tag: other, digest }) => holds.hold(service, digest, { ...image, tag: other }) === null,
      );
      // Nothing newer is free: what differs is older, or there is nothing else.
      if (free.length === 0) return verdict;
      if (gates.problem !== null) {
        const hold: Hold = { kind: 'unsupported-label', label: '', problem: gates.problem };
        const to = free.at(-1)?.digest ?? one.published;
        return frozen === null ? { verdict: 'held', hold, from, to } : verdict;
      }
      const judged = judgeFrom(one, from, gates, free);
      if (frozen === null) return judged;
      return judged.verdict === 'waiting' && verdict.verdict === 'held'
        ? { ...verdict, at: judged.at }
        : verdict;
    },
    closedFor: (one, given) => {
      const gates = find(one.service);
      if (gates === null) return null;
      if (gates.problem !== null) return 'never';
      const { published } = one;
      if (published === null) return closedForUnknown(gates.rules, now);
      const { tag } = one.image;
      const found = (seen.get(imageName(one.image)) ?? []).find(
        (each) => each.tag === tag && each.digest === published,
      );
      // An image that was never seen is 0 s old.
      const candidate = { tag, digest: published, firstSeenAt: found?.firstSeenAt ?? now };
      const said = given ?? approvals(one.service, candidate, now);
      // A restart keeps the image, so only the windows matter.
      const isSame = published === specDigest(one.service);
      const rules = isSame ? { ...gates.rules, minAge: null, approval: null } : gates.rules;
      const input = { rules, candidates: [candidate], approvals: () => said } as const;
      const result = gate(input, now);
      if (result.kind === 'open') return null;
      const dueAt = result.kind === 'waiting' ? result.dueAt : now;
      return { candidate: result.candidate, gates: result.gates, dueAt };
    },
    forget: (image, digest) => {
      const name = imageName(image);
      const rest = (seen.get(name) ?? []).map((one) =>
        one.tag === image.tag && one.digest === digest ? { ...one, isGone: true } : one,
      );
      seen.set(name, rest);
    },
  };
};

/** An image without a known digest has no age and cannot get votes. Only a window can open. */
const closedForUnknown = (
  { minAge, windows, approval }: ServiceGates['rules'],
  now: number,
): Closed | null => {
  if (minAge !== null || approval !== null) return 'never';
  const groups = groupsOf(windows);
  if (areOpen(groups, now)) return null;
  const opensAt = nextOpening(groups, now);
  if (opensAt === null) return 'never';
  const times = windows.flatMap(({ value }) => value.map(({ text }) => text));
  return { opensAt, detail: `deployments start ${times.join('; ')}` };
};

/** The digest of a service that may move to another one; null if its gates do not matter. */
const standsAt = ({ service, verdict, knownDigest }: Assessed): Digest | null => {
  switch (verdict.verdict) {
    case 'obsolete':
      return verdict.from;
    case 'held': {
      const { hold, from } = verdict;
      return hold.kind === 'frozen' || OF_DIGEST.has(hold.kind) ? from : null;
    }
    case 'current':
    case 'diverged':
      // A newer tag that it follows may wait.
      return trackedBy(service) === null ? null : (specDigest(service) ?? knownDigest);
    case 'unknown':
      return verdict.reason === 'not-checked' && trackedBy(service) !== null
        ? specDigest(service)
        : null;
    case 'waiting':
    case 'updating':
    case 'pinned':
    case 'excluded':
      return null;
    default:
      return verdict satisfies never;
  }
};
