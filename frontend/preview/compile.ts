/** What reads modules and compiles TypeScript and JSX: large, and fetched only when a project has any of these. */
export { parse } from "es-module-lexer/js";
export { transform } from "sucrase";
