/**
 * Names that mean something else on Windows than elsewhere. Sources: "Naming Files, Paths, and Namespaces" (Microsoft Learn); Go's
 * `internal/filepathlite`, which knows the superscript digits and the console.
 */
const DEVICES: ReadonlySet<string> = new Set([
  ..."CON PRN AUX NUL CONIN$ CONOUT$".split(" "),
  ..."0 1 2 3 4 5 6 7 8 9 \u00b9 \u00b2 \u00b3".split(" ").flatMap((digit) => [`COM${digit}`, `LPT${digit}`]),
]);

const FORBIDDEN = /[\u0000-\u001f<>:"/\\|?*]/;

/**
 * True for a name of one file or directory that Windows refuses, or takes for another one: a device (`NUL`, `com1.txt`, `CON .log`), an alternate
 * stream (`a:b`), a name that ends in a dot or space (which Windows leaves away), one with a character that can't be in a name, and the empty one.
 * The answer is the same on every system, and on the careful side: some versions of Windows do allow `nul.txt`.
 */
export function isReservedOnWindows(name: string): boolean {
  if (name === "" || FORBIDDEN.test(name) || /[. ]$/.test(name)) return true;
  const stem = name.replace(/\..*$/s, "").trimEnd();
  return DEVICES.has(stem.toUpperCase());
}
