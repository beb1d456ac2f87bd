// BelayModel
