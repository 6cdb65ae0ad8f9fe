const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size as a person says it: `900 bytes`, `4.2 KiB`, `31 GiB`. */
export function bytesInWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit > 0 && size < 10 ? size.toFixed(1) : Math.round(size)} ${bytes === 1 ? 'byte' : units[unit]}`;
}
