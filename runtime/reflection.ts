/** `peerwire/reflection`: what whole packages declare, served and asked for. For tools; nothing else needs it. */
export { type Describable, describe, serveDescription } from "./api/description.js";
export type {
  DescribedField,
  DescribedInterface,
  DescribedMember,
  DescribedType,
  PackageDescription,
} from "./api/package-description.js";
