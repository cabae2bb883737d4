import { z } from 'zod';
import { findPush, ignore } from '../find-push.ts';
import { mediaType } from '../header.ts';
import { isImageManifest } from '../image-manifest.ts';
import { isObject, ownField, ownText } from '../own-field.ts';
import type { Finding, Parsed, Sender } from '../sender.ts';

const CONTENT_TYPE = /^application\/vnd\.docker\.distribution\.events\.v[12]\+json$/;

const Event = z.object({
  action: z.string(),
  target: z.object({
    mediaType: z.string().optional(),
    digest: z.string().optional(),
    repository: z.string().optional(),
    tag: z.string().optional(),
  }),
  request: z.object({ host: z.string().optional() }).optional(),
});
type Event = z.output<typeof Event>;

const judge = ({ action, target, request }: Event, registry: string | null): Finding => {
  const about = `${action} ${target.repository ?? ''}`;
  if (action !== 'push') return ignore('not-a-push', about);
  if (!isImageManifest(target.mediaType)) return ignore('not-an-image', about);
  const host = registry ?? request?.host ?? '';
  if (host === '') return ignore('no-registry', about);
  const { repository = '', tag, digest } = target;
  return findPush({ registry: host, repository, tag, digest });
};

/** Parses one event, in distribution's format, which others adopted. */
export const judgeEvent = (body: unknown, registry: string | null): Finding => {
  const event = Event.safeParse(body);
  return event.success ? judge(event.data, registry) : ignore('malformed-event');
};

/** One id for the whole body: a retry contains the same events. */
const joinIds = (ids: readonly unknown[]): string | null =>
  ids.length > 0 && ids.every((id) => typeof id === 'string' && id !== '') ? ids.join(' ') : null;

/** Parses a body of `events`. A malformed event does not affect the others. */
export const readEvents = (body: unknown, registry: string | null): Parsed => {
  const events = ownField(body, 'events');
  if (!Array.isArray(events)) return { findings: [ignore('malformed-payload')], deliveryId: null };
  const ids = events.map((event) => ownField(event, 'id'));
  return {
    findings: events.map((event) => judgeEvent(event, registry)),
    deliveryId: joinIds(ids),
  };
};

/**
 * The notifications of {@link https://distribution.github.io/distribution/about/notifications/ distribution}
 * (`registry:2`, `registry:3`). It sends them one after another and retries a refused one forever, so every well-formed
 * one is accepted, even if it is then ignored.
 */
export const distribution: Sender = {
  name: 'distribution',
  sign: 'the content type application/vnd.docker.distribution.events.v2+json, or a body with "events" that have "action" and "target"',
  recognise: (delivery) => {
    if (CONTENT_TYPE.test(mediaType(delivery))) return true;
    const events = ownField(delivery.body, 'events');
    const first: unknown = Array.isArray(events) ? events[0] : undefined;
    return ownText(first, 'action') !== null && isObject(ownField(first, 'target'));
  },
  takesAnyNumber: true,
  parse: ({ body }, registry) => readEvents(body, registry),
};
