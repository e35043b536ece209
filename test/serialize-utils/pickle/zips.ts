/** Zip archives put together by hand, right or wrong. */
import { crc32, deflateRawSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly isDeflated?: boolean;
  readonly flags?: number;
  readonly crc?: number;
  /** Another name in the header before the content. */
  readonly headerName?: string;
  readonly isUnlisted?: boolean;
  readonly method?: number;
}

export function zip(
  members: readonly Member[],
  { prefix = "", is64 = false }: { readonly prefix?: string; readonly is64?: boolean } = {},
): Uint8Array {
  const pieces: Buffer[] = [Buffer.from(prefix, "latin1")];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const {
      name,
      content,
      isDeflated = false,
      flags = 0,
      crc = crc32(content),
      headerName = name,
      isUnlisted = false,
    } = member;
    const stored = isDeflated ? deflateRawSync(content) : Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(member.method ?? (isDeflated ? 8 : 0), 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(headerName), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(headerName), stored]);
    pieces.push(local);
    if (!isUnlisted) {
      const rest = Buffer.alloc(14);
      rest.writeUInt32LE(offset, 10);
      const head = Buffer.from(common);
      head.writeUInt16LE(Buffer.byteLength(name), 22);
      directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), head, rest, Buffer.from(name)]));
    }
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(is64 ? 0xffff_ffff : listed.length, 12);
  end.writeUInt32LE(is64 ? 0xffff_ffff : offset, 16);
  const large = Buffer.alloc(is64 ? 76 : 0);
  if (is64) {
    large.write("PK\x06\x06", 0, "latin1");
    large.writeBigUInt64LE(BigInt(listed.length), 40);
    large.writeBigUInt64LE(BigInt(offset), 48);
    large.write("PK\x06\x07", 56, "latin1");
    large.writeBigUInt64LE(BigInt(offset + listed.length), 64);
  }
  return new Uint8Array(Buffer.concat([...pieces, listed, large, end]));
}
