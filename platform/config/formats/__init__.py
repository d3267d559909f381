"""How dates are written where Django writes them, a language a folder (FORMAT_MODULE_PATH)."""
