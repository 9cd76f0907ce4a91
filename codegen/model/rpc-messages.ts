/** What the messages of rpcs are called in the schema. Asked for by several passes, and made once for each service. */
import type { MemberModel, ServiceModel } from "./api-model.js";

export interface RpcMessages {
  readonly request: string;
  readonly response: string;
}

const known = new WeakMap<readonly MemberModel[], readonly RpcMessages[]>();

/** In the order of its members. */
export function rpcMessagesOf({ name, members }: Pick<ServiceModel, "name" | "members">): readonly RpcMessages[] {
  let messages = known.get(members);
  if (!messages) known.set(members, (messages = members.map(({ rpcName }) => rpcMessages(name, rpcName))));
  return messages;
}

export function rpcMessages(service: string, rpcName: string): RpcMessages {
  return { request: `${service}${rpcName}Request`, response: `${service}${rpcName}Response` };
}
