import { compressionSeeds, decompressEveryWay } from "../compression.ts";

export const name = "gzip";

export function seeds(): Uint8Array[] {
  return compressionSeeds("gzip");
}

export async function run(bytes: Uint8Array): Promise<string> {
  return decompressEveryWay(bytes, "gzip");
}
