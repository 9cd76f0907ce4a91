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
export type { Rule } from "../protobuf/rules.js";
export type { ValueReader as Reader } from "../references/value-reader.js";
export type { ValueWriter as Writer } from "../references/value-writer.js";
export type { RemoteList } from "./recorded.js";
export { RemoteStub, assign, construct, createFunction, invoke, pipelinePromise, restoreError } from "./stub.js";
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
