// BelayActions
