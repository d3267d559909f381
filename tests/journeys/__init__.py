"""The whole loop driven by simulated people over HTTP."""
