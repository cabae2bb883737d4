import { imageWithTag } from '../../core/image/image-reference.ts';
import { exclusionOf, type Selection, trackedBy } from '../../core/policy/labels.ts';
import { newestTag, whyNot } from '../../core/policy/choose-tag.ts';
import type { Policy, TagSeen } from '../../core/policy/policy.ts';
import type { TrackingView } from '../../core/policy/tracking.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import { type Verdict, verdictDetail } from '../../core/verdict/verdict.ts';
import type { ListTags } from '../lookups/answers.ts';
import { type CheckedService, taggedImage } from '../assess/check-services.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import type { Tracking } from './read-tracking.ts';

/** What a repository's tag list means for one service that follows tags. */
type Choice = {
  readonly policy: Policy;
  readonly image: TaggedImage;
  /** The service does not move below this tag. */
  readonly floor: TagSeen;
  /** Null if the tags could not be listed, or are not listed for such a policy. */
  readonly tags: readonly TagSeen[] | null;
  /** The newest tag that the policy accepts. */
  readonly newest: string | null;
  readonly failure: Extract<Verdict, { verdict: 'unknown' }> | null;
};

/** A tag from a list, which does not know about pushes. */
const seen = (tag: string): TagSeen => ({ tag, arrivedAt: null });

type Targets = ReadonlyMap<string, TaggedImage>;

/** The services of one cluster that follow tags, with the tags of their repositories. */
export type ChosenTags = {
  /** The images to compare them with, by service id. */
  readonly targets: Targets;
  /** Checks services again with the next lower tag if they must not have the newest because it failed on them. */
  readonly insteadOfHeld: <Checked extends CheckedService>(
    checked: readonly Checked[],
    check: (services: readonly Service[], targets: Targets) => Promise<readonly Checked[]>,
  ) => Promise<readonly Checked[]>;
  /** The tracking state of a service; null if it follows no tags. */
  readonly trackingOf: (checked: CheckedService) => TrackingView | null;
};

type Deps = {
  readonly select: Selection;
  readonly tracking: Pick<Tracking, 'floorOf' | 'ranBefore'>;
  readonly listTags: ListTags;
};

/**
 * Lists the repositories of services that follow tags by version or name, once each, and chooses a tag for each
 * service. With `newest:`, arrival decides and a list says nothing: such services are compared with their own tag.
 */
export const chooseListed = async (
  { select, tracking, listTags }: Deps,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<ChosenTags> => {
  const choices = new Map<string, Choice>();
  const choose = createChooser();
  const chooseFor = async (service: Service): Promise<void> => {
    const policy = trackedBy(service);
    const image = taggedImage(service);
    const floor = tracking.floorOf(service);
    if (policy === null || image === null || floor === null) return;
    if (exclusionOf(service, select) !== null) return;
    const one = { policy, image, floor, tags: null, newest: null, failure: null };
    if (!policy.ordersTags) {
      choices.set(service.id, one);
      return;
    }
    const listed = await listTags(image, signal);
    if (listed.kind === 'failed') {
      const { reason, detail } = listed;
      choices.set(service.id, { ...one, failure: { verdict: 'unknown', reason, detail } });
      return;
    }
    const tags = choose.tagsOf(listed.tags);
    choices.set(service.id, { ...one, tags, newest: choose.newest({ ...one, tags }) });
  };
  await Promise.all(services.map(chooseFor));

  const targetOf = (choice: Choice, except: readonly string[] = []): TaggedImage => {
    const newest = choose.newest(choice, except);
    const isNewer = newest !== null && whyNot(choice.policy, choice.floor, seen(newest)) === null;
    return { ...choice.image, tag: isNewer ? newest : choice.floor.tag };
  };
  return {
    targets: new Map([...choices].map(([id, choice]) => [id, targetOf(choice)])),
    insteadOfHeld: async (checked, check) => {
      const found = new Map(checked.map((one) => [one.service.id, one]));
      const except = new Map<string, readonly string[]>();
      let held = checked.filter(hasFailedTag);
      while (held.length > 0) {
        const targets = new Map<string, TaggedImage>();
        for (const { service, image } of held) {
          const choice = choices.get(service.id);
          if (choice === undefined || image === null) continue;
          const left = [...(except.get(service.id) ?? []), image.tag];
          except.set(service.id, left);
          const next = targetOf(choice, left);
          if (next.tag !== choice.floor.tag) targets.set(service.id, next);
        }
        const again = held.flatMap(({ service }) => (targets.has(service.id) ? [service] : []));
        const next = again.length === 0 ? [] : await check(again, targets);
        for (const one of next) if (one.verdict.verdict !== 'held') found.set(one.service.id, one);
        held = next.filter(hasFailedTag);
      }
      return checked.map((one) => withFailure(choices, found.get(one.service.id) ?? one));
    },
    trackingOf: (checked) => {
      const choice = choices.get(checked.service.id);
      return choice === undefined ? null : viewOf(choice, checked, tracking);
    },
  };
};

type Asked = Pick<Choice, 'policy' | 'image' | 'tags'>;

/** Many services of a repository have the same tag and policy: the tag is chosen once for all of them. */
const createChooser = () => {
  const lists = new Map<readonly string[], readonly TagSeen[]>();
  const chosen = new Map<string, string | null>();
  return {
    tagsOf: (listed: readonly string[]): readonly TagSeen[] => {
      const known = lists.get(listed) ?? listed.map(seen);
      lists.set(listed, known);
      return known;
    },
    /** The newest tag that the policy accepts, without those in `except`. */
    newest: ({ policy, image, tags }: Asked, except: readonly string[] = []): string | null => {
      const key = [imageWithTag(image), policy.text, ...except].join('\n');
      const known = chosen.get(key);
      if (known !== undefined) return known;
      const left = (tags ?? []).filter(({ tag }) => !except.includes(tag));
      const made = newestTag(policy, image.tag, left);
      chosen.set(key, made);
      return made;
    },
  };
};

/** A tag that a person left is not passed over: all lower tags are left with it, until something newer comes. */
const hasFailedTag = ({ verdict, service, image }: CheckedService): boolean =>
  verdict.verdict === 'held' &&
  verdict.hold.kind === 'known-bad' &&
  image?.tag !== presentTag(service);

/** Without the list, `current` cannot be claimed. A new digest of the service's own tag is still deployed. */
const withFailure = <Checked extends CheckedService>(
  choices: ReadonlyMap<string, Choice>,
  checked: Checked,
): Checked => {
  const failure = choices.get(checked.service.id)?.failure ?? null;
  return failure === null || checked.verdict.verdict !== 'current'
    ? checked
    : { ...checked, verdict: failure };
};

const BY_ARRIVAL = 'it follows pushes: a list of tags does not show which was pushed last';

const viewOf = (
  choice: Choice,
  { service, image, verdict }: CheckedService,
  { ranBefore }: Deps['tracking'],
): TrackingView => {
  const { policy, newest, tags, failure, floor } = choice;
  const present = presentTag(service);
  const isMove = image !== null && image.tag !== present;
  const isPlanned = ['obsolete', 'held', 'waiting'].includes(verdict.verdict);
  const isOnItsWay = floor.tag !== present;
  const next = isMove && (isPlanned || isOnItsWay) ? image.tag : null;
  const listed = policy.ordersTags ? whyNotNewest(choice) : BY_ARRIVAL;
  return {
    policy: policy.text,
    newest,
    next,
    whyNot: failure?.detail ?? (next === null ? listed : verdictDetail(verdict, next)),
    tags: tags?.length ?? null,
    ran: ranBefore(service),
  };
};

const whyNotNewest = ({ policy, newest, floor, image }: Choice): string | null => {
  if (newest === null) return `the repository has no tag that matches ${policy.text}`;
  if (newest === image.tag) return null;
  const why = whyNot(policy, floor, seen(newest));
  return why === null ? null : `${newest}: ${why}`;
};
