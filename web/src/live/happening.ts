/** An event from the helper: only a hint to read again what is shown. */
export type Happening =
  | { readonly type: 'reset' }
  | { readonly type: 'delivery'; readonly id: string | null }
  | { readonly type: 'push'; readonly delivery: string | null; readonly cluster: string | null }
  | { readonly type: 'check'; readonly cluster: string | null }
  | { readonly type: 'published'; readonly image: string | null }
  | {
      readonly type: 'deployment';
      readonly id: string | null;
      readonly service: string | null;
      readonly state: string | null;
    }
  | { readonly type: 'step'; readonly deployment: string | null }
  | { readonly type: 'run'; readonly id: string | null }
  | { readonly type: 'health' }
  | { readonly type: 'waiting' | 'vote' | 'freeze' }
  | { readonly type: 'action' }
  | { readonly type: 'store' }
  | { readonly type: 'cluster'; readonly name: string | null; readonly state: string | null };

export const HAPPENINGS = [
  'reset',
  'delivery',
  'push',
  'check',
  'published',
  'deployment',
  'step',
  'run',
  'health',
  'waiting',
  'vote',
  'freeze',
  'action',
  'store',
  'cluster',
] as const satisfies readonly Happening['type'][];

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (fields: Fields, name: string): string | null => {
  const value = fields[name];
  return typeof value === 'string' ? value : null;
};

const fieldsOf = (text: string): Fields => {
  try {
    const parsed: unknown = JSON.parse(text);
    return isFields(parsed) ? parsed : {};
  } catch {
    return {};
  }
};

/** Parses an event. If a newer helper sends other fields, it is still a hint that something happened. */
export const parseHappening = (type: Happening['type'], text: string): Happening => {
  const fields = fieldsOf(text);
  const id = textOf(fields, 'id');
  switch (type) {
    case 'reset':
    case 'health':
    case 'waiting':
    case 'vote':
    case 'freeze':
    case 'action':
    case 'store':
      return { type };
    case 'delivery':
    case 'run':
      return { type, id };
    case 'push':
      return { type, delivery: textOf(fields, 'delivery'), cluster: textOf(fields, 'cluster') };
    case 'check':
      return { type, cluster: textOf(fields, 'cluster') };
    case 'published':
      return { type, image: textOf(fields, 'image') };
    case 'deployment': {
      const service = fields['service'];
      const name = isFields(service) ? textOf(service, 'name') : null;
      return { type, id, service: name, state: textOf(fields, 'state') };
    }
    case 'step':
      return { type, deployment: textOf(fields, 'deployment') };
    case 'cluster':
      return { type, name: textOf(fields, 'name'), state: textOf(fields, 'state') };
    default:
      return type satisfies never;
  }
};
