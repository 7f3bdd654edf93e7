"""One file per outside system behind one small contract: what is there, fetch it, turn it into landed tables."""
