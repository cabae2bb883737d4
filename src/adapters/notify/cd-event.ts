import type { HealthNotice } from '../../core/health/health-notice.ts';
import type { Message, Notice } from '../../core/contract/notice.ts';
import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import { plainTexts } from './plain-text.ts';

/** {@link https://github.com/cdevents/spec/tree/v0.4.1 CDEvents}, the vocabulary of these events. */
const CDEVENTS_VERSION = '0.4.1';
/** Version of the service events in that release. */
const SERVICE_EVENT_VERSION = '0.2.0';
/** Version of the incident events in that release. */
const INCIDENT_EVENT_VERSION = '0.2.0';
/** Version of our own events, for what CDEvents does not cover. */
const OWN_EVENT_VERSION = '0.1.0';

/** A CloudEvent in structured mode whose data is a CDEvent. */
export type CdEvent = {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: {
    readonly context: {
      readonly version: string;
      readonly id: string;
      /** The same for all events of one push or run. */
      readonly chainId?: string;
      readonly source: string;
      readonly type: string;
      readonly timestamp: string;
    };
    readonly subject: {
      readonly id: string;
      readonly source: string;
      readonly type: string;
      readonly content: Readonly<Record<string, unknown>>;
    };
    readonly customData: Readonly<Record<string, unknown>>;
    readonly customDataContentType: 'application/json';
  };
};

type Parts = {
  readonly id: string;
  readonly chain: string | null;
  readonly type: string;
  readonly at: string;
  readonly subject: { readonly id: string; readonly type: string };
  readonly content: Readonly<Record<string, unknown>>;
  readonly customData: Readonly<Record<string, unknown>>;
};

const toEvent = (source: string, parts: Parts): CdEvent => ({
  specversion: '1.0',
  id: parts.id,
  source,
  type: parts.type,
  subject: parts.subject.id,
  time: parts.at,
  datacontenttype: 'application/json',
  data: {
    context: {
      version: CDEVENTS_VERSION,
      id: parts.id,
      ...(parts.chain === null ? {} : { chainId: parts.chain }),
      source,
      type: parts.type,
      timestamp: parts.at,
    },
    subject: { ...parts.subject, source, content: parts.content },
    customData: parts.customData,
    customDataContentType: 'application/json',
  },
});

/**
 * Package URL of an image with its digest
 * ({@link https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md type oci}).
 */
const imagePurl = (image: string, digest: string | null): string => {
  const colon = image.lastIndexOf(':');
  const [name, tag] =
    colon > image.lastIndexOf('/') ? [image.slice(0, colon), image.slice(colon + 1)] : [image, ''];
  const last = name.slice(name.lastIndexOf('/') + 1);
  const version = digest === null ? '' : `@${encodeURIComponent(digest)}`;
  const ofTag = tag === '' ? '' : `&tag=${encodeURIComponent(tag)}`;
  return `pkg:oci/${encodeURIComponent(last)}${version}?repository_url=${encodeURI(name)}${ofTag}`;
};

/** The same image with another tag. */
const withTag = (image: string, tag: string): string =>
  `${image.slice(0, image.lastIndexOf(':'))}:${tag}`;

const serviceType = (predicate: 'deployed' | 'upgraded' | 'rolledback'): string =>
  `dev.cdevents.service.${predicate}.${SERVICE_EVENT_VERSION}`;

/** The standard's event if it has one. Our own for ends that changed nothing or left things unclear. */
const typeOf = ({ state, cause, from, to }: Notice): string => {
  switch (state) {
    case 'succeeded':
      if (cause === 'taken-back') return serviceType('rolledback');
      return serviceType(from === null || from === to ? 'deployed' : 'upgraded');
    case 'rolled-back':
      return serviceType('rolledback');
    case 'failed':
    case 'superseded':
    case 'skipped':
      return `dev.cdeventsx.cdhelper-deployment.${state}.${OWN_EVENT_VERSION}`;
    default:
      return state satisfies never;
  }
};

const ofNotice = (source: string, group: string, notice: Notice): CdEvent => {
  const { id, image, cluster, service, state } = notice;
  const type = typeOf(notice);
  const isStandard = type.startsWith('dev.cdevents.');
  const isBack = state === 'rolled-back';
  const artifact = isBack ? notice.runs : notice.to;
  const tagged = isBack ? withTag(image, notice.fromTag) : image;
  const { id: deployment, ...rest } = notice;
  return toEvent(source, {
    id,
    chain: group,
    type,
    at: notice.endedAt,
    subject: {
      id: `${cluster}/${service.name}`,
      type: isStandard ? 'service' : 'cdhelper-deployment',
    },
    content: {
      environment: { id: cluster, source },
      artifactId: imagePurl(tagged, artifact),
    },
    customData: { deployment, ...rest },
  });
};

const HEALTH_TYPES: Readonly<Record<HealthNotice['state'], string>> = {
  failing: `dev.cdevents.incident.detected.${INCIDENT_EVENT_VERSION}`,
  recovered: `dev.cdevents.incident.resolved.${INCIDENT_EVENT_VERSION}`,
  'known-bad-deployed': `dev.cdeventsx.cdhelper-service.knownBadDeployed.${OWN_EVENT_VERSION}`,
};

const ofHealth = (source: string, notice: HealthNotice): CdEvent => {
  const { id, incident, cluster, service, state, image, digest } = notice;
  const subject = `${cluster}/${service.name}`;
  const isIncident = state !== 'known-bad-deployed';
  return toEvent(source, {
    id,
    chain: incident,
    type: HEALTH_TYPES[state],
    at: notice.at,
    subject: isIncident
      ? { id: incident, type: 'incident' }
      : { id: subject, type: 'cdhelper-service' },
    content: {
      description: `${service.name}: ${notice.message}`,
      environment: { id: cluster, source },
      service: { id: subject, source },
      artifactId: imagePurl(image, digest),
    },
    customData: notice,
  });
};

const ofGates = (source: string, notice: GateNotice): CdEvent => {
  const { id, cluster, service, state, image, to } = notice;
  const subject = `${cluster}/${service.name}`;
  return toEvent(source, {
    id,
    // All events of one image at the gates of one service form a chain.
    chain: `${subject}@${to}`,
    type: `dev.cdeventsx.cdhelper-gates.${state}.${OWN_EVENT_VERSION}`,
    at: notice.at,
    subject: { id: subject, type: 'cdhelper-gates' },
    content: {
      environment: { id: cluster, source },
      service: { id: subject, source },
      artifactId: imagePurl(image, to),
    },
    customData: notice,
  });
};

/** The event for a message with one notice, or for a test. `source` is a URI reference. */
export const cdEvent = (source: string, message: Message): CdEvent =>
  plainTexts(toCdEvent(source, message));

const toCdEvent = (source: string, message: Message): CdEvent => {
  if (message.kind === 'deployments') {
    const [notice] = message.notices;
    if (notice === undefined) throw new Error('a message without a notice');
    return ofNotice(source, message.group, notice);
  }
  if (message.kind === 'health') {
    const [notice] = message.notices;
    if (notice === undefined) throw new Error('a message without a notice');
    return ofHealth(source, notice);
  }
  if (message.kind === 'gates') {
    const [notice] = message.notices;
    if (notice === undefined) throw new Error('a message without a notice');
    return ofGates(source, notice);
  }
  return toEvent(source, {
    id: message.id,
    chain: null,
    type: `dev.cdeventsx.cdhelper-notification.test.${OWN_EVENT_VERSION}`,
    at: message.at,
    subject: { id: 'test', type: 'cdhelper-notification' },
    content: {},
    customData: { by: message.by, trialLink: message.trialLink },
  });
};
