"""The arithmetic and the site of the book; each module says in its first line what it knows."""
