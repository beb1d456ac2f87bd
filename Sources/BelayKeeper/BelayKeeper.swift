// BelayKeeper
