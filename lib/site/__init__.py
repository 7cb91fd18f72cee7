"""How the chapters become a site: the hooks of Sphinx."""
