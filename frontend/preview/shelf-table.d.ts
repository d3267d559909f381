declare module "shelf:table" {
  export interface Library {
    version: string;
    folder: string;
    files: string[];
    names?: string[];
    major?: number;
    script?: string;
    style?: string;
  }
  export interface Face {
    family: string;
    id: string;
    variable: boolean;
    /** [lowest, highest] when variable, else every weight there is. */
    weights: number[];
    styles: string[];
    subsets: string[];
  }
  const table: {
    root: string;
    libraries: Record<string, Library>;
    modules: Record<string, { file: string; version: string }>;
    fonts: Record<string, Face>;
    styleImports: Record<string, [string, string]>;
    instead: Record<string, string>;
  };
  export default table;
}
declare const HILLCLIMB_BUILD: string;
