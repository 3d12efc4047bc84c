/** Whether a text is a 64-bit integer as Go's `ParseInt` takes it. */
export function isInteger(value: string): boolean {
  if (!/^[+-]?[0-9]{1,30}$/.test(value)) return false;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return number === BigInt.asIntN(64, number);
}
