/** Days from 1899-12-30, the fraction the time of day, in local time without a zone; negative days keep a positive fraction. ([MS-OAUT] 2.2.25) */
const epoch = Date.UTC(1899, 11, 30);
const day = 86_400_000;

/** An OLE date of a Date, read as its UTC fields. */
export function toOleDate(date: Date): number {
  const value = (date.getTime() - epoch) / day;
  if (value >= 0) return value;
  const whole = Math.floor(value);
  return value === whole ? value : whole - (value - whole);
}

/** A Date whose UTC fields are those of the OLE date. */
export function fromOleDate(value: number): Date {
  const whole = Math.trunc(value);
  return new Date(Math.round(epoch + (whole + Math.abs(value - whole)) * day));
}
