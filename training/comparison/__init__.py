"""The article's claims, tried: networks of other kinds, damaged photos, and what size costs."""
