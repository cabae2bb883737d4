const pad = (part: number): string => String(part).padStart(2, '0');

/** Local time of day, `03:12`, preceded by the date if it is not the day of `now`. */
export const printClock = (at: number, now: number): string => {
  const time = new Date(at);
  const clock = `${pad(time.getHours())}:${pad(time.getMinutes())}`;
  return time.toDateString() === new Date(now).toDateString()
    ? clock
    : `${printDate(time)} ${clock}`;
};

const printDate = (time: Date): string =>
  `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;

const DAY_MS = 86_400_000;

/** The day of a time: `Today`, `Yesterday`, `2026-01-02`. */
export const printDay = (at: number, now: number): string => {
  const day = new Date(at).toDateString();
  if (day === new Date(now).toDateString()) return 'Today';
  return day === new Date(now - DAY_MS).toDateString() ? 'Yesterday' : printDate(new Date(at));
};

/** Full local date and time to the second, with the offset from UTC. */
export const printWhole = (at: number): string => {
  const time = new Date(at);
  if (Number.isNaN(at)) return '';
  const offset = -time.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const away = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(':');
  return `${printDate(time)} ${clock} (UTC${offset === 0 ? '' : away})`;
};
