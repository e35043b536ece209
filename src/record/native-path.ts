/** Paths of an operating system taken apart, by text alone, so that those of Windows can be read on Linux. */

/** An absolute path without `.` and `..`. */
export interface NativePath {
  /** `C:`, `\\server\share`, `\\?\Volume{...}`; empty where there is one tree. Of equal spelling for equal volumes. */
  readonly volume: string;
  readonly names: readonly string[];
}

/**
 * Undefined when it is not known what the path names: a relative one without `base`, `C:a`, which depends on the working directory of a drive, or
 * a server without a share.
 */
export function parseNativePath(path: string, platform: NodeJS.Platform, base?: NativePath): NativePath | undefined {
  if (platform === "win32") return parseWindowsPath(path, base);
  if (path.startsWith("/")) return { volume: "", names: resolveNames([], path.split("/")) };
  return base && { volume: "", names: resolveNames(base.names, path.split("/")) };
}

/** `\\?\` and `\\.\` name the devices behind drives and shares; what follows the former is taken as it is, dots and slashes too. */
const DEVICE_PATH = /^\\\\[?.]\\(?:UNC\\([^\\]+\\[^\\]+)|([^\\]+))(?:\\(.*))?$/is;
const SHARED_PATH = /^\\\\([^\\]+\\[^\\]+)(?:\\(.*))?$/s;
const DRIVE_PATH = /^([a-z]:)\\(.*)$/is;

function parseWindowsPath(path: string, base: NativePath | undefined): NativePath | undefined {
  const verbatim = path.startsWith("\\\\?\\");
  const text = verbatim ? path : path.replaceAll("/", "\\");
  const device = DEVICE_PATH.exec(text);
  if (device !== null) {
    const [, share, name = "", rest = ""] = device;
    const volume = share === undefined ? deviceVolume(name) : shareVolume(share);
    return { volume, names: verbatim ? partsOf(rest) : resolveNames([], partsOf(rest)) };
  }
  const [, share, inShare = ""] = SHARED_PATH.exec(text) ?? [];
  if (share !== undefined) return { volume: shareVolume(share), names: resolveNames([], partsOf(inShare)) };
  const [, drive, inDrive = ""] = DRIVE_PATH.exec(text) ?? [];
  if (drive !== undefined) return { volume: drive.toUpperCase(), names: resolveNames([], partsOf(inDrive)) };
  if (base === undefined || text.startsWith("\\\\") || /^[a-z]:/i.test(text)) return undefined;
  return { volume: base.volume, names: resolveNames(text.startsWith("\\") ? [] : base.names, partsOf(text)) };
}

function deviceVolume(name: string): string {
  return /^[a-z]:$/i.test(name) ? name.toUpperCase() : `\\\\?\\${name.toLowerCase()}`;
}

function shareVolume(share: string): string {
  return `\\\\${share.toLowerCase()}`;
}

function partsOf(text: string): string[] {
  return text.split("\\");
}

function resolveNames(base: readonly string[], parts: readonly string[]): string[] {
  const names = [...base];
  for (const part of parts) {
    if (part === "..") names.pop();
    else if (part !== "" && part !== ".") names.push(part);
  }
  return names;
}

/** The names below `root`, none for the root itself; undefined for what lies outside. */
export function namesWithin(
  root: NativePath,
  { volume, names }: NativePath,
  platform: NodeJS.Platform,
): readonly string[] | undefined {
  if (volume !== root.volume || names.length < root.names.length) return undefined;
  const outside = root.names.some((name, i) => comparable(name, platform) !== comparable(names[i] ?? "", platform));
  return outside ? undefined : names.slice(root.names.length);
}

/** As Node's own `path.win32.relative` tells names apart; and macOS, whatever form a program was given them in. */
function comparable(name: string, platform: NodeJS.Platform): string {
  if (platform === "win32") return name.toLowerCase();
  return platform === "darwin" ? name.normalize("NFC") : name;
}
