/**
 * Everything that emitted code may use. It only grows: code emitted years ago keeps running. A v2 would stand beside it.
 */
export type { CallContext } from "../calls/call-handler.js";
export type { CallOptions, RemoteLink } from "../references/remote-link.js";
export type {
  ErrorDescriptor,
  Member,
  MemberKind,
  ResultList,
  ResultReference,
  ServiceDescriptor,
  StreamDescriptor,
} from "../references/service.js";
export { type Rule, checkRule } from "../protobuf/rules.js";
export type { ValueReader as Reader } from "../references/value-reader.js";
export type { ValueWriter as Writer } from "../references/value-writer.js";
export type { PackageDescription } from "./package-description.js";
export type { RemoteList } from "./recorded.js";
export { serving } from "../references/serving.js";
export { pipelining } from "../references/promised-link.js";
export { references } from "../references/receiving.js";
export { readByteStream, readStream, streams, writeByteStream, writeStream } from "../references/streams.js";
export { iterateLater, readLater } from "./later-streams.js";
export { callObject, callValue, pipelinePromise, remoteClass } from "./pipelined-calls.js";
export { RemoteStub, assign, construct, createFunction, invoke, restoreError } from "./stub.js";
export {
  readAnyObject,
  readError,
  readValue,
  writeAnyObject,
  writeError,
  writeValue,
} from "../references/any-value.js";
export { mapping } from "../references/map-list.js";
export { readBigint, writeBigint } from "../protobuf/bigints.js";
export { readDate, writeDate } from "../protobuf/dates.js";
export { readFlags, writeFlags } from "../protobuf/flags.js";
export { readMatching, readRegExp, readUrl, writeMatching, writeRegExp, writeUrl } from "../protobuf/texts.js";
export { readBinary, readNodeBuffer, readTypedArray, writeBinary, writeTypedArray } from "../protobuf/typed-arrays.js";
export {
  type Category,
  type ItemOf,
  type KeyOf,
  type MemberOf,
  type Merged,
  type Mutable,
  type ValueOf,
  categoryOf,
  part,
  setOwn,
} from "../protobuf/values.js";
