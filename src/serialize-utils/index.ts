/** Values to bytes and back, in every format, bounded; what is loaded into every recorded program is in `essentials`. */
export { decryptAge, decryptAgeStream } from "./age/decrypt.ts";
export { encryptAge, encryptAgeStream } from "./age/encrypt.ts";
export { ageRecipientOf, generateAgeIdentity, parseAgeIdentities } from "./age/identities.ts";
export type { AgeDecryption, AgeEncryption, ByteSource } from "./age/options.ts";
export { parseAgeRecipients } from "./age/recipients.ts";
export { deserializeFromCbor, type CborReadingOptions } from "./cbor/read.ts";
export { readCborSequence, writeCborSequence } from "./cbor/sequence.ts";
export { CborSimple, CborTag } from "./cbor/tags.ts";
export { serializeToCbor, type CborOptions } from "./cbor/write.ts";
export {
  compress,
  COMPRESSIONS,
  compressionSuffix,
  compressStream,
  decompress,
  decompressStream,
  type CompressionName,
  type CompressionOptions,
  type DecompressionOptions,
} from "./compression/compression.ts";
export { decodeUtf8, encodeUtf8 } from "./essentials/utf8.ts";
export { FORMAT_NAMES, formatOf, type Format, type FormatName } from "./formats.ts";
export { canonicalJson } from "./json/canonical.ts";
export { deserializeFromJson, type JsonReadingOptions } from "./json/deserialize.ts";
export { readNdjson, writeNdjson, type NdjsonReadingOptions, type NdjsonWritingOptions } from "./json/ndjson.ts";
export { serializeToJson, type JsonOptions } from "./json/serialize.ts";
export { DEFAULT_MAX_BYTES, type ReadingLimits } from "./limits.ts";
export { MessagePackExtension } from "./message-pack/extension.ts";
export { deserializeFromMessagePack, type MessagePackReadingOptions } from "./message-pack/read.ts";
export { readMessagePackSequence, writeMessagePackSequence } from "./message-pack/sequence.ts";
export { serializeToMessagePack, type MessagePackOptions } from "./message-pack/write.ts";
export type { PickleBuilder } from "./pickle/builders/builder.ts";
export type { PickleClass, PickleClasses, PickleParts } from "./pickle/builders/registered.ts";
export { PYTHON_CLASSES } from "./pickle/python/class-forms.ts";
export { PythonCounter, PythonDefaultDict, PythonDeque } from "./pickle/python/collections.ts";
export {
  PythonDate,
  PythonDateTime,
  PythonTime,
  PythonTimeDelta,
  PythonTimeZone,
  PythonZoneInfo,
  type TimeOfDay,
} from "./pickle/python/date-time.ts";
export { PythonGlobal } from "./pickle/python/global.ts";
export { NdArray, type NdArrayData } from "./pickle/python/nd-array.ts";
export { PythonComplex, PythonDecimal, PythonFraction, PythonRange, PythonUuid } from "./pickle/python/numbers.ts";
export { PythonException, PythonNamespace, PythonObject } from "./pickle/python/object.ts";
export { PythonFrozenSet, PythonTuple } from "./pickle/python/tuple.ts";
export { deserializeFromPickle, type PickleReadingOptions } from "./pickle/read/deserialize-from-pickle.ts";
export type { PickleScan, ScanFinding, ScanVerdict, ScannedName } from "./pickle/scan/report.ts";
export { scanPickle } from "./pickle/scan/scan-pickle.ts";
export { serializeToPickle, type PickleWritingOptions } from "./pickle/write/serialize-to-pickle.ts";
export type { ClaimOptions, ExpectedClaims } from "./pipeline/claims.ts";
export { decodeStream, type DecodeStreamOptions, type StreamSource } from "./pipeline/decode-stream.ts";
export { decode, type DecodeOptions, type DecodeSchema } from "./pipeline/decode.ts";
export { encodeStream, type EncodedStream, type ValueSource } from "./pipeline/encode-stream.ts";
export { encode, type Encoded, type EncodeOptions } from "./pipeline/encode.ts";
export { stagesOfName, type NamedStages, type PipelineOptions } from "./pipeline/pipeline.ts";
export type { Loss } from "./pipeline/salvage/losses.ts";
export { salvage, type Salvaged, type SalvageOptions } from "./pipeline/salvage/salvage.ts";
export type { ProtobufSchema, SchemaOfDescriptors, SchemaOfSource } from "./protobuf/schema.ts";
export {
  deserializeFromProtobuf,
  serializeToProtobuf,
  type ProtobufOptions,
  type ProtobufReadingOptions,
} from "./protobuf/serialize.ts";
export { UNKNOWN_FIELDS } from "./protobuf/unknown-fields.ts";
export { jsonSchema } from "./schema/json-schema.ts";
export { acceptedBy, type SchemaIssue, type SchemaResult, type StandardSchema } from "./schema/standard-schema.ts";
export { signDsse, verifyDsse, type DsseKey, type DsseVerification, type VerifiedPayload } from "./signatures/dsse.ts";
export { parseMinisignPublicKey, type MinisignPublicKey } from "./signatures/minisign-public-key.ts";
export {
  generateMinisignKey,
  isProtectedMinisignKey,
  minisignPublicKeyOf,
  openMinisignSecretKey,
  type MinisignKeyOptions,
  type MinisignKeyReading,
  type MinisignSecretKey,
} from "./signatures/minisign-secret-key.ts";
export {
  signMinisign,
  verifyMinisign,
  type MinisignComments,
  type MinisignVerification,
  type SignedContent,
  type VerifiedSignature,
} from "./signatures/minisign.ts";
export type { ClassForm, ClassRegistry } from "./values/class-registry.ts";
export { plainForm, type PlainForm, type PlainLoss } from "./values/plain-form.ts";
export { deserializeFromYaml } from "./yaml/deserialize.ts";
export type { YamlReadingOptions } from "./yaml/options.ts";
export { serializeToYaml, type YamlOptions } from "./yaml/serialize.ts";
