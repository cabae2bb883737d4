import { imageName, type ImageReference, imageWithTag } from '../../core/image/image-reference.ts';
import type { Lookup, TagList } from '../../core/image/published.ts';
import type { RememberedLookup } from '../../store/published/published.ts';
import type { NewLookup } from '../../store/published/new-lookup.ts';
import type {
  AskedRegistries,
  ListedRegistries,
  TaggedImage,
} from '../../core/contract/registries.ts';

/** The registries' answers for one check or run. Each image is looked up once, and every answer can be recorded. */
export type Answers = {
  readonly registries: AskedRegistries;
  /** Lists the tags of a repository, once each. */
  readonly listTags: ListTags;
  /** The answers so far for the images of these services, each once. */
  readonly of: (
    services: readonly { readonly image: TaggedImage | null }[],
  ) => readonly NewLookup[];
};

/** Lists the tags of a repository. */
export type ListTags = (
  image: Pick<ImageReference, 'registry' | 'repository'>,
  signal: AbortSignal,
) => Promise<TagList>;

export type AnswersDeps = {
  readonly registries: ListedRegistries;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Why a registry must be left alone for now, in one line for a person, or null. Default: never. */
  readonly spentBudget?: (host: string) => string | null;
  /** A known answer for an image, which saves asking the registry; null for none. */
  readonly known?: (image: TaggedImage, now: number) => RememberedLookup | null;
  /** Called with every answer that a registry gave. */
  readonly onAnswer?: (answer: NewLookup, image: TaggedImage) => void;
};

const withTag = (image: ImageReference): TaggedImage | null =>
  image.tag === null ? null : { ...image, tag: image.tag };

const NO_BUDGET = (): null => null;

export const createAnswers = ({
  registries,
  now,
  spentBudget = NO_BUDGET,
  known = () => null,
  onAnswer = () => {},
}: AnswersDeps): Answers => {
  const asked = new Map<string, Promise<Lookup>>();
  const answered = new Map<string, NewLookup>();
  const keep = (image: TaggedImage, answer: RememberedLookup): NewLookup => {
    const { lookup, members, askedAt } = answer;
    const whole = { name: imageName(image), tag: image.tag, lookup, members, askedAt };
    answered.set(imageWithTag(image), whole);
    return whole;
  };

  const spent = (host: string): Extract<Lookup, { kind: 'failed' }> | null => {
    const detail = spentBudget(host);
    return detail === null
      ? null
      : { kind: 'failed', reason: 'rate-limited', detail, retryAfterMs: null };
  };
  const ask = async (image: TaggedImage, signal: AbortSignal): Promise<Lookup> => {
    const askedAt = now();
    const before = known(image, askedAt);
    if (before !== null) return keep(image, before).lookup;
    const lookup = spent(image.registry) ?? (await registries.findDigest(image, signal));
    onAnswer(keep(image, { lookup, members: null, askedAt }), image);
    return lookup;
  };

  const lists = new Map<string, Promise<TagList>>();
  const list: ListTags = async (image, signal) =>
    spent(image.registry) ?? (await registries.listTags(image, signal));

  return {
    listTags: (image, signal) => {
      const name = imageName(image);
      const listed = lists.get(name) ?? list(image, signal);
      lists.set(name, listed);
      return listed;
    },
    registries: {
      followsIndex: registries.followsIndex,
      findDigest: (image, signal) => {
        const text = imageWithTag(image);
        const answer = asked.get(text) ?? ask(image, signal);
        asked.set(text, answer);
        return answer;
      },
      // A lookup is free, but registries count this request as a pull.
      readManifest: async (image, digest, signal) => {
        const tagged = withTag(image);
        const answer = tagged === null ? undefined : answered.get(imageWithTag(tagged));
        const isOfIt = answer?.lookup.kind === 'published' && answer.lookup.digest === digest;
        if (isOfIt && answer.members !== null) {
          const { members } = answer;
          return { kind: 'manifest', manifest: { members, platforms: null, artifact: null } };
        }
        const read =
          spent(image.registry) ?? (await registries.readManifest(image, digest, signal));
        const isImage = read.kind === 'manifest' && read.manifest.artifact === null;
        if (isImage && isOfIt && tagged !== null) {
          onAnswer(keep(tagged, { ...answer, members: read.manifest.members }), tagged);
        }
        return read;
      },
    },
    of: (services) => {
      // Thousands of services use few images, and equal texts share one parsed object.
      const images = new Set(services.map(({ image }) => image));
      const texts = new Set(
        [...images].flatMap((image) => (image === null ? [] : imageWithTag(image))),
      );
      return [...texts].flatMap((text) => answered.get(text) ?? []);
    },
  };
};
