// BelayPlan
