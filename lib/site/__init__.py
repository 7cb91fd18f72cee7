"""How Sphinx makes the site, and what stands beside its pages."""
