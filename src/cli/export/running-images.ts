import { parseDigest } from '../../core/image/digest.ts';
import { parseImageReference } from '../../core/image/image-reference.ts';
import type { DeploymentView, ServiceView } from '../../core/contract/views.ts';
import { familiarImage } from '../output/familiar-image.ts';

/** A service as a stack file names it, with the image that it runs. */
export type RunningImage = {
  readonly cluster: string;
  /** Null for a service that belongs to no stack. */
  readonly stack: string | null;
  /** The name in the stack file: without the stack's name. */
  readonly service: string;
  /** `acme/web:v1.4.2@sha256:…`; without a digest if none is known. */
  readonly image: string;
  readonly tag: string | null;
  readonly digest: string | null;
};

/** Whether its tasks may run another tag than its spec names. Its last deployment then shows which. */
export const mayRunAnother = ({ verdict, health, track, deployment }: ServiceView): boolean =>
  deployment !== null &&
  (track !== undefined || verdict === 'updating' || verdict === 'diverged' || health !== 'ok');

/** The image that a service runs; null if it is invalid. `last` is its newest deployment, if that matters. */
export const runningImage = (
  service: ServiceView,
  last: Pick<DeploymentView, 'from' | 'to' | 'fromTag' | 'toTag'> | null,
): RunningImage | null => {
  const parsed = parseImageReference(
    // The API omits the digest if a spec has a digest without a tag.
    service.verdict === 'pinned' && service.running !== null
      ? `${service.image}@${service.running}`
      : service.image,
  );
  if (!parsed.ok) return null;
  const { tag: named } = parsed.image;
  const digest = service.running === null ? null : parseDigest(service.running);
  const isBefore = last !== null && digest === last.from && digest !== last.to;
  const tag = named !== null && isBefore ? last.fromTag : named;
  const name = familiarImage(`${parsed.image.registry}/${parsed.image.repository}`);
  const { cluster, stack } = service;
  return {
    cluster,
    stack,
    service: withoutStack(service),
    image: `${name}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`,
    tag,
    digest,
  };
};

const withoutStack = ({ name, stack }: ServiceView): string =>
  stack !== null && name.startsWith(`${stack}_`) ? name.slice(stack.length + 1) : name;
