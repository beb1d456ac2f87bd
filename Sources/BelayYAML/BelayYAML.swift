// BelayYAML
