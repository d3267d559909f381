import * as L from "leaflet/dist/leaflet-src.esm.js";
export * from "leaflet/dist/leaflet-src.esm.js";
export default L;
