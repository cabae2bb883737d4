/** Local time of day, with the date if it is not today. */
export const printTime = (time: string, now: number): string => {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  const pad = (part: number): string => String(part).padStart(2, '0');
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(':');
  const today = new Date(now);
  return at.toDateString() === today.toDateString()
    ? clock
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock}`;
};

/** Full local date and time to the second, with the offset from UTC. */
export const printZonedTime = (time: string): string => {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return '';
  const pad = (part: number): string => String(part).padStart(2, '0');
  const offset = -at.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const away = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  const date = [at.getFullYear(), pad(at.getMonth() + 1), pad(at.getDate())].join('-');
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(pad).join(':');
  return `${date} ${clock} UTC${offset === 0 ? '' : away}`;
};

/** Like `printTime`, in at most the 11 columns of a table. */
export const printShortTime = (time: string, now: number): string => {
  const text = printTime(time, now);
  const [date = '', clock] = text.split(' ');
  if (clock === undefined) return text;
  const isOfThisYear = date.startsWith(`${new Date(now).getFullYear()}-`);
  return isOfThisYear ? `${date.slice(5)} ${clock.slice(0, 5)}` : date;
};
