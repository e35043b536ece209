import { compressionSeeds, decompressEveryWay } from "../compression.ts";

export const name = "zstd";

export function seeds(): Uint8Array[] {
  return compressionSeeds("zstd");
}

export async function run(bytes: Uint8Array): Promise<string> {
  return decompressEveryWay(bytes, "zstd");
}
