// Decides how long an ISO 8601 duration of days and smaller units is, as Java's Duration.parse does.

const form =
  /^P(?:(?<days>\d+)D)?(?:T(?=\d)(?:(?<hours>\d+)H)?(?:(?<minutes>\d+)M)?(?:(?<seconds>\d+(?:[.,]\d{1,9})?)S)?)?$/i;

/** Milliseconds, or null for what is no such duration. */
export function isoDurationMs(text: string): number | null {
  const parts = form.exec(text)?.groups;
  if (parts === undefined || text.length < 3) return null;
  const { days = '0', hours = '0', minutes = '0', seconds = '0' } = parts;
  const inSeconds =
    ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds.replace(',', '.'));
  const ms = Math.round(inSeconds * 1000);
  return Number.isSafeInteger(ms) ? ms : null;
}
