// BelayStore
