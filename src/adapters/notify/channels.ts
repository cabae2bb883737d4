import { createHmac } from 'node:crypto';
import type { LinkLife, Message, NoticeChannel, NoticeFilter } from '../../core/contract/notice.ts';
import type { Secret } from '../../core/secret.ts';
import type { Proxies } from '../exchange/proxy.ts';
import { appriseBody, appriseOutcome } from './apprise.ts';
import { cdEvent } from './cd-event.ts';
import { createPost } from './post.ts';
import { slackBody } from './slack.ts';

export type ChannelSettings = NoticeFilter & {
  readonly name: string;
  /** The full address to post to. */
  readonly url: Secret;
  readonly logs: boolean;
  readonly approve: LinkLife | null;
} & (
    | { readonly type: 'webhook' /** Signs the body. */; readonly secret: Secret | null }
    | { readonly type: 'slack' }
    | { readonly type: 'apprise'; readonly tags: readonly string[] }
  );

export type ChannelsOptions = {
  readonly channels: readonly ChannelSettings[];
  /** The helper, as the source of events: a URI reference. */
  readonly source: string;
  /** Proxies to reach receivers through. Default: none. */
  readonly proxies?: Proxies;
  /** Timeout of one attempt. Only tests set this. */
  readonly timeoutMs?: number;
};

export type Channels = {
  readonly list: readonly NoticeChannel[];
  readonly close: () => Promise<void>;
};

/** If a receiver has not answered by then, the message is retried later. */
const TIMEOUT_MS = 10_000;
/** More would not fit into one message of the receivers with the smallest limit. */
const NOTICES_PER_MESSAGE = 10;

const SIGNATURE_HEADER = 'x-cd-helper-signature';

type Letter = { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> };

const jsonLetter = (value: unknown, type: string): Letter => ({
  body: Buffer.from(JSON.stringify(value)),
  headers: { 'content-type': type },
});

const writeLetter = (settings: ChannelSettings, source: string, message: Message): Letter => {
  switch (settings.type) {
    case 'webhook': {
      const { body, headers } = jsonLetter(
        cdEvent(source, message),
        'application/cloudevents+json; charset=utf-8',
      );
      if (settings.secret === null) return { body, headers };
      const signature = createHmac('sha256', settings.secret.reveal()).update(body).digest('hex');
      return { body, headers: { ...headers, [SIGNATURE_HEADER]: `sha256=${signature}` } };
    }
    case 'slack':
      return jsonLetter(slackBody(message), 'application/json; charset=utf-8');
    case 'apprise':
      return jsonLetter(appriseBody(message, settings.tags), 'application/json; charset=utf-8');
    default:
      return settings satisfies never;
  }
};

/** Channels share nothing, so a receiver that hangs delays no other. */
export const createChannels = (options: ChannelsOptions): Channels => {
  const made = options.channels.map((settings) => {
    const { name, type, logs, approve, states, clusters, stacks, services } = settings;
    const { post, close } = createPost({
      url: settings.url,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      ...(options.proxies === undefined ? {} : { proxies: options.proxies }),
      ...(type === 'apprise' ? { judge: appriseOutcome } : {}),
    });
    const channel: NoticeChannel = {
      name,
      type,
      logs,
      approve,
      filter: { states, clusters, stacks, services },
      // An event has one subject.
      noticesPerMessage: type === 'webhook' ? 1 : NOTICES_PER_MESSAGE,
      send: async (message, signal) => {
        const { body, headers } = writeLetter(settings, options.source, message);
        return post(body, headers, signal);
      },
    };
    return { channel, close };
  });
  return {
    list: made.map(({ channel }) => channel),
    close: async () => {
      await Promise.all(made.map(({ close }) => close()));
    },
  };
};
