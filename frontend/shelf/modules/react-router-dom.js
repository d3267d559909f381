// A preview cannot change its address, so routers that read it keep their place in memory instead.
export * from "react-router-dom";
export { MemoryRouter as BrowserRouter } from "react-router-dom";
export { createMemoryRouter as createBrowserRouter } from "react-router-dom";
