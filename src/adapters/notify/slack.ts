import type { Message } from '../../core/contract/notice.ts';
import { plainText } from './plain-text.ts';
import { type PartLink, partsOf, testText, titleOf, trialLinksOf } from './describe.ts';

/**
 * Discord's endpoint for Slack messages takes 2000 characters; Slack itself shortens beyond 4000.
 * {@link https://discord.com/developers/docs/resources/webhook#execute-slackcompatible-webhook}
 */
const LONGEST_TEXT = 1_900;
/** Slack's limit is 3000 for the text of one section. */
const LONGEST_SECTION = 2_900;
const LONGEST_LOG = 600;

/** Between two characters it keeps them from meaning something together, and is not seen. */
const NOTHING = '\u200b';

/**
 * Text of others that nobody is called by, that opens no link and that is not formatted: Slack's three characters,
 * an `@` that Mattermost, Rocket.Chat and Discord would take for a mention, addresses that become links by
 * themselves, and Markdown's links and signs for bold, italic and struck text.
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

/** Our own address, in the form that also those understand who show no blocks. */
const linkText = ({ url, text }: PartLink): string => `\n${inert(text)}: <${url}>`;

type Section = {
  readonly type: 'section';
  readonly text: { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
};

const section = (text: string): Section => ({
  type: 'section',
  // `verbatim`: addresses and names in it do not become links.
  text: { type: 'mrkdwn', text: cut(text, LONGEST_SECTION), verbatim: true },
});

/**
 * The body of an incoming webhook of Slack. `text` says everything, for those who show no blocks;
 * one section a deployment says it for those who do.
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
    // A link that is cut off leads nowhere.
    const text = cut([`*${headline}*`, ...rest].join('\n'), LONGEST_SECTION - link.length) + link;
    return section(log === '' ? text : `${text}\n\`\`\`\n${log}\n\`\`\``);
  });
  return isOne
    ? { text: shown.join('\n'), blocks: sections }
    : { text: [title, ...shown].join('\n'), blocks: [section(`*${title}*`), ...sections] };
};
