import type { Message } from '../../core/contract/notice.ts';
import { plainText } from './plain-text.ts';
import { type PartLink, partsOf, testText, titleOf, trialLinksOf } from './describe.ts';

/**
 * Discord's endpoint for Slack messages accepts 2000 characters. Slack itself truncates after 4000.
 * {@link https://discord.com/developers/docs/resources/webhook#execute-slackcompatible-webhook}
 */
const LONGEST_TEXT = 1_900;
/** Slack accepts 3000 characters in a section. */
const LONGEST_SECTION = 2_900;
const LONGEST_LOG = 600;

/** Invisible. Between two characters, it breaks their special meaning. */
const NOTHING = '\u200b';

/**
 * Text from outside that mentions nobody, opens no link and is not formatted. It escapes Slack's three special
 * characters, an `@` that Mattermost, Rocket.Chat and Discord would take for a mention, addresses that become links
 * automatically, and Markdown's links and signs for bold, italic and struck text.
 */
const inert = (text: string): string =>
  plainText(text)
    .replace(/:(?=\/\/)/g, `:${NOTHING}`)
    .replace(/\b(www)(?=\.)/gi, `$1${NOTHING}`)
    .replace(/\](?=[([])/g, `]${NOTHING}`)
    .replace(/(?<![\p{L}\p{N}])[*_~](?=\S)/gu, `$&${NOTHING}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/@(?=\S)/g, '@\u200b')
    .replaceAll('`', "'");

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** A link to us, in the form that also clients without blocks understand. */
const linkText = ({ url, text }: PartLink): string => `\n${inert(text)}: <${url}>`;

type Section = {
  readonly type: 'section';
  readonly text: { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
};

const section = (text: string): Section => ({
  type: 'section',
  // `verbatim`: addresses and names in the text do not become links.
  text: { type: 'mrkdwn', text: cut(text, LONGEST_SECTION), verbatim: true },
});

/**
 * The body for an incoming webhook of Slack. `text` has the whole message, for clients without blocks. The blocks
 * have one section per notice.
 */
export const slackBody = (message: Message): { text: string; blocks: readonly Section[] } => {
  const title = inert(titleOf(message));
  if (message.kind === 'test') {
    const text = inert(testText(message)) + trialLinksOf(message).map(linkText).join('');
    return { text: `${title}\n${text}`, blocks: [section(`*${title}*\n${text}`)] };
  }
  const parts = partsOf(message).map(({ headline, lines, log, links }) => ({
    headline: inert(headline),
    rest: lines.map(inert),
    log: inert(log(LONGEST_LOG)),
    link: links.map(linkText).join(''),
  }));
  const isOne = parts.length === 1;
  const room = Math.floor((LONGEST_TEXT - (isOne ? 0 : title.length)) / parts.length) - 1;
  const shown = parts.map(({ headline, rest, log, link }) => {
    const text = cut([headline, ...rest].join('\n'), room - link.length) + link;
    const left = room - text.length - '\n```\n\n```'.length;
    return log === '' || left < log.length ? text : `${text}\n\`\`\`\n${log}\n\`\`\``;
  });
  const sections = parts.map(({ headline, rest, log, link }) => {
    // A truncated link leads nowhere.
    const text = cut([`*${headline}*`, ...rest].join('\n'), LONGEST_SECTION - link.length) + link;
    return section(log === '' ? text : `${text}\n\`\`\`\n${log}\n\`\`\``);
  });
  return isOne
    ? { text: shown.join('\n'), blocks: sections }
    : { text: [title, ...shown].join('\n'), blocks: [section(`*${title}*`), ...sections] };
};
