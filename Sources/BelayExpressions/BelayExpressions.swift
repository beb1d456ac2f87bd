// BelayExpressions
