import { imageName, imageWithTag } from '../core/image-reference.ts';
import type { Log } from '../core/log.ts';
import type { LookUpFailure } from '../core/published.ts';
import type { Db } from '../store/open-store.ts';
import { type NewLookUp, readLookUpsAfter } from '../store/published.ts';
import { keepLookUps } from '../store/checks/commit-checks.ts';
import { askOnce, type AskOnceDeps } from './ask-once.ts';
import type { CheckClusterDeps } from './check-cluster.ts';
import { AT_MOST_EVERY_MS } from './once-in-a-while.ts';
import type { Clock, TaggedImage } from './ports.ts';

export type KeptAnswersDeps = AskOnceDeps & {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
};

/** What the registries answer a run. */
export type KeptAnswers = {
  /** As {@link askOnce} gives them, but what was answered before a restart is not asked again. */
  readonly registries: CheckClusterDeps['registries'];
  /** When an image was asked for, ms since the epoch. */
  readonly askedAt: (image: TaggedImage) => number;
  /** Writes no more: what was answered is kept by whoever asked. */
  readonly close: () => Promise<void>;
};

/**
 * A registry that could not be reached may be there again after the restart, above all where the network
 * went before the host did.
 */
const UNREACHABLE_FOR_MS = 60_000;

/** Failures that a restart does not put right; a sign-in may have been repaired by it. */
const LASTING: ReadonlySet<LookUpFailure> = new Set(['tag-gone', 'rate-limited', 'not-an-image']);

/** A crash loses what was answered within it: a few images of a registry, never all of them. */
const WRITE_EVERY_MS = 100;

/**
 * Keeps every answer of the registries soon after it came, and gives those again that came since the
 * run began, if that is not long ago. So a run that is interrupted goes on where it was, and however
 * often its helper is started, an image is asked for once.
 */
export const keepAnswers = async (
  deps: KeptAnswersDeps,
  run: { readonly id: string; readonly startedAt: number },
  signal: AbortSignal,
): Promise<KeptAnswers> => {
  const { db, clock, log } = deps;
  const asked = askOnce(deps);
  const now = clock.now();
  const remembered = await readLookUpsAfter(db, Math.max(run.startedAt, now - AT_MOST_EVERY_MS));
  const before = new Map(
    [...remembered].filter(
      ([, { lookUp, askedAt }]) =>
        lookUp.kind === 'published' ||
        LASTING.has(lookUp.reason) ||
        (lookUp.reason === 'unreachable' && now - askedAt < UNREACHABLE_FOR_MS),
    ),
  );
  const asking = new Map([...before].map(([image, { askedAt }]) => [image, askedAt]));
  const unwritten = new Map<string, NewLookUp>();
  let writing: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    try {
      while (unwritten.size > 0) {
        const answers = [...unwritten.values()];
        unwritten.clear();
        await keepLookUps(db, answers, clock.now());
        await clock.wait(WRITE_EVERY_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) log.error('answers of registries not kept', { run: run.id, error });
    } finally {
      writing = null;
    }
  };
  const askedAt = (image: TaggedImage): number => asking.get(imageWithTag(image)) ?? run.startedAt;
  const keep = (
    image: TaggedImage,
    { lookUp, members }: Pick<NewLookUp, 'lookUp' | 'members'>,
  ): void => {
    const { tag } = image;
    const answer = { name: imageName(image), tag, lookUp, members, askedAt: askedAt(image) };
    unwritten.set(`${answer.name}:${tag}`, answer);
    writing ??= write();
  };

  return {
    registries: {
      ...asked,
      findDigest: async (image, caller) => {
        const text = imageWithTag(image);
        const known = before.get(text);
        if (known !== undefined) return known.lookUp;
        // Other clusters that use it are given the same answer.
        if (!asking.has(text)) asking.set(text, clock.now());
        const lookUp = await asked.findDigest(image, caller);
        keep(image, { lookUp, members: null });
        return lookUp;
      },
      readManifest: async (image, digest, caller) => {
        const known = before.get(imageWithTag(image));
        const isKnown = known?.lookUp.kind === 'published' && known.lookUp.digest === digest;
        if (isKnown && known.members !== null) {
          const { members } = known;
          return { kind: 'manifest', manifest: { members, platforms: null, artifact: null } };
        }
        const read = await asked.readManifest(image, digest, caller);
        if (read.kind === 'manifest' && read.manifest.artifact === null && image.tag !== null) {
          const lookUp = { kind: 'published', digest, mediaType: '' } as const;
          keep({ ...image, tag: image.tag }, { lookUp, members: read.manifest.members });
        }
        return read;
      },
    },
    askedAt,
    close: async () => {
      unwritten.clear();
      await writing;
    },
  };
};
