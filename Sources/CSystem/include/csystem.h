/* Calls that Swift cannot make by itself; each says why. */
