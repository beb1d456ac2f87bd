// BelayEngine
