// BelayWorld
