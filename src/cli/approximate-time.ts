/** Source: Bitcoin's difficulty rule aims at a block every ten minutes. */
const blockMs = 10 * 60_000;

/** About when so many blocks more will have come, in UTC: `2026-01-02T03:04Z`. Blocks keep no timetable. */
export function approximateTime(blocks: number, now: Date): string {
  return `${new Date(now.getTime() + blocks * blockMs).toISOString().slice(0, 16)}Z`;
}

/** The same for people: `2026-01-02 03:04`. */
export const timeOfDay = (time: string): string => time.slice(0, 16).replace('T', ' ');
