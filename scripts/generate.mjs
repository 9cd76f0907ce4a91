// `npm run generate`: all of generated/, and the generated code of tests and benchmarks, from what stands in the sources.
import { generate, projects } from "./projects.mjs";

if (!projects.map((project) => generate(project)).every(Boolean)) process.exit(1);
