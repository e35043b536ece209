/** Whether the kernel's locks on a file system hold for all who use it, or only for this machine. */
import { readFileSync, statfsSync, statSync } from "node:fs";

/** Types of Linux (linux/magic.h): NFS, SMB, CIFS, SMB2, 9P, AFS, kAFS, Ceph, Lustre, GFS2, OCFS2, vboxsf, Coda, NCP. */
const NETWORK_TYPES: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x5346414f, 0x6b414653, 0x00c36400, 0x0bd00bd0, 0x01161970,
  0x7461636f, 0x786f4256, 0x73757245, 0x564c,
]);
/** Of what is behind it, only the mount table tells. */
const FUSE_TYPE = 0x65735546;
const LOCAL_FUSE = /^(fuseblk|fuse\.(mergerfs|ntfs-3g|bindfs|gocryptfs|encfs|cryfs|fuse-overlayfs|unionfs|lxcfs))$/;

/** True on Linux for network file systems, and on Windows for paths of other machines. Elsewhere false: it can't be told. */
export function isOnNetwork(directory: string): boolean {
  if (process.platform === "win32") return directory.startsWith("\\\\");
  if (process.platform !== "linux") return false;
  try {
    const type = statfsSync(directory).type >>> 0;
    return NETWORK_TYPES.has(type) || (type === FUSE_TYPE && !LOCAL_FUSE.test(mountedType(directory)));
  } catch {
    return false;
  }
}

/** `fuse.sshfs`, `virtiofs`; see proc_pid_mountinfo(5). */
function mountedType(directory: string): string {
  const { dev } = statSync(directory, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const lines = readFileSync("/proc/self/mountinfo", "latin1").split("\n");
  const line = lines.find((text) => text.split(" ")[2] === `${major}:${minor}`);
  return line?.split(" - ")[1]?.split(" ")[0] ?? "";
}
