import { imageName, type ImageReference, imageWithTag } from '../../core/image/image-reference.ts';
import type { LookUp, TagList } from '../../core/image/published.ts';
import type { RememberedLookUp } from '../../store/published/published.ts';
import type { NewLookUp } from '../../store/published/new-look-up.ts';
import type {
  AskedRegistries,
  ListedRegistries,
  TaggedImage,
} from '../../core/contract/registries.ts';

/** What the registries answer one check or run: each image is asked for once, and every answer can be recorded. */
export type Answers = {
  readonly registries: AskedRegistries;
  /** The tags of a repository, listed once. */
  readonly listTags: ListTags;
  /** The answers for the images of these services so far, each once. */
  readonly of: (
    services: readonly { readonly image: TaggedImage | null }[],
  ) => readonly NewLookUp[];
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
  /** Why a registry is to be left alone for now, in one line for a person, or null; default: never. */
  readonly spentBudget?: (host: string) => string | null;
  /** What is known of an image already, so that its registry is not asked; null for nothing. */
  readonly known?: (image: TaggedImage, now: number) => RememberedLookUp | null;
  /** Called with every answer that a registry gave. */
  readonly onAnswer?: (answer: NewLookUp, image: TaggedImage) => void;
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
  const asked = new Map<string, Promise<LookUp>>();
  const answered = new Map<string, NewLookUp>();
  const keep = (image: TaggedImage, answer: RememberedLookUp): NewLookUp => {
    const { lookUp, members, askedAt } = answer;
    const whole = { name: imageName(image), tag: image.tag, lookUp, members, askedAt };
    answered.set(imageWithTag(image), whole);
    return whole;
  };

  const spent = (host: string): Extract<LookUp, { kind: 'failed' }> | null => {
    const detail = spentBudget(host);
    return detail === null
      ? null
      : { kind: 'failed', reason: 'rate-limited', detail, retryAfterMs: null };
  };
  const ask = async (image: TaggedImage, signal: AbortSignal): Promise<LookUp> => {
    const askedAt = now();
    const before = known(image, askedAt);
    if (before !== null) return keep(image, before).lookUp;
    const lookUp = spent(image.registry) ?? (await registries.findDigest(image, signal));
    onAnswer(keep(image, { lookUp, members: null, askedAt }), image);
    return lookUp;
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
      // A look-up costs nothing, but this is what registries count as a pull.
      readManifest: async (image, digest, signal) => {
        const tagged = withTag(image);
        const answer = tagged === null ? undefined : answered.get(imageWithTag(tagged));
        const isOfIt = answer?.lookUp.kind === 'published' && answer.lookUp.digest === digest;
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
      // Few images are used by thousands of services, each spelling of one parsed to the same object.
      const images = new Set(services.map(({ image }) => image));
      const texts = new Set(
        [...images].flatMap((image) => (image === null ? [] : imageWithTag(image))),
      );
      return [...texts].flatMap((text) => answered.get(text) ?? []);
    },
  };
};
