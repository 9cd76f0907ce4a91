/** What emitted code may import: the public names of "peerwire/emitted-v1". A test compares this table with the file. */
export const RUNTIME_MODULE = "peerwire/emitted-v1";

export const RUNTIME_VALUES = [
  "RemoteStub",
  "assign",
  "categoryOf",
  "construct",
  "createFunction",
  "invoke",
  "part",
  "pipelinePromise",
  "restoreError",
  "setOwn",
] as const;

export const RUNTIME_TYPES = [
  "ErrorDescriptor",
  "ItemOf",
  "KeyOf",
  "Member",
  "MemberOf",
  "Merged",
  "Mutable",
  "Reader",
  "RemoteLink",
  "RemoteList",
  "Rule",
  "ServiceDescriptor",
  "StreamDescriptor",
  "ValueOf",
  "Writer",
] as const;

export type RuntimeValue = (typeof RUNTIME_VALUES)[number];
export type RuntimeType = (typeof RUNTIME_TYPES)[number];
